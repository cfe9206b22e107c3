"""Which databases have patients' columns, as a deploy says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from phiward_host.common import files
from phiward_host.common.decode import Fields, as_int, as_str, optional

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
    # Up to this one, keys have left the host: nothing that they have encrypted can be opened.
    retired: int = 0
    # The group of people who may read the record of accesses; none where nobody is declared.
    auditors: str | None = None

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
        epoch, retired = fields.integer("epoch"), fields.read_or("retired", as_int, 0)
        return cls([_database(entry, epoch, retired) for entry in fields.items("databases", Fields.of)])

    @classmethod
    def load_if_any(cls) -> Self | None:
        """None where a deploy wrote no such file."""
        return cls.load() if files.exists(PATH) else None


def declared(container: str, database: str) -> PhiDatabase | None:
    """The entry of a database, whatever server it is restored in; None where patients' columns are not declared."""
    if not files.exists(PATH):
        return None
    entries = PhiSettings.load().databases
    named = [entry for entry in entries if entry.database == database]
    return next((entry for entry in named if entry.container == container), next(iter(named), None))


def _database(fields: Fields, epoch: int, retired: int) -> PhiDatabase:
    return PhiDatabase(
        container=fields.text("container"),
        database=fields.text("database"),
        readers=fields.texts("readers"),
        writers=fields.texts("writers"),
        epoch=epoch,
        retired=retired,
        auditors=fields.read_or("auditors", optional(as_str), None),
    )
