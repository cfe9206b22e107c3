"""Statements in a service's database, each within its time, and what is said of one that failed: a code, no text.

They run by the owner's maintenance login, which takes the owner's role: what a service put into its table (triggers,
casts, ...) runs as it does for the service. Texts of errors may repeat values, so that none is asked for.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from phiward_host.common.decode import Fields, as_str, as_strs, dict_of, list_of
from phiward_host.common.errors import Failed
from phiward_host.databases import waiting
from phiward_host.databases.session import ApplicationSession
from phiward_host.databases.sql import identifier, literal, one_line
from phiward_host.retention.settings import Replacement, Table

TEXTS = ("text", "character varying", "character")
LOCK_SECONDS = 10
MOST_CHARACTERS = 1_000_000
MOST_REACHED = 2000
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
   FROM (SELECT id FROM reached LIMIT 2001) r JOIN pg_catalog.pg_class c ON c.oid = r.id
   JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid <> o.oid)) FROM own o;""")
CODE = re.compile(r"ERROR: +([0-9A-Z]{5})$")
# What a code means here, and what to do.
MEANINGS = MappingProxyType(
    {
        "22012": "rows that a legal hold keeps would end with these by a foreign key; nothing was erased",
        "23503": "rows of another table refer to these: declare that table too, or ON DELETE CASCADE in its key",
        "23502": "a column that is anonymised may not be NULL: give it a text",
        "42501": "the database's owner may not do this, or row-level security applies to it",
        "55P03": f"another session held the rows for {LOCK_SECONDS} s; the next run tries again",
        "57014": "it took longer than a statement may: an index on the column, or a smaller batch, helps",
        "P0001": "the service's own code in the table refused it",
    }
)


_COLUMNS = one_line("""SELECT coalesce(pg_catalog.jsonb_agg(a.attname), '[]') FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = {schema} AND c.relname = {table} AND a.attnum > 0 AND NOT a.attisdropped;""")


def columns_of(session: ApplicationSession, table: Table) -> list[str]:
    """The columns of what has that name, none where nothing has: a backup may be from before there was."""
    sql = _COLUMNS.format(schema=literal(table.schema), table=literal(table.name))
    return as_strs(json.loads("".join(waiting.execute(session, [sql]))), str(table))


@dataclass(frozen=True)
class Patience:
    """Seconds that one statement may take, and what all may: that ends them where a service's code unsets the first."""

    statement: int
    limits: waiting.Limits


# Beside a service that works in the same database.
BESIDE_SERVICES = Patience(60, waiting.AT_DEPLOY)
# In a database that no service has yet, or for who waits for an end: reading the largest table takes less.
UNHURRIED = Patience(6 * 3600, waiting.Limits(locks=600))


@dataclass(frozen=True)
class Facts:
    """What a table is: whether it hides rows from its owner, its columns' types, and which tables end with it."""

    forced: bool
    types: Mapping[str, str]
    required: Sequence[str]
    reaches: frozenset[tuple[str, str]]


def ask(
    session: ApplicationSession,
    who: str,
    role: str,
    statements: Sequence[str],
    patience: Patience = BESIDE_SERVICES,
) -> list[str]:
    """Runs statements as a role; `who` is what a failure names first. Raises Failed."""
    limits = f"SET statement_timeout = '{patience.statement}s'; SET lock_timeout = '{LOCK_SECONDS}s';"
    words = ["\\set VERBOSITY sqlstate", limits, f"SET ROLE {role};", *statements]
    try:
        return waiting.execute(session, words, patience.limits)
    except Failed as failure:
        match = CODE.search(str(failure))
        if match is None:
            raise
        meaning = MEANINGS.get(match[1], "appendix A of PostgreSQL's manual says what it is")
        raise Failed(f"{who}: PostgreSQL refused it with the code {match[1]}: {meaning}") from None


def facts_of(session: ApplicationSession, who: str, table: Table, columns: Sequence[str]) -> Facts:
    """What a table is. Raises Failed where it is no table of the service's own, or has not these columns."""
    values = {
        "schema": literal(table.schema),
        "table": literal(table.name),
        "columns": ", ".join(literal(column) for column in columns),
    }
    answer = "".join(ask(session, who, identifier(session.login), [FACTS.format(**values)]))
    if not answer:
        raise Failed(f"{who}: found no such table, allowed: a table of the service's database")
    facts = Fields.of(json.loads(answer[:MOST_CHARACTERS]), str(table))
    if facts.text("kind") not in ("r", "p") or facts.text("owner") != session.owner:
        raise Failed(f"{who}: found another thing than a table of its own, allowed: a table that the service owns")
    types = facts.read("columns", dict_of(as_str))
    for column in columns:
        if column not in types:
            raise Failed(f"{who}: found no column {column}, allowed: a column of the table")
    reaches = frozenset(
        (pair[0], pair[1]) for pair in facts.read("reaches", list_of(list_of(as_str))) if len(pair) == 2
    )
    if len(reaches) >= MOST_REACHED:
        raise Failed(f"{who}: found more than {MOST_REACHED} tables that end with it, allowed: fewer")
    return Facts(facts.flag("forced"), types, facts.texts("required"), reaches)


def require_replaceable(who: str, facts: Facts, replacements: Sequence[Replacement]) -> None:
    """Raises Failed where a column cannot hold what it is to hold."""
    for each in replacements:
        if each.text is None and each.column in facts.required:
            raise Failed(f"{who}: found a column {each.column} that may not be NULL, allowed: a text for it")
        if each.text is not None and facts.types[each.column] not in TEXTS:
            raise Failed(
                f"{who}: found a text for the column {each.column} of another type, allowed: no text: then it is NULL"
            )


def assignments(replacements: Sequence[Replacement]) -> str:
    """What follows SET in an UPDATE."""
    return ", ".join(
        f"{identifier(each.column)} = {'NULL' if each.text is None else literal(each.text)}" for each in replacements
    )


def numbers(row: str, count: int) -> list[int]:
    """The numbers of rows in an answer. Raises Failed for anything else."""
    words = row.split(" ")
    if len(words) != count or not all(re.fullmatch("[0-9]{1,18}", word, re.ASCII) for word in words):
        raise Failed("a database answered with something else than a number of rows")
    return [int(word) for word in words]
