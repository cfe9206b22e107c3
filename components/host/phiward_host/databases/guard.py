"""While work goes on in a server: no application uses up what all its sessions share.

One session of the superuser is held open, in one transaction, so that it has the locks of its own queries from the
beginning and needs none later. It ends applications' sessions before they have taken all locks, and those for which
others of ours would wait without end. An application that is back at once is ended at once, for a while.
"""

import contextlib
import json
import subprocess
import threading
import time
from collections.abc import Callable, Generator
from typing import TypeVar

from phiward_host.common import process
from phiward_host.common.decode import Fields, list_of
from phiward_host.common.errors import Failed
from phiward_host.databases import eviction
from phiward_host.databases.session import PSQL, ClusterSession
from phiward_host.databases.sql import literal, one_line

T = TypeVar("T")
# An application takes some ten thousand locks a second.
TICK_SECONDS = 0.1
# How long sessions in a database end at once, after one of its applications had taken more than half of the locks, and
# how often one looks then.
BANNED_SECONDS, BANNED_TICK_SECONDS = 10.0, 0.01
# How often work is tried that fails while applications take what it needs.
ATTEMPTS = 3
# How long work waits until the guard is in its place; a server that does not answer ends the work by itself.
READY_SECONDS = 20.0
MOST_CHARACTERS, MOST_SENTENCES = 1 << 20, 20
# What a transaction knows of other sessions is from its first look, until this is called.
REFRESH = "DO $$BEGIN PERFORM pg_catalog.pg_stat_clear_snapshot(); END$$;"
# The locks that there is room for, and of them those of applications: more than half is more than one of them needs.
# Whoever drops a database waits for each session of the server, and one that waits for its client answers never.
END = one_line("""WITH held AS MATERIALIZED (SELECT l.pid, pg_catalog.count(*) AS locks FROM pg_catalog.pg_locks l
  WHERE NOT l.fastpath GROUP BY l.pid),
 clients AS MATERIALIZED (SELECT a.pid, a.datname, a.usename, a.state, a.wait_event, coalesce(h.locks, 0) AS locks
  FROM pg_catalog.pg_stat_activity a LEFT JOIN held h ON h.pid = a.pid
  WHERE a.backend_type = 'client backend' AND a.usename <> 'postgres' AND a.usename !~ '^phiward_'),
 excess AS MATERIALIZED (SELECT datname FROM clients
  WHERE (SELECT 2 * pg_catalog.sum(locks) FROM clients) > pg_catalog.current_setting('max_locks_per_transaction')
  ::pg_catalog.int8 * pg_catalog.current_setting('max_connections')::pg_catalog.int8
  GROUP BY datname ORDER BY pg_catalog.sum(locks) DESC LIMIT 1),
 judged AS MATERIALIZED (SELECT c.*, c.locks > 0 AND c.datname IN (SELECT datname FROM excess) AS excessive,
  c.datname IN ({banned}) AS banned, c.state = 'active' AND c.wait_event IN ('ClientRead', 'ClientWrite')
   AND EXISTS (SELECT FROM pg_catalog.pg_stat_activity w WHERE w.wait_event = 'ProcSignalBarrier') AS in_the_way
  FROM clients c),
 ended AS MATERIALIZED (SELECT j.*, pg_catalog.pg_terminate_backend(j.pid) FROM judged j
  WHERE j.excessive OR j.banned OR j.in_the_way)
 SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('database', datname, 'excessive', excessive, 'who',
  pg_catalog.format('%s with %s locks', usename, locks))), '[]') FROM ended WHERE NOT banned;""")


