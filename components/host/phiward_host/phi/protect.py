"""Takes a plain column over into an encrypted one beside it, while the application works.

A trigger keeps both in step from the first moment, so that whatever the application writes is in both; then the rows
that were there are filled in, and each is compared with what its value opens to. How far that is the catalog says, and
the rows: a run that is ended at any point is gone on with by the same command. The plain column goes by `finish` alone.
"""

import hashlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from phiward_host.common import journal
from phiward_host.common.decode import Fields, as_str, list_of
from phiward_host.common.errors import Failed, Refused
from phiward_host.databases import maintenance
from phiward_host.databases.session import ClusterSession
from phiward_host.databases.sql import identifier, literal, one_line
from phiward_host.phi.columns import BATCH_ROWS, BLOCKS, Place
from phiward_host.phi.function import SCHEMA
from phiward_host.phi.settings import PhiDatabase
from phiward_host.retention.asking import ask, numbers

SUFFIX = "__phi"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]{0,52}")
TYPES = ("text", "character varying", "date", "jsonb", "uuid")
LEAST_PAUSE_SECONDS = 0.2
# Whoever waits for a table holds up all who come after, so that it waits for a moment, and then again later.
LOCK_SECONDS, TRIES = 2, 15
FACTS = one_line("""SELECT pg_catalog.jsonb_build_object('kind', c.relkind, 'forced', c.relforcerowsecurity,
 'owner', pg_catalog.pg_get_userbyid(c.relowner), 'children', EXISTS (SELECT FROM pg_catalog.pg_inherits h
 WHERE h.inhparent = c.oid OR h.inhrelid = c.oid), 'plain', coalesce((SELECT pg_catalog.format_type(a.atttypid, NULL)
 FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attname = {column} AND a.attgenerated = ''
 AND NOT a.attisdropped), ''), 'sealed', coalesce((SELECT pg_catalog.format_type(a.atttypid, NULL)
 FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attname = {sealed} AND NOT a.attisdropped), ''),
 'triggers', (SELECT coalesce(pg_catalog.jsonb_agg(g.tgname), '[]') FROM pg_catalog.pg_trigger g
 WHERE g.tgrelid = c.oid AND NOT g.tgisinternal AND g.tgenabled = 'O'),
 'blocks', (pg_catalog.pg_relation_size(c.oid) + 8191) / pg_catalog.current_setting('block_size')::pg_catalog.int8)
 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = {schema} AND c.relname = {table};""")
ANSWER = re.compile(r"([0-9]{1,9}) \(([0-9]{1,10}),([0-9]{1,5})\) ([0-9]{1,9})", re.ASCII)
Sleep = Callable[[float], None]


@dataclass(frozen=True)
class Target:
    """A plain column of a service's table."""

    schema: str
    table: str
    column: str

    @classmethod
    def of(cls, table: str, column: str) -> Self:
        """By the words of a person: SCHEMA.TABLE, or TABLE of public. Raises Refused."""
        schema, _, name = table.rpartition(".")
        for word in (schema or "public", name, column):
            if NAME.fullmatch(word) is None:
                raise Refused(
                    "found another word, allowed: [SCHEMA.]TABLE and COLUMN, 53 letters, digits and _ at most"
                )
        return cls(schema or "public", name, column)

    @property
    def sealed(self) -> str:
        """Name of the encrypted column."""
        return self.column + SUFFIX

    @property
    def trigger(self) -> str:
        """Name of the trigger: such are run in the order of their names, after those of the application."""
        return f"zzz_{self.column}{SUFFIX}"

    @property
    def function(self) -> str:
        """The trigger's function in SQL."""
        digest = hashlib.sha256(f"{self.table}.{self.column}".encode()).hexdigest()[:16]
        return f"{identifier(self.schema)}.{identifier(f'phiward_seal_{digest}')}"

    @property
    def name(self) -> str:
        """The table in SQL."""
        return f"{identifier(self.schema)}.{identifier(self.table)}"

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}.{self.column}"


