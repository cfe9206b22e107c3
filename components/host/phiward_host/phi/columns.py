"""Columns that may hold what `phi.encrypt_phi` made: all of bytes in a database, and the rows of one, some at a time.

Nobody has to name them: a value begins with a version and the number of its key, and only a whole one is opened. Rows
are found by their places, so that no table needs a key, and each is changed only where it still is what was read.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from phiward_host.common.decode import Fields, as_list
from phiward_host.common.errors import Failed
from phiward_host.databases import waiting
from phiward_host.databases.session import ApplicationSession
from phiward_host.databases.sql import identifier, literal, one_line
from phiward_host.phi.function import CRYPTO, SCHEMA
from phiward_host.retention.asking import ask

# Rows and bytes of one transaction: well below a second, and no more memory than an application takes itself.
BATCH_ROWS, BATCH_BYTES = 500, 4 << 20
# Pages of a table that one statement looks through.
BLOCKS = 256
# Of one look at all rows of a column.
COUNT_SECONDS = 3600
LEAST_VALUE = 69
MOST_COLUMNS = 5000
MOST_CHARACTERS = 4 << 20
FIND = one_line(f"""SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
 'relation', f.oid::pg_catalog.int8, 'number', f.attnum, 'schema', f.nspname, 'table', f.relname, 'column', f.attname,
 'ours', f.ours, 'forced', f.relforcerowsecurity, 'blocks', f.blocks) ORDER BY f.oid, f.attnum), '[]') FROM
 (SELECT c.oid, a.attnum, n.nspname, c.relname, a.attname, c.relforcerowsecurity,
 c.relkind = 'r' AND a.attgenerated = '' AND pg_catalog.pg_get_userbyid(c.relowner) = {{owner}} AS ours,
 (pg_catalog.pg_relation_size(c.oid) + pg_catalog.current_setting('block_size')::pg_catalog.int8 - 1)
 / pg_catalog.current_setting('block_size')::pg_catalog.int8 AS blocks
 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
 WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND a.attnum > 0 AND NOT a.attisdropped
 AND (y.oid = 'pg_catalog.bytea'::pg_catalog.regtype OR y.typbasetype = 'pg_catalog.bytea'::pg_catalog.regtype)
 AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', '{SCHEMA}', '{CRYPTO}')
 AND pg_catalog.has_table_privilege(c.oid, 'SELECT') LIMIT {MOST_COLUMNS + 1}) f;""")
ANSWER = re.compile(r"([0-9]{1,9}) \(([0-9]{1,10}),([0-9]{1,5})\) ([0-9]{1,9}) ([0-9]{1,9})", re.ASCII)


@dataclass(frozen=True)
class Place:
    """A row's place in its table: the page, and the number in it."""

    block: int = 0
    number: int = 0

    def __str__(self) -> str:
        return f"({self.block},{self.number})"


@dataclass(frozen=True)
class Column:
    """A column of bytes, by its numbers in the catalog and by its names."""

    relation: int
    number: int
    schema: str
    table: str
    name: str
    # Whether its rows are the service's own to change: no copy that is made by a query, nor what is computed.
    ours: bool
    # Whether the table hides rows from its owner.
    forced: bool
    blocks: int

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        """As FIND answers."""
        fields = Fields.of(value, path)
        return cls(
            relation=fields.integer("relation"),
            number=fields.integer("number"),
            schema=fields.text("schema"),
            table=fields.text("table"),
            name=fields.text("column"),
            ours=fields.flag("ours"),
            forced=fields.flag("forced"),
            blocks=fields.integer("blocks"),
        )

    @property
    def at(self) -> tuple[int, int]:
        """By which columns are put in order."""
        return (self.relation, self.number)

    @property
    def relation_name(self) -> str:
        """The table in SQL."""
        return f"{identifier(self.schema)}.{identifier(self.table)}"

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}.{self.name}"


@dataclass(frozen=True)
class Batch:
    """What became of some rows of earlier keys: how many were met, changed, and could not be opened."""

    met: int
    done: int
    unreadable: int
    # Up to where the table was looked through.
    last: Place


def columns_of(session: ApplicationSession) -> list[Column]:
    """All of a database, in order. Raises Failed."""
    who = f"database {session.database} in {session.container}"
    query = FIND.format(owner=literal(session.owner))
    answer = "".join(ask(session, who, identifier(session.login), [query]))
    if len(answer) > MOST_CHARACTERS:
        raise Failed(f"{who}: found too many columns of bytes to look through")
    found = [Column.from_json(entry, who) for entry in as_list(json.loads(answer), who)]
    if len(found) > MOST_COLUMNS:
        raise Failed(f"{who}: found more than {MOST_COLUMNS} columns of bytes, allowed: fewer")
    return found


