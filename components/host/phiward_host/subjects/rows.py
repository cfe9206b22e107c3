"""The rows of persons in one database: counted, shown, erased in one transaction, and found by the register's hashes.

References go as hexadecimal digits in statements: no reference can be taken for a part of one.
"""

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence

from phiward_host.common import process
from phiward_host.common.decode import as_list
from phiward_host.common.errors import Failed, Refused
from phiward_host.databases.session import PSQL, ApplicationSession
from phiward_host.databases.sql import identifier, literal
from phiward_host.retention.asking import (
    BESIDE_SERVICES,
    Patience,
    ask,
    assignments,
    facts_of,
    numbers,
    require_replaceable,
)
from phiward_host.retention.rows import held_by
from phiward_host.retention.settings import Hold
from phiward_host.subjects.patterns import MOST_REFERENCE
from phiward_host.subjects.register import LOG
from phiward_host.subjects.settings import Place
from phiward_host.subjects.shown import Digits

MOST_ROWS = 10_000
MOST_CHARACTERS = 32 << 20
# Each batch reads a table without an index once.
AT_ONCE = 1000


class Persons:
    """Rows of persons in the places of one database. Raises Failed where a place is another than declared."""

    def __init__(
        self,
        session: ApplicationSession,
        places: Sequence[Place],
        holds: Sequence[Hold],
        patience: Patience = BESIDE_SERVICES,
    ) -> None:
        self._session, self._places, self._holds, self._patience = session, places, holds, patience
        facts = [
            facts_of(session, _who(place), place.table, [place.column, *(r.column for r in place.replacements)])
            for place in places
        ]
        for place, fact in zip(places, facts, strict=True):
            require_replaceable(_who(place), fact, place.replacements)
        # Of a table that hides rows from its owner, the login itself sees all.
        self._role = identifier(session.login if any(fact.forced for fact in facts) else session.owner)
        self._reached = frozenset(pair for fact in facts for pair in fact.reaches)

    def require_unheld(self, reference: str) -> None:
        """Raises Refused where a legal hold keeps one of the person's rows, or rows that end with them."""
        for hold in self._holds:
            place = next((place for place in self._places if place.table == hold.table), None)
            if place is None and (hold.table.schema, hold.table.name) not in self._reached:
                continue
            if place is not None:
                rows = self._ask(
                    f"SELECT pg_catalog.count(*) FROM {place.table.quoted} AS t WHERE {_of(place, [reference])} "
                    f"AND {held_by([hold])};"
                )
                if numbers("".join(rows), 1) == [0]:
                    continue
            raise Refused(
                f"found rows that the hold {hold.name} of {hold.owner} keeps until {hold.until.isoformat()}, allowed: "
                "rows that nothing keeps; answer the person so (GDPR 17(3)), and erase then"
            )

    def count(self, reference: str) -> list[int]:
        """Rows in each place."""
        rows = self._ask(
            *(
                f"SELECT pg_catalog.count(*) FROM {place.table.quoted} AS t WHERE {_of(place, [reference])};"
                for place in self._places
            )
        )
        return numbers(" ".join(rows), len(self._places))

    def shown(self, reference: str) -> list[list[object]]:
        """The rows of each place, as JSON. Raises Failed where they are too many for one person."""
        found: list[list[object]] = []
        for place in self._places:
            row = "".join(
                self._ask(
                    "SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(t.*)), '[]') FROM (SELECT * FROM "
                    f"{place.table.quoted} AS t WHERE {_of(place, [reference])} LIMIT {MOST_ROWS + 1}) AS t;"
                )
            )
            if len(row) > MOST_CHARACTERS:
                raise Failed(f"{_who(place)}: found more than {MOST_CHARACTERS >> 20} MB of one person")
            # Numbers stay the digits that they are.
            rows = as_list(json.loads(row, parse_float=Digits, parse_int=Digits), str(place.table))
            if len(rows) > MOST_ROWS:
                raise Failed(f"{_who(place)}: found more than {MOST_ROWS} rows of one person")
            found.append(rows)
        return found

    def erase(self, references: Sequence[str]) -> list[int]:
        """Erases rows in all places in one transaction; returns how many in each."""
        if not references:
            return [0 for _ in self._places]
        # Rows under a hold may end with others by a key: then the whole transaction does not count.
        holds = [hold for hold in self._holds if (hold.table.schema, hold.table.name) in self._reached]
        kept = [f"FROM {hold.table.quoted} AS t WHERE {held_by([hold])}" for hold in holds]
        rows = self._ask(
            "BEGIN;",
            *(f"SELECT pg_catalog.count(*) AS held_{at} {each} \\gset" for at, each in enumerate(kept)),
            *(_erases(place, references) for place in self._places),
            *(
                f"SELECT 1 / (CASE WHEN pg_catalog.count(*) = :held_{at} THEN 1 ELSE 0 END) AS kept {each} \\gset"
                for at, each in enumerate(kept)
            ),
            "COMMIT;",
        )
        ended = numbers(" ".join(rows), len(self._places))
        # In a session of its own: a trigger can keep rows, and say nothing.
        left = self._ask(*(_left(place, references) for place in self._places))
        if any(numbers(" ".join(left), len(self._places))):
            raise Failed(
                f"database {self._session.database}: rows of erased persons are still there, allowed: none; the "
                "service's own code in the table keeps them, or wrote them again meanwhile"
            )
        return ended

    def matching(self, is_theirs: Callable[[str], bool]) -> list[str]:
        """References in any of the places for which a function holds."""
        found = {reference for place in self._places for reference in self._references(place) if is_theirs(reference)}
        return sorted(found)

    def _references(self, place: Place) -> Iterator[str]:
        column = f"t.{identifier(place.column)}::pg_catalog.text"
        sql = (
            f"SET ROLE {self._role}; COPY (SELECT DISTINCT pg_catalog.encode(pg_catalog.convert_to({column}, 'UTF8'), "
            f"'hex') FROM {place.table.quoted} AS t WHERE pg_catalog.char_length({column}) <= {MOST_REFERENCE}) "
            "TO STDOUT;\n"
        )
        with (
            LOG.open() as log,
            subprocess.Popen(
                self._session.argv(*PSQL, "--set=VERBOSITY=sqlstate"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=process.environment(),
                cwd="/",
            ) as child,
        ):
            if child.stdin is None or child.stdout is None:
                raise Failed("psql: found no pipes")
            child.stdin.write(sql.encode())
            child.stdin.close()
            while line := child.stdout.readline(8 * MOST_REFERENCE + 2):
                try:
                    yield bytes.fromhex(line.decode("ascii").strip()).decode()
                except ValueError:
                    child.kill()
                    raise Failed(f"{_who(place)}: a database answered with something else than references") from None
            if child.wait() != 0:
                raise Failed(f"{_who(place)}: its references cannot be read; {LOG.path} on the host has the code")

    def _ask(self, *statements: str) -> list[str]:
        return ask(self._session, f"database {self._session.database}", self._role, statements, self._patience)


def erase_all(persons: Persons, references: Sequence[str]) -> int:
    """Erases any number of persons, some at a time; returns the rows."""
    return sum(sum(persons.erase(references[first : first + AT_ONCE])) for first in range(0, len(references), AT_ONCE))


def _erases(place: Place, references: Sequence[str]) -> str:
    table, theirs = place.table.quoted, _of(place, references)
    if place.replacements:
        ends = f"UPDATE {table} AS t SET {assignments(place.replacements)} WHERE {theirs}"
    else:
        ends = f"DELETE FROM {table} AS t WHERE {theirs}"
    return f"WITH ended AS ({ends} RETURNING 1) SELECT pg_catalog.count(*) FROM ended;"


def _left(place: Place, references: Sequence[str]) -> str:
    differ = [
        f"t.{identifier(each.column)} IS DISTINCT FROM {'NULL' if each.text is None else literal(each.text)}"
        for each in place.replacements
    ]
    others = f" AND ({' OR '.join(differ)})" if differ else ""
    return f"SELECT pg_catalog.count(*) FROM {place.table.quoted} AS t WHERE {_of(place, references)}{others};"


def _of(place: Place, references: Sequence[str]) -> str:
    values = ", ".join(
        f"pg_catalog.convert_from(pg_catalog.decode('{reference.encode().hex()}', 'hex'), 'UTF8')"
        for reference in references
    )
    return f"t.{identifier(place.column)}::pg_catalog.text IN ({values})"


def _who(place: Place) -> str:
    return f"data of persons, {place.table}"
