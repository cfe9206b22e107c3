"""What the deploy says to what gathers metrics on a host, and to what takes them at the vault."""

from dataclasses import dataclass
from typing import Self

from phiward_host.common import files
from phiward_host.common.decode import Fields, as_int, optional
from phiward_host.common.errors import Refused
from phiward_host.journal.settings import Sender, Vault

PATH = "/etc/phiward/metrics.json"
REMOTE = "/etc/phiward/metrics-remote.json"


@dataclass(frozen=True)
class Exporter:
    """A program that answers on this machine's loopback address, and how the names of all its metrics begin."""

    name: str
    port: int
    prefix: str

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(fields.text("name"), fields.integer("port"), fields.text("prefix"))


@dataclass(frozen=True)
class RedisLogin:
    """The file with the password of the user that a Redis is asked by, and what the Redis is for."""

    secret: str
    profile: str

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(fields.text("secret"), fields.text("profile"))


@dataclass(frozen=True)
class Database:
    """A database server in its container, by its declared name, and the databases in it that are declared."""

    kind: str
    name: str
    container: str
    databases: tuple[str, ...]
    # None of a PostgreSQL.
    redis: RedisLogin | None

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        kind, redis = fields.text("kind"), fields.read_or("redis", optional(RedisLogin.from_json), None)
        if kind not in ("postgres", "redis") or (kind == "redis") != (redis is not None):
            raise Refused(f"{path}.kind: found another, allowed: postgres, or redis with its login")
        return cls(kind, fields.text("name"), fields.text("container"), tuple(fields.texts("databases")), redis)


@dataclass(frozen=True)
class Served:
    """What serves people on a host: its databases, and the port at which its web server tells its numbers."""

    databases: tuple[Database, ...]
    # None where there is no web server.
    nginx: int | None

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(tuple(fields.items("databases", Database.from_json)), fields.read("nginx", optional(as_int)))


@dataclass(frozen=True)
class MetricsSettings:
    """The name that the host keeps, what is asked there, and its vault: None on a vault, which brings them itself."""

    host: str
    exporters: tuple[Exporter, ...]
    served: Served
    vault: Vault | None

    @classmethod
    def load(cls) -> Self:
        """Raises Refused where the file is missing or not of this form."""
        fields = Fields.of(files.read_json(PATH), PATH)
        exporters = tuple(fields.items("exporters", Exporter.from_json))
        served = fields.read("served", Served.from_json)
        return cls(fields.text("host"), exporters, served, fields.read("vault", optional(Vault.from_json)))


@dataclass(frozen=True)
class MetricsSenders:
    """Whose metrics the vault takes: the accounts by which hosts come, each with the lasting name of its host."""

    senders: tuple[Sender, ...]

    @classmethod
    def load(cls) -> Self:
        """Raises Refused where the file is missing or not of this form."""
        fields = Fields.of(files.read_json(REMOTE), REMOTE)
        return cls(tuple(fields.items("senders", Sender.from_json)))

    def host_of(self, account: str) -> str | None:
        """None where the account is no host's."""
        return next((sender.host for sender in self.senders if sender.account == account), None)
