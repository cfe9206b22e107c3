"""While work goes on in a server: no application uses up what all its sessions share.

One session of the superuser is held open, in one transaction, so that it has the locks of its own queries from the
beginning and needs none later. It ends applications' sessions before they have taken all locks, and those for which
others of ours would wait without end.
"""

import contextlib
import json
import subprocess
import threading
from collections.abc import Generator

from phiward_host.common import process
from phiward_host.common.decode import as_strs
from phiward_host.common.errors import Failed
from phiward_host.databases import eviction
from phiward_host.databases.session import PSQL, ClusterSession
from phiward_host.databases.sql import one_line

# An application takes some thousand locks a second.
TICK_SECONDS = 0.25
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
 ended AS MATERIALIZED (SELECT c.usename, c.locks, pg_catalog.pg_terminate_backend(c.pid) FROM clients c
  WHERE (c.locks > 0 AND c.datname IN (SELECT datname FROM excess))
  OR (c.state = 'active' AND c.wait_event IN ('ClientRead', 'ClientWrite')
   AND EXISTS (SELECT FROM pg_catalog.pg_stat_activity w WHERE w.wait_event = 'ProcSignalBarrier')))
 SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.format('%s with %s locks', usename, locks)), '[]') FROM ended;""")


class Guard:
    """Looks until it is stopped. `sentences` gets what it had to do."""

    def __init__(self, container: str, sentences: list[str]) -> None:
        self._sentences = sentences
        self._container = container
        self._ready, self._ended = threading.Event(), threading.Event()
        self._process: subprocess.Popen[str] | None = None
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
        while not self._ended.is_set():
            with contextlib.suppress(Failed, OSError, ValueError):
                self._look()
            self._ended.wait(TICK_SECONDS)

    def _look(self) -> None:
        """Opens a session, and looks by it until it ends."""
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
                    self._ready.set()
                    self._ended.wait(TICK_SECONDS)
            finally:
                child.kill()
                said = child.stderr.read(MOST_CHARACTERS) if child.stderr is not None else ""
        if eviction.EXHAUSTED.search(said) is not None and not self._ended.is_set():
            self._note(eviction.evict(self._container))

    def _ask(self, child: "subprocess.Popen[str]") -> bool:
        """Ends whom it has to. False where the session is gone."""
        self._send(child, f"{REFRESH}\n{END}")
        line = child.stdout.readline(MOST_CHARACTERS) if child.stdout is not None else ""
        if not line:
            return False
        for who in as_strs(json.loads(line), "sessions"):
            self._note(
                eviction.record(
                    f"{self._container}: a session of {who} was ended: it was in the way of all others; where nobody "
                    "knows why, treat that service as compromised"
                )
            )
        return True

    def _send(self, child: "subprocess.Popen[str]", sql: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            if child.stdin is not None:
                child.stdin.write(f"{sql}\n")
                child.stdin.flush()

    def _note(self, sentence: str) -> None:
        if len(self._sentences) < MOST_SENTENCES and sentence not in self._sentences:
            self._sentences.append(sentence)


@contextlib.contextmanager
def guarded(container: str, sentences: list[str]) -> Generator[None]:
    """Keeps a guard in a server while work goes on there; `sentences` gets what it had to do, for people to hear of."""
    guard = Guard(container, sentences)
    guard.start()
    try:
        yield
    finally:
        guard.stop()