class Guard:
    """Looks until it is stopped. `sentences` gets what it had to do."""

    def __init__(self, container: str, sentences: list[str]) -> None:
        self._sentences = sentences
        self._container = container
        self._ready, self._ended = threading.Event(), threading.Event()
        self._process: subprocess.Popen[str] | None = None
        # Databases, and until when sessions in them end at once.
        self._banned: dict[str, float] = {}
        # How often others were in the way.
        self.acted = 0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begins to look; returns once it is in its place, or cannot come there."""
        self._thread.start()
        self._ready.wait(READY_SECONDS)

    def stop(self) -> None:
        """Returns once it is at its end."""
        self._ended.set()
        if self._process is not None:
            self._process.kill()
        self._thread.join()

    def _run(self) -> None:
        shut = False
        while not self._ended.is_set():
            with contextlib.suppress(Failed, OSError, ValueError):
                shut = self._look(shut)
            if not shut:
                self._ended.wait(TICK_SECONDS)

    def _look(self, shut: bool) -> bool:
        """Opens a session, and looks by it until it ends. `shut`: while nobody else gets in.

        True where it was not let in, because others had used the server up.
        """
        said: list[str] = []
        with contextlib.ExitStack() as door:
            if shut:
                door.enter_context(eviction.kept_out(self._container, said))
            with subprocess.Popen(
                ClusterSession(self._container).argv(*PSQL),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                env=process.environment(),
                cwd="/",
            ) as child:
                self._process = child
                try:
                    self._send(child, "BEGIN;")
                    while not self._ended.is_set() and self._ask(child):
                        door.close()
                        self._note(said)
                        self._ready.set()
                        self._ended.wait(BANNED_TICK_SECONDS if self._banned else TICK_SECONDS)
                finally:
                    child.kill()
                    error = child.stderr.read(MOST_CHARACTERS) if child.stderr is not None else ""
        self._note(said)
        return eviction.EXHAUSTED.search(error) is not None

    def _ask(self, child: "subprocess.Popen[str]") -> bool:
        """Ends whom it has to. False where the session is gone."""
        now = time.monotonic()
        self._banned = {database: until for database, until in self._banned.items() if until > now}
        banned = ", ".join(literal(database) for database in self._banned) or literal("")
        self._send(child, f"{REFRESH}\n{END.format(banned=banned)}")
        line = child.stdout.readline(MOST_CHARACTERS) if child.stdout is not None else ""
        if not line:
            return False
        for ended in list_of(_fields)(json.loads(line), "sessions"):
            meanwhile = ""
            if ended.flag("excessive"):
                self._banned[ended.text("database")] = now + BANNED_SECONDS
                meanwhile = f", and for {BANNED_SECONDS:.0f} s all others in its database"
            self._note(
                [
                    eviction.record(
                        f"{self._container}: a session of {ended.text('who')} was ended: it was in the way of all "
                        f"others{meanwhile}; where nobody knows why, treat that service as compromised"
                    )
                ]
            )
        return True

    def _send(self, child: "subprocess.Popen[str]", sql: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            if child.stdin is not None:
                child.stdin.write(f"{sql}\n")
                child.stdin.flush()

    def _note(self, sentences: list[str]) -> None:
        self.acted += len(sentences)
        self._sentences += [new for new in sentences if new not in self._sentences][
            : MOST_SENTENCES - len(self._sentences)
        ]
        sentences.clear()


def _fields(value: object, path: str) -> Fields:
    return Fields.of(value, path)


@contextlib.contextmanager
def guarded(container: str, sentences: list[str]) -> Generator[Guard]:
    """Keeps a guard in a server while work goes on there; `sentences` gets what it had to do, for people to hear of."""
    guard = Guard(container, sentences)
    guard.start()
    try:
        yield guard
    finally:
        guard.stop()


def under_guard(container: str, sentences: list[str], work: Callable[[], T]) -> T:
    """Does work in a server with a guard there; once more where it failed while others were in its way.

    Raises what the work raises.
    """
    with guarded(container, sentences) as guard:
        for _ in range(ATTEMPTS - 1):
            before = guard.acted
            try:
                return work()
            except Failed:
                # It may be about to look.
                time.sleep(2 * TICK_SECONDS)
                if guard.acted == before:
                    raise
        return work()
