"""Where a person's data is, as a deploy has left it here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from phiward_host.common import files
from phiward_host.common.decode import Fields
from phiward_host.retention.settings import Declared, Hold, Replacement, Table

SETTINGS = "/etc/phiward/subjects.json"


@dataclass(frozen=True)
class Place:
    """A table, and its column that says whose each row is."""

    table: Table
    column: str
    # What erasing does; empty: the rows are deleted.
    replacements: Sequence[Replacement]

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(Table.from_json(fields), fields.text("column"), fields.items("anonymise", Replacement.from_json))


@dataclass(frozen=True)
class Subjects:
    """All places, in the order in which they are erased, and the holds that keep rows of them."""

    # File of the secret that the register's entries are made with.
    key: str
    places: Sequence[Place]
    holds: Sequence[Hold]

    def by_database(self) -> Mapping[str, Sequence[Place]]:
        """The places of each database."""
        names = dict.fromkeys(place.table.database for place in self.places)
        return {name: [place for place in self.places if place.table.database == name] for name in names}

    def held(self, database: str) -> list[Hold]:
        """The holds on tables of a database that are in force today."""
        return Declared([], self.holds).held(database)


def declared() -> Subjects:
    """What is declared; nothing where no deploy has left anything. Raises Refused for what is not of its form."""
    if not files.exists(SETTINGS):
        return Subjects("", [], [])
    fields = Fields.of(files.read_json(SETTINGS), SETTINGS)
    return Subjects(fields.text("key"), fields.items("places", Place.from_json), fields.items("holds", Hold.from_json))