class Protection:
    """One column in one database. Raises Failed where it is no column that can be taken over."""

    def __init__(self, database: PhiDatabase, target: Target, sleep: Sleep = time.sleep) -> None:
        self._target, self._sleep = target, sleep
        self._session = maintenance.reopened(ClusterSession(database.container), database.database, database.database)
        self._who = f"{target} of {database.where}"
        self._facts = self._ask_facts()
        self._plain, self._sealed = f"t.{identifier(target.column)}", f"t.{identifier(target.sealed)}"

    def protect(self) -> None:
        """Goes on to where both columns are the same in each row, from wherever it was."""
        if not self._facts.text("plain"):
            raise Refused(f"{self._who}: found no plain column, allowed: one that is not taken over to its end yet")
        if not self._is_begun():
            self._begin()
        self._fill()
        rows = self._verify()
        print(f"{self._who}: {rows} rows are in {self._target.sealed} as well, each compared", flush=True)
        self._record(rows)

    def finish(self) -> None:
        """Drops the plain column, once each row was compared again."""
        if not self._is_begun() or not self._facts.text("plain"):
            raise Refused(
                f"{self._who}: found no column that is taken over, allowed: one after npx phiward phi protect"
            )
        rows = self._verify()
        target = self._target
        self._change(
            [
                f"DROP TRIGGER {identifier(target.trigger)} ON {target.name};",
                f"DROP FUNCTION {target.function}();",
                f"ALTER TABLE {target.name} DROP COLUMN {identifier(target.column)};",
            ]
        )
        print(
            f"{self._who}: the plain column is gone, and {rows} rows are in {target.sealed} alone. Its text is still "
            f"in pages of the table until VACUUM FULL {target.name}, which locks it meanwhile; in WAL until that is "
            "written over; in dumps and backups until those have ended",
            flush=True,
        )
        words = f"the plain column {self._who} was dropped, with {rows} rows encrypted"
        journal.record("operation", words, what="took over a patients' column", outcome="success", rows=str(rows))

    def undo(self) -> None:
        """Drops the encrypted column, where the plain one has all that it has."""
        if not self._is_begun() or not self._facts.text("plain"):
            raise Refused(f"{self._who}: found no column that is taken over and has its plain one, allowed: such a one")
        target = self._target
        alone = self._asked(
            f"SELECT pg_catalog.count(*) FROM (SELECT FROM ONLY {target.name} AS t WHERE {self._plain} IS NULL "
            f"AND {self._sealed} IS NOT NULL LIMIT 1) AS found;"
        )
        if numbers(alone, 1) != [0]:
            raise Failed(
                f"{self._who}: rows have a value in {target.sealed} alone, which would be lost; nothing changed"
            )
        self._change(
            [
                f"DROP TRIGGER {identifier(target.trigger)} ON {target.name};",
                f"DROP FUNCTION {target.function}();",
                f"ALTER TABLE {target.name} DROP COLUMN {identifier(target.sealed)};",
            ]
        )
        print(f"{self._who}: it is as it was before, plain", flush=True)

    def _ask_facts(self) -> Fields:
        target = self._target
        names = {"schema": target.schema, "table": target.table, "column": target.column, "sealed": target.sealed}
        query = FACTS.format(**{key: literal(value) for key, value in names.items()})
        answer = "".join(ask(self._session, self._who, identifier(self._session.login), [query]))
        if not answer:
            raise Failed(f"{self._who}: found no such table, allowed: a table of the service's database")
        facts = Fields.of(json.loads(answer), self._who)
        if facts.text("kind") != "r" or facts.text("owner") != self._session.owner or facts.flag("children"):
            raise Failed(
                f"{self._who}: found another thing than a plain table of its own, allowed: one without partitions"
            )
        if facts.text("plain") not in ("", *TYPES):
            raise Failed(f"{self._who}: found {facts.text('plain')}, allowed: one of {', '.join(TYPES)}")
        if facts.text("sealed") not in ("", "bytea"):
            raise Failed(f"{self._who}: found another column {target.sealed}, allowed: none of the application's own")
        return facts

    def _is_begun(self) -> bool:
        found = self._target.trigger in self._facts.read("triggers", list_of(as_str))
        if found != bool(self._facts.text("sealed")) and self._facts.text("plain"):
            raise Failed(
                f"{self._who}: found {self._target.sealed} without its trigger, allowed: both, or none of them"
            )
        return found

    def _begin(self) -> None:
        target = self._target
        plain, sealed = identifier(target.column), identifier(target.sealed)
        # An application that was changed writes the encrypted one, and leaves the plain one empty.
        body = f"""BEGIN
 IF NEW.{plain} IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.{sealed} IS NULL
 OR OLD.{plain} IS DISTINCT FROM NEW.{plain}) THEN
 NEW.{sealed} := {SCHEMA}.encrypt_phi(NEW.{plain}::pg_catalog.text);
 ELSIF TG_OP = 'UPDATE' AND NEW.{plain} IS NULL AND OLD.{plain} IS NOT NULL
 AND NEW.{sealed} IS NOT DISTINCT FROM OLD.{sealed} THEN NEW.{sealed} := NULL;
 END IF; RETURN NEW; END"""
        self._change(
            [
                f"ALTER TABLE {target.name} ADD COLUMN {sealed} pg_catalog.bytea;",
                f"CREATE OR REPLACE FUNCTION {target.function}() RETURNS trigger LANGUAGE plpgsql "
                f"SET search_path = pg_catalog, pg_temp AS $phiward${one_line(body)}$phiward$;",
                f"CREATE TRIGGER {identifier(target.trigger)} BEFORE INSERT OR UPDATE ON {target.name} FOR EACH ROW "
                f"EXECUTE FUNCTION {target.function}();",
            ]
        )
        print(f"{self._who}: what is written from now on is in {target.sealed} as well", flush=True)

    def _change(self, statements: list[str]) -> None:
        """Changes the table in one transaction, which waits for its lock some moments, one after the other."""
        for left in range(TRIES - 1, -1, -1):
            try:
                self._asked(f"SET lock_timeout = '{LOCK_SECONDS}s'; BEGIN;", *statements, "COMMIT;")
                return
            except Failed as failure:
                if "55P03" not in str(failure) or left == 0:
                    raise
                self._sleep(LOCK_SECONDS)

    def _fill(self) -> None:
        target, done = self._target, 0
        missing = f"{self._plain} IS NOT NULL AND {self._sealed} IS NULL"
        any_left = (
            f"SELECT pg_catalog.count(*) FROM (SELECT FROM ONLY {target.name} AS t WHERE {missing} LIMIT 1) AS f;"
        )
        while numbers(self._asked(any_left), 1) != [0]:
            blocks, place = self._ask_facts().integer("blocks"), Place()
            while place.block < blocks:
                began = time.monotonic()
                end = Place(min(place.block + BLOCKS, max(blocks, place.block + 1)))
                found = ANSWER.fullmatch(self._asked(self._filling(place, end, missing)))
                if found is None:
                    raise Failed(f"{self._who}: a database answered with something else than numbers of rows")
                met, block, row, changed = map(int, found.groups())
                place = end if met < BATCH_ROWS else Place(block, row)
                done += changed
                if met > 0:
                    print(f"{self._who}: {done} rows encrypted, {100 * place.block // blocks} % of a pass", flush=True)
                    self._sleep(max(LEAST_PAUSE_SECONDS, time.monotonic() - began))
            self._sleep(LEAST_PAUSE_SECONDS)

    def _filling(self, after: Place, end: Place, missing: str) -> str:
        """Has the trigger encrypt some rows as they are now, but those that others hold."""
        name = self._target.name
        return one_line(f"""WITH near AS MATERIALIZED (SELECT t.ctid AS place FROM ONLY {name} AS t
 WHERE t.ctid > '{after}'::pg_catalog.tid AND t.ctid < '{end}'::pg_catalog.tid AND {missing}
 ORDER BY t.ctid LIMIT {BATCH_ROWS}),
 free AS MATERIALIZED (SELECT t.ctid AS place FROM ONLY {name} AS t WHERE t.ctid = ANY (ARRAY(SELECT near.place
 FROM near)) AND {missing} FOR NO KEY UPDATE SKIP LOCKED),
 done AS (UPDATE ONLY {name} AS t SET {identifier(self._target.sealed)} = NULL WHERE t.ctid = ANY (ARRAY(SELECT
 free.place FROM free)) RETURNING 1)
 SELECT (SELECT pg_catalog.count(*) FROM near) || ' ' || coalesce((SELECT near.place::pg_catalog.text FROM near
 ORDER BY near.place DESC LIMIT 1), '(0,0)') || ' ' || (SELECT pg_catalog.count(*) FROM done);""")

    def _verify(self) -> int:
        """Opens each value and compares it with the plain one. Returns the rows; raises Failed where one is another."""
        blocks, place, rows = self._ask_facts().integer("blocks"), Place(), 0
        while place.block < blocks:
            began, end = time.monotonic(), Place(place.block + BLOCKS)
            wrong = (
                f"{self._plain} IS NOT NULL AND NOT {SCHEMA}.matches({self._sealed}, {self._plain}::pg_catalog.text)"
            )
            query = (
                f"SELECT pg_catalog.count({self._sealed}) || ' ' || pg_catalog.count(*) FILTER (WHERE {wrong}) "
                f"FROM ONLY {self._target.name} AS t WHERE t.ctid > '{place}'::pg_catalog.tid "
                f"AND t.ctid < '{end}'::pg_catalog.tid;"
            )
            lines = ask(self._session, self._who, identifier(self._session.login), [query])
            found, others = numbers("".join(lines), 2)
            if others:
                raise Failed(
                    f"{self._who}: {others} rows have another value in {self._target.sealed}; nothing is dropped"
                )
            rows, place = rows + found, end
            self._sleep(max(LEAST_PAUSE_SECONDS, time.monotonic() - began))
        return rows

    def _record(self, rows: int) -> None:
        query = f"SELECT {SCHEMA}.record_renewal({literal(str(self._target))}, {int(rows)});"
        ask(self._session, self._who, identifier(self._session.login), [query])

    def _asked(self, *statements: str) -> str:
        # Of a table that hides rows from its owner, the login itself sees all.
        role = self._session.login if self._facts.flag("forced") else self._session.owner
        return "".join(ask(self._session, self._who, identifier(role), statements))
