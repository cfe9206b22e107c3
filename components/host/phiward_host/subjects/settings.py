"""Where a person's data is, as a deploy has left it here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from phiward_host.common import files
from phiward_host.common.decode import Fields, list_of
from phiward_host.common.errors import Refused
from phiward_host.retention.settings import Declared, Hold, Replacement, Table
from phiward_host.subjects.patterns import Pattern

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
class FilePlace:
    """Where files of persons are in a volume, which Docker knows by `name`."""

    service: str
    volume: str
    name: str
    path: str
    pattern: Pattern

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        text = fields.text("path")
        pattern = Pattern.of(text, f"{path}.path")
        return cls(fields.text("service"), fields.text("volume"), fields.text("name"), text, pattern)

    @property
    def where(self) -> str:
        """The volume, as people call it."""
        return f"{self.service}/{self.volume}"

    @property
    def label(self) -> str:
        return f"{self.where}: {self.path}"


@dataclass(frozen=True)
class Subjects:
    """All places, in the order in which they are erased, and the holds that keep rows of them."""

    # File of the secret that the register's entries are made with.
    key: str
    places: Sequence[Place]
    holds: Sequence[Hold]
    files: Sequence[FilePlace] = ()

    def by_database(self) -> Mapping[str, Sequence[Place]]:
        """The places of each database."""
        names = dict.fromkeys(place.table.database for place in self.places)
        return {name: [place for place in self.places if place.table.database == name] for name in names}

    def by_volume(self) -> Mapping[str, Sequence[FilePlace]]:
        """The places in each volume, by what people call it."""
        names = dict.fromkeys(place.where for place in self.files)
        return {name: [place for place in self.files if place.where == name] for name in names}

    def require_judged(self) -> None:
        """Raises Refused where a hold is in force in the database of a service with files, and nothing says whose its
        rows are: nobody can tell then whether it keeps the person.
        """
        for service in dict.fromkeys(place.service for place in self.files):
            for hold in self.held(service) if service not in self.by_database() else []:
                raise Refused(
                    f"found the hold {hold.name} of {hold.owner} in the database {service} until "
                    f"{hold.until.isoformat()}, allowed: none, or its tables in subjects.places: whose they are says "
                    "whether it keeps the person's files too"
                )

    def held(self, database: str) -> list[Hold]:
        """The holds on tables of a database that are in force today."""
        return Declared([], self.holds).held(database)


def declared() -> Subjects:
    """What is declared; nothing where no deploy has left anything. Raises Refused for what is not of its form."""
    if not files.exists(SETTINGS):
        return Subjects("", [], [])
    fields = Fields.of(files.read_json(SETTINGS), SETTINGS)
    return Subjects(
        fields.text("key"),
        fields.items("places", Place.from_json),
        fields.items("holds", Hold.from_json),
        fields.read_or("files", list_of(FilePlace.from_json), []),
    )
