"""The rows of one rule in its database: which are due, and their end, a batch at a time, each a transaction."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from phiward_host.common.errors import Failed
from phiward_host.databases import maintenance
from phiward_host.databases.session import ClusterSession
from phiward_host.databases.sql import identifier, literal
from phiward_host.retention.asking import ask, assignments, facts_of, numbers, require_replaceable
from phiward_host.retention.settings import Hold, Rule

# As JSON has numbers.
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)
UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", re.ASCII)
TIMES = ("date", "timestamp without time zone", "timestamp with time zone")


class Stopped(Failed):
    """A legal hold on another table keeps a whole rule from its work."""


@dataclass(frozen=True)
class Counted:
    """Rows that are due, and those that would be, were they not held."""

    due: int
    held: int


class Rows:
    """Those of one rule; a session in its database is put right first. Raises Failed where the table is another."""

    def __init__(self, rule: Rule, holds: Sequence[Hold]) -> None:
        self._rule = rule
        table = rule.table
        self._session = maintenance.reopened(ClusterSession(table.container), table.database, table.database)
        self._who = f"retention rule {rule.name}, {table}"
        self._holds = [hold for hold in holds if hold.table == table]
        columns = [*rule.columns, *(hold.column for hold in self._holds if hold.column is not None)]
        facts = facts_of(self._session, self._who, table, columns)
        # Of a table that hides rows from its owner, the login itself sees all.
        self._role = identifier(self._session.login if facts.forced else self._session.owner)
        if facts.types[rule.time_column] not in TIMES:
            words = f"found a column {rule.time_column} of another type, allowed: one of {', '.join(TIMES)}"
            raise Failed(f"{self._who}: {words}")
        require_replaceable(self._who, facts, rule.replacements)
        others = [hold for hold in holds if (hold.table.schema, hold.table.name) in facts.reaches]
        if others:
            raise Stopped(
                f"rule {rule.name}: rows of {others[0].table} would end too, which the hold {others[0].name} keeps "
                f"until {others[0].until.isoformat()}; nothing is ended by this rule before"
            )

    def count(self) -> Counted:
        """Looks at all rows."""
        held = held_by(self._holds)
        row = self._ask(
            f"SELECT pg_catalog.count(*) FILTER (WHERE NOT {held}) || ' ' || pg_catalog.count(*) FILTER (WHERE {held}) "
            f"FROM {self._rule.table.quoted} AS t WHERE {self._over()};",
        )
        due, found = numbers(row, 2)
        return Counted(due, found)

    def is_any_left(self) -> bool:
        """Whether a row is due."""
        row = self._ask(
            f"SELECT pg_catalog.count(*) FROM (SELECT FROM {self._rule.table.quoted} AS t WHERE {self._due()} LIMIT 1) "
            "AS found;"
        )
        return numbers(row, 1) != [0]

    def end_batch(self) -> int:
        """Ends as many rows as a batch has, without those that a service holds just now; returns how many."""
        table, due = self._rule.table.quoted, self._due()
        places = f"t.ctid = ANY (ARRAY(SELECT place FROM due)) AND {due}"
        if self._rule.replacements:
            ends = f"UPDATE {table} AS t SET {assignments(self._rule.replacements)} WHERE {places}"
        else:
            ends = f"DELETE FROM {table} AS t WHERE {places}"
        row = self._ask(
            f"WITH due AS MATERIALIZED (SELECT t.ctid AS place FROM {table} AS t WHERE {due} "
            f"LIMIT {self._rule.batch} FOR UPDATE SKIP LOCKED), ended AS ({ends} RETURNING 1) "
            "SELECT pg_catalog.count(*) FROM ended;"
        )
        return numbers(row, 1)[0]

    def _due(self) -> str:
        return f"({self._over()} AND NOT {held_by(self._holds)})"

    def _over(self) -> str:
        """Of rows whose time is over, and that are not as they are to become."""
        time = f"t.{identifier(self._rule.time_column)}"
        over = f"{time} < pg_catalog.now() - pg_catalog.make_interval(days => {self._rule.days})"
        others = [_differs(f"t.{identifier(r.column)}", r.text) for r in self._rule.replacements]
        return f"({over} AND ({' OR '.join(others)}))" if others else f"({over})"

    def _ask(self, statement: str) -> str:
        rows = ask(self._session, self._who, self._role, [statement])
        return rows[0] if len(rows) == 1 else ""


def held_by(holds: Sequence[Hold]) -> str:
    """The condition of rows, called `t`, that one of the holds keeps."""
    return f"({' OR '.join(_is_held(hold) for hold in holds)})" if holds else "false"


def _differs(column: str, text: str | None) -> str:
    return f"{column} IS NOT NULL" if text is None else f"{column} IS DISTINCT FROM {literal(text)}"


def _is_held(hold: Hold) -> str:
    if hold.column is None:
        return "true"
    column, value = f"t.{identifier(hold.column)}", hold.value or ""
    same = f"{column}::pg_catalog.text = {literal(value)}"
    if NUMBER.fullmatch(value):
        # As numbers as well: 7 is held where the column has 7.00.
        same += f" OR pg_catalog.to_jsonb({column}) = {literal(value)}::pg_catalog.jsonb"
    elif UUID.fullmatch(value):
        same += f" OR {column}::pg_catalog.text = {literal(value.lower())}"
    return f"coalesce({same}, false)"
