"""What is declared of rows that end: rules, each with its table, and legal holds that stop them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Self

from phiward_host.common import files
from phiward_host.common.decode import Fields, as_str, optional
from phiward_host.databases.sql import identifier

SETTINGS = "/etc/phiward/retention.json"


@dataclass(frozen=True)
class Table:
    """A table of a service's database: the server's container, and the role that owns the database."""

    container: str
    database: str
    schema: str
    name: str

    @classmethod
    def from_json(cls, fields: Fields) -> Self:
        return cls(*(fields.text(key) for key in ("container", "database", "schema", "table")))

    @property
    def quoted(self) -> str:
        """Its name in SQL."""
        return f"{identifier(self.schema)}.{identifier(self.name)}"

    def __str__(self) -> str:
        return f"{self.database}: {self.schema}.{self.name}"


@dataclass(frozen=True)
class Replacement:
    """What an anonymised row has in a column; None is NULL."""

    column: str
    text: str | None

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(fields.text("column"), fields.read("text", optional(as_str)))


@dataclass(frozen=True)
class Rule:
    """Rows of a table that end so many days after the time in one of their columns."""

    name: str
    table: Table
    time_column: str
    days: int
    batch: int
    # Empty: the rows are deleted.
    replacements: Sequence[Replacement]
    # By which an approval is of this rule and of no other one of its name.
    digest: str

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        text = json.dumps({name: fields.values[name] for name in sorted(fields.values) if name != "batch"})
        return cls(
            name=fields.text("name"),
            table=Table.from_json(fields),
            time_column=fields.text("timeColumn"),
            days=fields.integer("days"),
            batch=fields.integer("batch"),
            replacements=fields.items("anonymise", Replacement.from_json),
            digest=hashlib.sha256(text.encode()).hexdigest(),
        )

    @property
    def columns(self) -> list[str]:
        """The columns that it names."""
        return [self.time_column, *(each.column for each in self.replacements)]

    @property
    def does(self) -> str:
        """What it does to rows, in a word."""
        return "anonymised" if self.replacements else "deleted"


@dataclass(frozen=True)
class Hold:
    """Rows of a table that nothing may end until a day is over: all of them, or those with a value in a column."""

    name: str
    table: Table
    column: str | None
    value: str | None
    owner: str
    until: date

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(
            name=fields.text("name"),
            table=Table.from_json(fields),
            column=fields.read("column", optional(as_str)),
            value=fields.read("value", optional(as_str)),
            owner=fields.text("owner"),
            until=date.fromisoformat(fields.text("until")),
        )


@dataclass(frozen=True)
class Declared:
    """All that is declared."""

    rules: Sequence[Rule]
    holds: Sequence[Hold]

    def held(self, database: str) -> list[Hold]:
        """The holds on tables of a database that are in force today."""
        today = datetime.now(UTC).date()
        return [hold for hold in self.holds if hold.table.database == database and today <= hold.until]


def declared() -> Declared:
    """What a deploy has left here. Raises Refused for what is not of its form."""
    fields = Fields.of(files.read_json(SETTINGS), SETTINGS)
    return Declared(fields.items("rules", Rule.from_json), fields.items("holds", Hold.from_json))
