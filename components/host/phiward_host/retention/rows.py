"""The rows of one rule in its database: what the table is, which rows are due, and their end, a batch at a time.

Each question and each batch is one statement in a session of the owner's maintenance login, which takes the owner's
role: what a service put into its table (triggers, casts, ...) runs as it does for the service. Of an error no more is
said than its code: texts of errors may repeat values.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from phiward_host.common.decode import Fields, as_str, dict_of, list_of
from phiward_host.common.errors import Failed
from phiward_host.databases import maintenance, waiting
from phiward_host.databases.session import ApplicationSession, ClusterSession
from phiward_host.databases.sql import identifier, literal, one_line
from phiward_host.retention.settings import Hold, Rule

TIMES = ("date", "timestamp without time zone", "timestamp with time zone")
TEXTS = ("text", "character varying", "character")
# Of one statement; a deploy's limits end it when a service's code unsets this.
STATEMENT_SECONDS = 60
LOCK_SECONDS = 10
MOST_CHARACTERS = 100_000
FACTS = one_line("""WITH RECURSIVE own AS (SELECT c.* FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n
  ON n.oid = c.relnamespace WHERE n.nspname = {schema} AND c.relname = {table}),
 edges(from_, to_) AS (SELECT confrelid, conrelid FROM pg_catalog.pg_constraint
   WHERE contype = 'f' AND confdeltype IN ('c', 'n', 'd')
  UNION ALL SELECT inhparent, inhrelid FROM pg_catalog.pg_inherits
  UNION ALL SELECT inhrelid, inhparent FROM pg_catalog.pg_inherits),
 reached(id) AS (SELECT oid FROM own UNION SELECT e.to_ FROM edges e JOIN reached r ON e.from_ = r.id)
 SELECT pg_catalog.jsonb_build_object('kind', o.relkind, 'forced', o.relforcerowsecurity,
  'owner', pg_catalog.pg_get_userbyid(o.relowner),
  'columns', (SELECT coalesce(pg_catalog.jsonb_object_agg(a.attname, pg_catalog.format_type(a.atttypid, NULL)), '{{}}')
   FROM pg_catalog.pg_attribute a WHERE a.attrelid = o.oid AND NOT a.attisdropped AND a.attname IN ({columns})),
  'required', (SELECT coalesce(pg_catalog.jsonb_agg(a.attname), '[]') FROM pg_catalog.pg_attribute a
   WHERE a.attrelid = o.oid AND a.attnotnull AND a.attname IN ({columns})),
  'reaches', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(n.nspname, c.relname)), '[]')
   FROM (SELECT id FROM reached LIMIT 200) r JOIN pg_catalog.pg_class c ON c.oid = r.id
   JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid <> o.oid)) FROM own o;""")
CODE = re.compile(r"ERROR: +([0-9A-Z]{5})$")
# What a code means here, and what to do.
MEANINGS = {
    "23503": "rows of another table refer to these: declare a rule for that table, or ON DELETE CASCADE in its key",
    "23502": "a column that is anonymised may not be NULL: give it a text",
    "42501": "the database's owner may not do this, or row-level security applies to it",
    "55P03": f"another session held the rows for {LOCK_SECONDS} s; the next run tries again",
    "57014": f"it took longer than {STATEMENT_SECONDS} s: an index on the time column, or a smaller batch, helps",
    "P0001": "the service's own code in the table refused it",
}


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
        session = maintenance.reopened(ClusterSession(table.container), table.database, table.database)
        self._session: ApplicationSession = session
        self._role = identifier(session.owner)
        self._holds = [hold for hold in holds if hold.table == table]
        self._look([hold for hold in holds if hold.table != table])

    def count(self) -> Counted:
        """Looks at all rows."""
        held = self._held()
        row = self._ask(
            f"SELECT pg_catalog.count(*) FILTER (WHERE NOT {held}) || ' ' || pg_catalog.count(*) FILTER (WHERE {held}) "
            f"FROM {self._rule.table.quoted} AS t WHERE {self._over()};",
        )
        due, found = _numbers(row, 2)
        return Counted(due, found)

    def is_any_left(self) -> bool:
        """Whether a row is due."""
        (found,) = _numbers(
            self._ask(
                f"SELECT pg_catalog.count(*) FROM (SELECT FROM {self._rule.table.quoted} AS t WHERE {self._due()} "
                "LIMIT 1) AS found;"
            ),
            1,
        )
        return found > 0

    def end_batch(self) -> int:
        """Ends as many rows as a batch has, without those that a service holds just now; returns how many."""
        table, due = self._rule.table.quoted, self._due()
        places = f"t.ctid = ANY (ARRAY(SELECT place FROM due)) AND {due}"
        if self._rule.replacements:
            values = ", ".join(f"{identifier(r.column)} = {_constant(r.text)}" for r in self._rule.replacements)
            ends = f"UPDATE {table} AS t SET {values} WHERE {places}"
        else:
            ends = f"DELETE FROM {table} AS t WHERE {places}"
        row = self._ask(
            f"WITH due AS MATERIALIZED (SELECT t.ctid AS place FROM {table} AS t WHERE {due} "
            f"LIMIT {self._rule.batch} FOR UPDATE SKIP LOCKED), ended AS ({ends} RETURNING 1) "
            "SELECT pg_catalog.count(*) FROM ended;"
        )
        (ended,) = _numbers(row, 1)
        return ended

    def _due(self) -> str:
        return f"({self._over()} AND NOT {self._held()})"

    def _over(self) -> str:
        """Of rows whose time is over, and that are not as they are to become."""
        time = f"t.{identifier(self._rule.time_column)}"
        over = f"{time} < pg_catalog.now() - pg_catalog.make_interval(days => {self._rule.days})"
        others = [_differs(f"t.{identifier(r.column)}", r.text) for r in self._rule.replacements]
        return f"({over} AND ({' OR '.join(others)}))" if others else f"({over})"

    def _held(self) -> str:
        if not self._holds:
            return "false"
        return f"({' OR '.join(_is_held(hold) for hold in self._holds)})"

    def _look(self, others: Sequence[Hold]) -> None:
        """Raises Failed where the rule cannot be followed, or rows of other tables that are held would go along."""
        rule, table = self._rule, self._rule.table
        columns = [*rule.columns, *(hold.column for hold in self._holds if hold.column is not None)]
        values = {
            "schema": literal(table.schema),
            "table": literal(table.name),
            "columns": ", ".join(literal(column) for column in columns),
        }
        answer = "".join(self._session_rows(FACTS.format(**values), ""))
        if not answer:
            raise self._refusal("no such table", "a table of the service's database")
        facts = Fields.of(json.loads(answer[:MOST_CHARACTERS]), str(table))
        if facts.text("kind") not in ("r", "p") or facts.text("owner") != self._session.owner:
            raise self._refusal("what is no table of the service's own", "a table that the service owns")
        if facts.flag("forced"):
            # Its owner would see a part of the rows; the login itself sees all.
            self._role = identifier(self._session.login)
        types = facts.read("columns", dict_of(as_str))
        for column in columns:
            if column not in types:
                raise self._refusal(f"no column {column}", "a column of the table")
        if types[rule.time_column] not in TIMES:
            raise self._refusal(f"a column {rule.time_column} of another type", f"one of {', '.join(TIMES)}")
        required = facts.texts("required")
        for each in rule.replacements:
            if each.text is None and each.column in required:
                raise self._refusal(f"a column {each.column} that may not be NULL", "a text for it")
            if each.text is not None and types[each.column] not in TEXTS:
                raise self._refusal(f"a text for the column {each.column} of another type", "no text: then it is NULL")
        reached = {tuple(pair) for pair in facts.read("reaches", list_of(list_of(as_str)))}
        held = [hold for hold in others if (hold.table.schema, hold.table.name) in reached]
        if held:
            raise Stopped(
                f"rule {rule.name}: rows of {held[0].table} would go along, which the hold {held[0].name} keeps until "
                f"{held[0].until.isoformat()}; nothing is ended by this rule before"
            )

    def _refusal(self, found: str, allowed: str) -> Failed:
        return Failed(f"retention rule {self._rule.name}, {self._rule.table}: found {found}, allowed: {allowed}")

    def _ask(self, statement: str) -> str:
        rows = self._session_rows(statement, f"SET ROLE {self._role};")
        return rows[0] if len(rows) == 1 else ""

    def _session_rows(self, statement: str, role: str) -> list[str]:
        limits = f"SET statement_timeout = '{STATEMENT_SECONDS}s'; SET lock_timeout = '{LOCK_SECONDS}s';"
        try:
            return waiting.execute(self._session, ["\\set VERBOSITY sqlstate", limits, role, statement])
        except Failed as failure:
            match = CODE.search(str(failure))
            if match is None:
                raise
            code = match[1]
            raise Failed(
                f"retention rule {self._rule.name}, {self._rule.table}: PostgreSQL refused it with the code {code}: "
                f"{MEANINGS.get(code, 'docs of PostgreSQL, appendix A, say what it is')}"
            ) from None


def _differs(column: str, text: str | None) -> str:
    return f"{column} IS NOT NULL" if text is None else f"{column} IS DISTINCT FROM {literal(text)}"


def _constant(text: str | None) -> str:
    return "NULL" if text is None else literal(text)


def _is_held(hold: Hold) -> str:
    if hold.column is None:
        return "true"
    return f"coalesce(t.{identifier(hold.column)}::pg_catalog.text = {literal(hold.value or '')}, false)"


def _numbers(row: str, count: int) -> list[int]:
    words = row.split(" ")
    if len(words) != count or not all(re.fullmatch("[0-9]{1,18}", word, re.ASCII) for word in words):
        raise Failed("a database answered with what is no number of rows")
    return [int(word) for word in words]
