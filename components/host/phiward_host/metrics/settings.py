"""What the deploy says to what gathers metrics on a host, and to what takes them at the vault."""

from dataclasses import dataclass
from typing import Self

from phiward_host.common import files
from phiward_host.common.decode import Fields, optional
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
class MetricsSettings:
    """The name that the host keeps, what is asked there, and its vault: None on a vault, which brings them itself."""

    host: str
    exporters: tuple[Exporter, ...]
    vault: Vault | None

    @classmethod
    def load(cls) -> Self:
        """Raises Refused where the file is missing or not of this form."""
        fields = Fields.of(files.read_json(PATH), PATH)
        exporters = tuple(fields.items("exporters", Exporter.from_json))
        return cls(fields.text("host"), exporters, fields.read("vault", optional(Vault.from_json)))


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
