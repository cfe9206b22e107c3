"""Limits of what sessions of ours wait for: an owner can hold locks, or have code that never ends, in its database.

PostgreSQL's own lock_timeout is for one lock; a session that holds many, each for a little less, stays below it.
"""

import contextlib
import json
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Self

from phiward_host.common.decode import Fields, as_int, optional
from phiward_host.common.errors import Failed
from phiward_host.databases.session import APPLICATION_NAME, ApplicationSession, ClusterSession
from phiward_host.databases.sql import literal, one_line

# How often one looks. Of a run that is shorter nothing is noticed, nor delayed.
WATCH_SECONDS = 5
WAITING = one_line("""SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
 'relation', (SELECT l.relation::pg_catalog.int8 FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_database d
  ON d.oid = l.database WHERE l.pid = a.pid AND NOT l.granted AND d.datname = a.datname LIMIT 1),
 'holders', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.format('%s of %s (%s, its transaction is %s s old)',
  h.pid, h.usename, h.state, pg_catalog.date_part('epoch', pg_catalog.now() - h.xact_start)::pg_catalog.int8)), '[]')
  FROM pg_catalog.pg_stat_activity h WHERE h.pid = ANY (pg_catalog.pg_blocking_pids(a.pid))))), '[]')
 FROM pg_catalog.pg_stat_activity a WHERE a.wait_event_type = 'Lock' AND {ours};""")
TERMINATE = (
    "SELECT pg_catalog.count(pg_catalog.pg_terminate_backend(a.pid)) FROM pg_catalog.pg_stat_activity a WHERE {ours};"
)
NAME = one_line("""SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c
 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = {relation};""")


@dataclass(frozen=True)
class Limits:
    """Seconds that a piece of work may wait for locks in all, and that it may take; None: as long as it needs."""

    locks: float
    total: float | None = None


# Deploys wait for these, and their client program ends after 120 s.
AT_DEPLOY = Limits(locks=60, total=100)


@dataclass(frozen=True)
class _Waiting:
    """A session of ours that waits for a lock: on which relation, if it is one, and who holds it."""

    relation: int | None
    holders: Sequence[str]

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(fields.read("relation", optional(as_int)), fields.texts("holders"))


@contextlib.contextmanager
def limited(session: ClusterSession | ApplicationSession, limits: Limits) -> Generator[None]:
    """Ends this program's sessions in a database once the work in it has used up its limits; then raises Failed.

    The message names the table, the session in the way and what to do. Sessions of others are left alone.
    """
    watch = _Watch(session, limits)
    watch.start()
    try:
        yield
    except Exception as error:
        watch.stop()
        if watch.reason:
            raise Failed(watch.reason) from error
        raise
    finally:
        watch.stop()


def execute(
    session: ClusterSession | ApplicationSession, statements: Sequence[str], limits: Limits = AT_DEPLOY
) -> list[str]:
    """As the session's own, within limits: a deploy's, where no others are given."""
    with limited(session, limits):
        return session.execute(statements)


class _Watch:
    """Looks at the sessions until it is stopped. `reason` says why they were ended, and is empty otherwise."""

    def __init__(self, session: ClusterSession | ApplicationSession, limits: Limits) -> None:
        self.reason = ""
        self._session = session
        self._cluster = ClusterSession(session.container)
        self._limits = limits
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ours = (
            f"a.application_name = {literal(APPLICATION_NAME)} AND a.datname = {literal(session.database)} "
            "AND a.pid <> pg_catalog.pg_backend_pid()"
        )

    def start(self) -> None:
        """Begins to look."""
        self._thread.start()

    def stop(self) -> None:
        """Returns once it is at its end."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        began = looked = time.monotonic()
        waited = 0.0
        while not self._ended.wait(WATCH_SECONDS):
            # A server that does not answer ends the work by itself.
            with contextlib.suppress(Failed, ValueError, OSError):
                waiting = self._waiting()
                now = time.monotonic()
                waited += now - looked if waiting else 0
                looked = now
                self.reason = self.reason or self._exceeded(now - began, waited, waiting)
                if self.reason:
                    # Also those that were opened since.
                    self._cluster.execute([TERMINATE.format(ours=self._ours)])

    def _waiting(self) -> list[_Waiting]:
        rows = json.loads("".join(self._cluster.execute([WAITING.format(ours=self._ours)])))
        return [_Waiting.from_json(row, "pg_stat_activity") for row in rows]

    def _exceeded(self, seconds: float, waited: float, waiting: Sequence[_Waiting]) -> str:
        where = f"database {self._session.database} in {self._session.container}"
        if waiting and waited >= self._limits.locks:
            held = "; ".join(holder for row in waiting for holder in row.holders) or "a session that is gone"
            return (
                f"{where}: given up after waiting {waited:.0f} s in all for locks, the last on "
                f"{self._name(waiting[0].relation)}, held by session {held}; end what holds it: "
                "SELECT pg_terminate_backend(NUMBER), or restart the service; then try again"
            )
        if self._limits.total is not None and seconds >= self._limits.total:
            return (
                f"{where}: given up after {seconds:.0f} s, its part of the time, so that others have theirs; "
                "look for sessions and code in it that do not end, then try again"
            )
        return ""

    def _name(self, relation: int | None) -> str:
        """A relation's name, which only a session in its database can tell; its number where even that waits."""
        if relation is None or isinstance(self._session, ClusterSession):
            return "a row or an object of the system's catalog"
        with contextlib.suppress(Failed):
            names = self._session.execute([f"SET statement_timeout = '5s'; {NAME.format(relation=relation)}"])
            return f"table {names[0]}" if names else f"relation {relation}"
        return f"relation {relation}"
