"""Which databases have patients' columns, as a deploy says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from phiward_host.common import files
from phiward_host.common.decode import Fields

PATH = "/etc/phiward/phi.json"


@dataclass(frozen=True)
class PhiDatabase:
    """A service's database in one server, and the services that may decrypt and encrypt there."""

    container: str
    # Its name, and that of the role that owns it.
    database: str
    readers: Sequence[str]
    writers: Sequence[str]
    # The key that what is written is encrypted with.
    epoch: int

    @property
    def where(self) -> str:
        """How messages name it."""
        return f"database {self.database} in {self.container}"


@dataclass(frozen=True)
class PhiSettings:
    """See the module."""

    databases: Sequence[PhiDatabase]

    @classmethod
    def load(cls) -> Self:
        """Raises Refused where the file is not as a deploy wrote it."""
        fields = Fields.of(files.read_json(PATH), PATH)
        epoch = fields.integer("epoch")
        return cls([_database(entry, epoch) for entry in fields.items("databases", Fields.of)])


def declared(container: str, database: str) -> PhiDatabase | None:
    """The entry of a database, whatever server it is restored in; None where patients' columns are not declared."""
    if not files.exists(PATH):
        return None
    entries = PhiSettings.load().databases
    named = [entry for entry in entries if entry.database == database]
    return next((entry for entry in named if entry.container == container), next(iter(named), None))


def _database(fields: Fields, epoch: int) -> PhiDatabase:
    return PhiDatabase(
        container=fields.text("container"),
        database=fields.text("database"),
        readers=fields.texts("readers"),
        writers=fields.texts("writers"),
        epoch=epoch,
    )
