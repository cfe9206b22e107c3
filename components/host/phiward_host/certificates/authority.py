"""What is declared of a certificate that is not the host's own: the authority that issues it, or the files of one."""

from dataclasses import dataclass

from phiward_host.common.decode import Fields, as_str, optional
from phiward_host.common.errors import Refused

CHALLENGES = ("http-01", "dns-01")


def is_plain(directory: str) -> bool:
    """Whether the address of a directory leads to no place but one below that of accounts."""
    parts = directory.removeprefix("https://").split("/")
    return directory.startswith("https://") and parts[0] != "" and not {".", ".."} & set(parts)


@dataclass(frozen=True)
class Authority:
    """An ACME directory (RFC 8555), and how the host shows it that the names are its own."""

    email: str
    # A name in CHALLENGES.
    challenge: str
    # Address of the directory.
    directory: str
    # Address of a directory at which an order is tried first, so that a fault does not count at the real one.
    rehearsal: str | None
    # Certificates by which the directory itself is trusted, as PEM; None: the system's.
    ca: str | None
    # File with the DigitalOcean token of dns-01.
    token: str | None

    @staticmethod
    def from_json(value: object, path: str) -> "Authority":
        fields = Fields.of(value, path)
        challenge = fields.text("challenge")
        if challenge not in CHALLENGES:
            raise Refused(f"{path}.challenge: found {challenge}, allowed: {', '.join(CHALLENGES)}")
        for directory in (fields.text("directory"), fields.read("rehearsal", optional(as_str))):
            # An account is in a directory by this path, which is removed with it.
            if directory is not None and not is_plain(directory):
                raise Refused(f"{path}: found another address of a directory, allowed: https:// and no part . or ..")
        return Authority(
            email=fields.text("email"),
            challenge=challenge,
            directory=fields.text("directory"),
            rehearsal=fields.read("rehearsal", optional(as_str)),
            ca=fields.read("ca", optional(as_str)),
            token=fields.read("token", optional(as_str)),
        )


@dataclass(frozen=True)
class Provided:
    """Files of a certificate that its owner brought."""

    certificate: str
    key: str
    # Whether the chain ends with the owner's own authority, which the system does not know.
    private: bool

    @staticmethod
    def from_json(value: object, path: str) -> "Provided":
        fields = Fields.of(value, path)
        return Provided(fields.text("certificate"), fields.text("key"), fields.flag("private"))


@dataclass(frozen=True)
class AcmeHome:
    """Where a host keeps what it has of authorities, and whether a backup with it is to be restored first."""

    # Accounts, certificates and the record of orders; in the host's backups.
    directory: str
    # nginx answers challenges from here.
    webroot: str
    awaits_restore: bool

    @staticmethod
    def from_json(value: object, path: str) -> "AcmeHome":
        fields = Fields.of(value, path)
        return AcmeHome(fields.text("directory"), fields.text("webroot"), fields.flag("awaitsRestore"))

    @property
    def accounts(self) -> str:
        """certbot's directory, which holds accounts alone: certificates are ordered by request, and kept by us."""
        return f"{self.directory}/account"

    @property
    def certificates(self) -> str:
        return f"{self.directory}/certificates"

    @property
    def record(self) -> str:
        return f"{self.directory}/orders.json"
