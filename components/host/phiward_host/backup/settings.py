"""What /etc/phiward/backup.json says; the deploy writes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from phiward_host.common import files
from phiward_host.common.decode import Fields, as_int, as_str, as_strs, list_of, optional

PATH = "/etc/phiward/backup.json"


class Job(StrEnum):
    """What has to happen again and again in every repository; the values are the names in status file and metrics."""

    BACKUP = "backup"
    CHECK = "check"
    RESTORE_TEST = "restore-test"


@dataclass(frozen=True)
class DatabaseServer:
    """A PostgreSQL server: its container (named as the service), its image, and its applications' databases."""

    service: str
    image: str
    names: tuple[str, ...]

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(fields.text("service"), fields.text("image"), tuple(fields.texts("names")))


@dataclass(frozen=True)
class Cache:
    """A Redis that is a cache: its container, the database of the service that uses it, and the host's own password."""

    container: str
    database: str
    secret: str

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(fields.text("container"), fields.text("database"), fields.text("secret"))


@dataclass(frozen=True)
class Keep:
    """Retention: the last complete runs, and all that is younger than so many days."""

    last: int
    days: int

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(fields.integer("last"), fields.integer("days"))


@dataclass(frozen=True)
class Vault:
    """The off-site target, and the file with its pinned host key."""

    address: str
    port: int
    user: str
    known_hosts: str

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(fields.text("address"), fields.integer("port"), fields.text("user"), fields.text("knownHosts"))


@dataclass(frozen=True)
class Settings:
    """The backups of one host."""

    host: str
    repository: str
    password_file: str
    # The password, encrypted to the owner's recovery key and to the vault.
    sealed_file: str
    escrow: str
    databases: tuple[DatabaseServer, ...]
    paths: tuple[str, ...]
    # Names of Docker volumes.
    volumes: tuple[str, ...]
    secrets: tuple[str, ...]
    keep: Keep
    # Seconds after which the last success of a job is too old.
    limits: Mapping[Job, int]
    offsite: Vault | None
    # SSH host keys of the hosts that this one replaces, as `ssh-ed25519 BASE64`: what they signed counts as ours.
    former_host_keys: tuple[str, ...]
    # Name of the unit that sends backups to the vault, where that must not delay the next local one.
    offsite_unit: str | None
    caches: tuple[Cache, ...] = ()
    # How many people a restore over live data needs.
    restore_people: int = 1

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        limits = fields.child("limits")
        return cls(
            host=fields.text("host"),
            repository=fields.text("repository"),
            password_file=fields.text("passwordFile"),
            sealed_file=fields.text("sealedFile"),
            escrow=fields.text("escrow"),
            databases=tuple(fields.items("databases", DatabaseServer.from_json)),
            paths=tuple(fields.texts("paths")),
            volumes=tuple(fields.texts("volumes")),
            secrets=tuple(fields.texts("secrets")),
            keep=fields.read("keep", Keep.from_json),
            limits={job: limits.integer(job.value) for job in Job},
            offsite=fields.read("offsite", optional(Vault.from_json)),
            former_host_keys=tuple(fields.read_or("formerHostKeys", as_strs, [])),
            offsite_unit=fields.read_or("offsiteUnit", optional(as_str), None),
            caches=tuple(fields.read_or("caches", list_of(Cache.from_json), [])),
            restore_people=fields.read_or("restorePeople", as_int, 1),
        )

    @property
    def repositories(self) -> tuple[str, ...]:
        """Names of the repositories, in the order in which they are served."""
        return ("local",) if self.offsite is None else ("local", "offsite")

    @property
    def services(self) -> dict[str, str]:
        """Each database's name and the service whose server holds it."""
        return {name: server.service for server in self.databases for name in server.names}


def load() -> Settings:
    """Reads the settings. Raises Refused where the file is missing or not of this form."""
    return Settings.from_json(files.read_json(PATH), PATH)
