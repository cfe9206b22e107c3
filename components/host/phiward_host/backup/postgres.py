"""PostgreSQL in a container, as backups and restores use it.

What concerns the cluster takes a `ClusterSession`; what has to look into an application's database takes an
`ApplicationSession`, or the `Reading` that holds one open. What psql prints may hold
patients' data, so it goes to the log only.
"""

import contextlib
import json
import subprocess
import time
from collections.abc import Sequence
from typing import Self

from phiward_host.backup.attributes import Attributes, ColumnOrder, Grant
from phiward_host.backup.contents import ABOUT, READABLE, TABLES, ListedTable, rows_query
from phiward_host.backup.manifest import DatabaseManifest, Table
from phiward_host.backup.tools import LOG, call
from phiward_host.common import docker, process
from phiward_host.common.decode import Fields, list_of
from phiward_host.common.errors import Failed
from phiward_host.common.process import Completed
from phiward_host.databases import maintenance
from phiward_host.databases.eviction import persistent
from phiward_host.databases.session import PSQL, ApplicationSession, ClusterSession

# One table is read in less than this. No code of an application runs meanwhile, but its locks may be in the way.
READ_TIMEOUT = "6h"
# An application can hold locks for ever; its own database is then not dumped, and the others are. In all, not for each.
LOCK_SECONDS = 600
OBJECTS_AT_A_TIME = 100
# After so long without an answer, Docker itself hangs.
DOCKER_SECONDS = 60
# An answer is one line, whose length an owner has a hand in: by names, columns, settings.
MOST_CHARACTERS = 64 << 20
# Of what an owner may have made any number of, so much is named.
MOST_NAMED = 10
# Looks for a server from within its container, since each start of a program there costs Docker a good part of a
# second. A look takes two seconds at most, so that all of them end before DOCKER_SECONDS. Over TCP: while a database is
# being created, the server listens on its socket only.
LOOKS = 20
AWAIT = f"i={LOOKS}; until pg_isready -q -t 2 -h 127.0.0.1; do i=$((i - 1)); [ $i -gt 0 ] || exit 1; sleep 0.2; done"


def ask_cluster(cluster: ClusterSession, what: str, sql: str) -> str:
    """The rows, one a line. Raises Failed, `what` first."""
    return _asked(what, cluster, sql)


def cluster_accepts(cluster: ClusterSession, sql: str) -> bool:
    """Runs statements that may fail; why is in the log. Returns whether they succeeded."""
    return _run(cluster, sql).code == 0


def ask_database(application: ApplicationSession, what: str, sql: str) -> str:
    """As `ask_cluster`, in an application's database and with no more rights than its owner."""
    return _asked(f"database {application.database}: {what}", application, sql)


def _asked(what: str, session: ClusterSession | ApplicationSession, sql: str) -> str:
    done = _run(session, sql)
    if done.code != 0:
        raise Failed(f"{what}: {process.ended('psql', done.code)}; its output is in {LOG.path} on the host")
    return done.stdout


def _run(session: ClusterSession | ApplicationSession, sql: str) -> Completed:
    return persistent(session.container, lambda: call(session.argv(*PSQL), stdin=sql))


def analyse(application: ApplicationSession) -> None:
    """Collects statistics, which a dump does not hold. Raises Failed."""
    ask_database(application, "it cannot be analysed", "ANALYZE;")


def dump_argv(application: ApplicationSession, moment: str, left_out: Sequence[str] = ()) -> list[str]:
    """The command that writes a dump of what a `Reading` that exported `moment` sees, but for what is left out."""
    options = ["--format=custom", "--compress=0", f"--snapshot={moment}", f"--lock-wait-timeout={LOCK_SECONDS * 1000}"]
    return application.argv("pg_dump", *options, *left_out)


def restore_argv(application: ApplicationSession) -> list[str]:
    """The command that restores a dump on standard input into the database, as its owner.

    In steps of some objects: each takes locks until its transaction ends, of which there are so many in a server. A
    database that is not restored whole is dropped.
    """
    return application.argv("pg_restore", *restore_options(application))


def restore_options(application: ApplicationSession) -> list[str]:
    """By which what is restored is the owner's."""
    return [
        "--no-owner",
        "--no-privileges",
        f"--role={application.owner}",
        "--exit-on-error",
        f"--transaction-size={OBJECTS_AT_A_TIME}",
    ]


