"""How far a database was brought to its present key: numbers and times on this host, nothing of any row."""

from dataclasses import asdict, dataclass, replace
from typing import Self

from phiward_host.common import paths, records
from phiward_host.common.decode import Fields, as_float, optional
from phiward_host.phi.columns import Batch, Column, Place
from phiward_host.phi.install import LOG
from phiward_host.phi.settings import PhiDatabase

NUMBERS = (
    "oid",
    "epoch",
    "relation",
    "number",
    "block",
    "row",
    "looked",
    "pages",
    "met",
    "changed",
    "unreadable",
    "done",
)


@dataclass(frozen=True)
class Progress:
    """Of one database, in which a restored one is another. Times are in seconds since 1970."""

    # The number of the database in its server, and the key it is brought to.
    oid: int
    epoch: int
    began: float
    # Where the pass goes on: a column, and the place in it.
    relation: int = 0
    number: int = 0
    block: int = 0
    row: int = 0
    # Of this pass: when it began, pages looked through and all there were, rows of earlier keys that were met, those
    # that were changed (others hold the rest, or changed it meanwhile), and those that no key opens.
    passed: float | None = None
    looked: int = 0
    pages: int = 0
    met: int = 0
    changed: int = 0
    unreadable: int = 0
    # Rows that were changed in all passes.
    done: int = 0
    # When no row needed an earlier key, by one look at all of them.
    clean: float | None = None

    @property
    def at(self) -> tuple[int, int]:
        """The column in which it goes on."""
        return (self.relation, self.number)

    @property
    def place(self) -> Place:
        """The place in it."""
        return Place(self.block, self.row)

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        """What is kept of one."""
        fields = Fields.of(value, path)
        numbers = {name: fields.integer(name) for name in NUMBERS}
        passed, clean = (fields.read(name, optional(as_float)) for name in ("passed", "clean"))
        return cls(began=fields.read("began", as_float), passed=passed, clean=clean, **numbers)

    def next_pass(self, now: float, pages: int) -> "Progress":
        """Before the first row of another pass."""
        return Progress(self.oid, self.epoch, self.began, passed=now, pages=pages, done=self.done, clean=self.clean)

    def after(self, column: Column, batch: Batch) -> "Progress":
        """Once a batch of a column is done."""
        before = self.block if self.at == column.at else 0
        return replace(
            self,
            relation=column.relation,
            number=column.number,
            block=batch.last.block,
            row=batch.last.number,
            looked=self.looked + batch.last.block - before,
            met=self.met + batch.met,
            changed=self.changed + batch.done,
            unreadable=self.unreadable + batch.unreadable,
            done=self.done + batch.done,
            clean=None if batch.met > 0 else self.clean,
        )


def load(database: PhiDatabase) -> Progress | None:
    """What is known; None where nothing is, or it was damaged: the rows are then looked through from the first."""
    return records.read_or_begin(_path(database), optional(Progress.from_json), None, LOG)


def save(database: PhiDatabase, known: Progress) -> None:
    """Keeps it."""
    records.write_json(_path(database), asdict(known), LOG)


def _path(database: PhiDatabase) -> str:
    return f"{paths.BASE}/phi/{database.container}.{database.database}.keys.json"
