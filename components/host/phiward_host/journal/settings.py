"""What the deploy says to the sender of a host, and to its vault."""

from dataclasses import dataclass
from typing import Self

from phiward_host.common import files
from phiward_host.common.decode import Fields

UPLOAD = "/etc/phiward/journal-upload.json"
REMOTE = "/etc/phiward/journal-remote.json"


@dataclass(frozen=True)
class Vault:
    """Where the vault answers, as whom, and the file with its host key."""

    address: str
    port: int
    user: str
    known_hosts: str

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        known_hosts = fields.text("knownHosts")
        return cls(fields.text("address"), fields.integer("port"), fields.text("user"), known_hosts)


@dataclass(frozen=True)
class UploadSettings:
    """Where a host sends its journal, and the name that it keeps."""

    host: str
    vault: Vault

    @classmethod
    def load(cls) -> Self:
        """Raises Refused where the file is missing or not of this form."""
        fields = Fields.of(files.read_json(UPLOAD), UPLOAD)
        return cls(fields.text("host"), fields.read("vault", Vault.from_json))


@dataclass(frozen=True)
class Sender:
    """An account that may add to the journal of one host."""

    account: str
    host: str

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(fields.text("account"), fields.text("host"))


@dataclass(frozen=True)
class RemoteSettings:
    """Whose journals the vault keeps, how long, how much of each, and after how many silent seconds it says so."""

    senders: tuple[Sender, ...]
    years: int
    silent: int
    most_bytes: int

    @classmethod
    def load(cls) -> Self:
        """Raises Refused where the file is missing or not of this form."""
        fields = Fields.of(files.read_json(REMOTE), REMOTE)
        senders = tuple(fields.items("senders", Sender.from_json))
        return cls(
            senders, fields.integer("retentionYears"), fields.integer("silentSeconds"), fields.integer("mostBytes")
        )

    @property
    def hosts(self) -> list[str]:
        return [sender.host for sender in self.senders]