def manifest_of(application: ApplicationSession, order: ColumnOrder = "name") -> DatabaseManifest:
    """What is in the database now. Raises Failed."""
    with Reading(application) as reading:
        return reading.manifest(order)


class Reading:
    """A read-only transaction in an application's database that sees one moment until it is closed.

    Raises Failed where the database has no maintenance login yet.
    """

    def __init__(self, session: ApplicationSession) -> None:
        self.session = maintenance.reopened(ClusterSession(session.container), session.database, session.owner)
        self._log = LOG.open()
        self._process = subprocess.Popen(
            session.argv(*PSQL),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
            env=process.environment(),
            cwd="/",
        )
        self._send(READABLE)
        self._send(f"SET statement_timeout = '{READ_TIMEOUT}'; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            # It may be waiting for a lock, or for somebody to read what it says.
            self._process.kill()
        self.close()

    def ask(self, sql: str) -> str:
        """The one line that a query answers with. Raises Failed."""
        self._send(sql)
        line = self._process.stdout.readline(MOST_CHARACTERS) if self._process.stdout is not None else ""
        if len(line) >= MOST_CHARACTERS:
            raise Failed(
                f"database {self.session.database} in {self.session.container}: found a description of its tables of "
                f"more than {MOST_CHARACTERS >> 20} MB, allowed: less; remove tables that nobody needs"
            )
        if not line:
            raise Failed(
                f"database {self.session.database} in {self.session.container}: it does not answer; "
                f"its output is in {LOG.path} on the host. Check that the container is healthy: docker ps"
            )
        return line.rstrip("\n")

    def export(self) -> str:
        """The name by which pg_dump can see the same moment."""
        return self.ask("SELECT pg_catalog.pg_export_snapshot();")

    def manifest(self, order: ColumnOrder = "name") -> DatabaseManifest:
        """Rows and checksum of every table, and what a new database needs to be like this one. Raises Failed."""
        database = self.session.database
        listed = list_of(ListedTable.from_json)(json.loads(self.ask(TABLES)), "tables")
        foreign = [f"{table.name} of {table.owner}" for table in listed if not table.readable]
        if foreign:
            raise Failed(
                f"database {database}: found {len(foreign)} tables that {self.session.owner} does not own, "
                f"such as {', '.join(foreign[:MOST_NAMED])}; "
                f"give them to it: ALTER TABLE ... OWNER TO {self.session.owner}"
            )
        tables = {
            table.name: Table.from_json(json.loads(self.ask(rows_query(table, order))), table.name) for table in listed
        }
        kept_out = {
            f"table {table.name} ({table.extension})"
            for table in listed
            if table.extension is not None and tables[table.name].rows > 0
        }
        about = Fields.of(json.loads(self.ask(ABOUT)), database)
        attributes = Attributes(
            column_order=order,
            settings=tuple(about.texts("settings")),
            grants=tuple(about.items("grants", Grant.from_json)),
            not_dumped=tuple(sorted(kept_out | set(about.texts("members")))),
        )
        written = {name: [table.rows, table.checksum] for name, table in tables.items()}
        return DatabaseManifest.from_json(
            {**about.values, "tables": written, "attributes": attributes.to_json()}, database
        )

    def close(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()

    def _send(self, sql: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            if self._process.stdin is not None:
                self._process.stdin.write(sql + "\n")
                self._process.stdin.flush()


def inside(container: str, argv: Sequence[str]) -> list[str]:
    """The command that runs a program in a database's container, as the account that the server runs as."""
    return docker.exec_argv(container, argv)


def await_server(container: str, seconds: float, advice: str) -> None:
    """Waits until a server accepts connections: after a boot it may still be reading its log. Raises Failed."""
    limit = time.monotonic() + seconds
    ready = inside(container, ["sh", "-c", AWAIT])
    while (code := process.run(ready, timeout=DOCKER_SECONDS).code) != 0:
        if code == process.TIMED_OUT:
            raise Failed(
                f"the database server {container} cannot be asked: Docker did not answer within {DOCKER_SECONDS} s; "
                "see journalctl -u docker"
            )
        if time.monotonic() > limit:
            raise Failed(f"the database server {container} did not start within {seconds:g} s; {advice}")
        time.sleep(0.2)