def change(session: ApplicationSession, column: Column, epoch: int, after: Place) -> Batch:
    """Brings the next rows behind a place to the key of `epoch`, in one transaction, with one line on record.

    Rows that others hold just now are left, and those that were changed meanwhile: the next pass meets them.
    """
    end = _end(column, after)
    here, table = f"t.{identifier(column.name)}", column.relation_name
    work = one_line(f"""WITH near AS MATERIALIZED (SELECT t.ctid AS place, pg_catalog.octet_length({here}) AS size
 FROM ONLY {table} AS t WHERE {_met(column, epoch, after, end)} ORDER BY t.ctid LIMIT {BATCH_ROWS}),
 few AS MATERIALIZED (SELECT s.place FROM (SELECT near.place, pg_catalog.row_number() OVER w AS row,
 pg_catalog.sum(near.size) OVER w AS bytes FROM near WINDOW w AS (ORDER BY near.place)) s
 WHERE s.row = 1 OR s.bytes <= {BATCH_BYTES}),
 seen AS MATERIALIZED (SELECT t.ctid AS place, {here} AS was, {SCHEMA}.renew({here}) AS new FROM ONLY {table} AS t
 WHERE t.ctid = ANY (ARRAY(SELECT few.place FROM few)) ORDER BY 3 IS NULL),
 free AS MATERIALIZED (SELECT seen.place, seen.was, seen.new FROM ONLY {table} AS t JOIN seen ON t.ctid = seen.place
 WHERE t.ctid = ANY (ARRAY(SELECT few.place FROM few)) AND seen.new IS NOT NULL AND {here} = seen.was
 FOR NO KEY UPDATE OF t SKIP LOCKED),
 done AS (UPDATE ONLY {table} AS t SET {identifier(column.name)} = free.new FROM free WHERE t.ctid = free.place
 AND t.ctid = ANY (ARRAY(SELECT few.place FROM few)) AND {here} = free.was RETURNING 1)
 SELECT (SELECT pg_catalog.count(*) FROM few) AS met, (SELECT pg_catalog.count(*) FROM near) AS near,
 coalesce((SELECT few.place::pg_catalog.text FROM few ORDER BY few.place DESC LIMIT 1), '(0,0)') AS last,
 (SELECT pg_catalog.count(*) FROM done) AS done,
 (SELECT pg_catalog.count(*) FROM seen WHERE seen.new IS NULL) AS unreadable""")
    kept = f"{SCHEMA}.record_renewal({literal(str(column))}, :done)"
    answer = _asked(
        session,
        column,
        [
            "BEGIN;",
            f"{work} \\gset",
            "RESET ROLE;",
            f"SELECT CASE WHEN :done > 0 THEN {kept} ELSE 0 END AS kept \\gset",
            "COMMIT;",
            "\\echo :met :last :done :unreadable :near",
        ],
    )
    text, _, near = answer.rpartition(" ")
    return _batch(text, column, end, whole=text.split(" ")[0] == near and near != str(BATCH_ROWS))


def any_left(session: ApplicationSession, column: Column, epoch: int) -> bool:
    """Whether a value of a key before `epoch` is there, by one look at all rows, which no move of one can hide."""
    query = (
        f"SELECT pg_catalog.count(*) FROM (SELECT FROM ONLY {column.relation_name} AS t "
        f"WHERE {_earlier(column, epoch)} LIMIT 1) AS found;"
    )
    statements = [f"SET statement_timeout = '{COUNT_SECONDS}s';", f"SET ROLE {_role(session, column)};", query]
    with waiting.limited(session, waiting.Limits(locks=60, total=COUNT_SECONDS)):
        return session.execute(statements) != ["0"]


def _end(column: Column, after: Place) -> Place:
    # Never past the pages there are now: the last place of a table says that it was looked through.
    return Place(min(after.block + BLOCKS, max(column.blocks, after.block + 1)))


def _met(column: Column, epoch: int, after: Place, end: Place) -> str:
    return f"t.ctid > '{after}'::pg_catalog.tid AND t.ctid < '{end}'::pg_catalog.tid AND {_earlier(column, epoch)}"


def _earlier(column: Column, epoch: int) -> str:
    """The condition of a row, called `t`, whose value is of an earlier key."""
    here = f"t.{identifier(column.name)}"
    heads = ", ".join(f"'\\x01{number:08x}'::pg_catalog.bytea" for number in range(1, epoch))
    return (
        f"pg_catalog.octet_length({here}) >= {LEAST_VALUE} AND pg_catalog.substr({here}, 1, 5) = ANY (ARRAY[{heads}])"
    )


def _asked(session: ApplicationSession, column: Column, statements: Sequence[str]) -> str:
    who = f"{column} of database {session.database} in {session.container}"
    rows = ask(session, who, _role(session, column), statements)
    return rows[0] if len(rows) == 1 else ""


def _role(session: ApplicationSession, column: Column) -> str:
    # Of a table that hides rows from its owner, the login itself sees all.
    return identifier(session.login if column.forced or not column.ours else session.owner)


def _batch(answer: str, column: Column, end: Place, *, whole: bool) -> Batch:
    found = ANSWER.fullmatch(answer)
    if found is None:
        raise Failed(f"{column}: a database answered with something else than numbers of rows")
    met, block, number, done, unreadable = map(int, found.groups())
    return Batch(met, done, unreadable, end if whole or met == 0 else Place(block, number))
