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

from phiward_host.backup.manifest import DatabaseManifest, Table
from phiward_host.backup.tools import LOG, call, must
from phiward_host.common import docker, process
from phiward_host.common.decode import as_object, as_strs
from phiward_host.common.errors import Failed
from phiward_host.databases.session import ApplicationSession, ClusterSession

PSQL = ("psql", "-qAtX", "-U", "postgres", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=terse", "-d")

# What a value looks like as text depends on these; both sides of a comparison set the same.
PLAIN = """SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET TimeZone = 'UTC'; SET bytea_output = 'hex';
 SET extra_float_digits = 3; SET search_path = ''; SET statement_timeout = 0; SET lock_timeout = 0;
 SET idle_in_transaction_session_timeout = 0; SET transaction_timeout = 0;"""
TABLES = """SELECT coalesce(jsonb_agg(format('%I.%I', n.nspname, c.relname) ORDER BY n.nspname, c.relname), '[]')
 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
 WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e');"""
# The sum does not depend on the order of the rows, which a restore may change.
ROWS = """SELECT jsonb_build_array(count(*),
 coalesce(sum(hashtextextended(("phiward row"::text) COLLATE "C", 0)), 0)::text) FROM ONLY {} AS "phiward row";"""
ABOUT = """SELECT jsonb_build_object('largeObjects', (SELECT count(*) FROM pg_catalog.pg_largeobject_metadata),
 'bytes', pg_database_size(oid), 'version', current_setting('server_version'),
 'encoding', pg_encoding_to_char(encoding), 'collate', datcollate, 'ctype', datctype)
 FROM pg_catalog.pg_database WHERE datname = current_database();"""


def ask_cluster(cluster: ClusterSession, what: str, sql: str) -> str:
    """The rows, one a line. Raises Failed, `what` first."""
    return must(what, inside(cluster.container, [*PSQL, "postgres"]), stdin=sql)


def cluster_accepts(cluster: ClusterSession, sql: str) -> bool:
    """Runs statements that may fail; why is in the log. Returns whether they succeeded."""
    return call(inside(cluster.container, [*PSQL, "postgres"]), stdin=sql).code == 0


def drop_database(cluster: ClusterSession, database: str) -> None:
    """Drops a database and ends its sessions; one that is not there is no error."""
    call(inside(cluster.container, ["dropdb", "-U", "postgres", "--if-exists", "--force", database]))


def analyse(application: ApplicationSession) -> None:
    """Collects statistics, which a dump does not hold. Raises Failed."""
    argv = inside(application.container, [*PSQL, application.database])
    must(f"database {application.database}: it cannot be analysed", argv, stdin="ANALYZE;")


def dump_argv(application: ApplicationSession, moment: str) -> list[str]:
    """The command that writes a dump of what a `Reading` that exported `moment` sees."""
    options = ["--format=custom", "--compress=0", f"--snapshot={moment}", "-d", application.database]
    return inside(application.container, ["pg_dump", "-U", "postgres", *options])


def restore_argv(application: ApplicationSession, role: str) -> list[str]:
    """The command that restores a dump into the database, in one transaction, as `role`."""
    options = ["--no-owner", "--no-privileges", f"--role={role}", "--exit-on-error", "--single-transaction"]
    return inside(application.container, ["pg_restore", "-U", "postgres", *options, "-d", application.database])


def manifest_of(application: ApplicationSession) -> DatabaseManifest:
    """What is in the database now. Raises Failed."""
    with Reading(application) as reading:
        return reading.manifest()


class Reading:
    """A read-only transaction in an application's database that sees one moment until it is closed."""

    def __init__(self, session: ApplicationSession) -> None:
        self.session = session
        self._log = LOG.open()
        self._process = subprocess.Popen(
            inside(session.container, [*PSQL, session.database]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
            env=process.environment(),
            cwd="/",
        )
        self._send(f"{PLAIN} BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, sql: str) -> str:
        """The one line that a query answers with. Raises Failed."""
        self._send(sql)
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            raise Failed(
                f"database {self.session.database} in {self.session.container}: it does not answer; "
                f"its output is in {LOG.path} on the host. Check that the container is healthy: docker ps"
            )
        return line.rstrip("\n")

    def export(self) -> str:
        """The name by which pg_dump can see the same moment."""
        return self.ask("SELECT pg_export_snapshot();")

    def manifest(self) -> DatabaseManifest:
        """Rows and checksum of every table, and what a new database needs to be like this one."""
        names = as_strs(json.loads(self.ask(TABLES)), "tables")
        tables = {name: Table.from_json(json.loads(self.ask(ROWS.format(name))), name) for name in names}
        about = as_object(json.loads(self.ask(ABOUT)), self.session.database)
        written = {name: [table.rows, table.checksum] for name, table in tables.items()}
        return DatabaseManifest.from_json({**about, "tables": written}, self.session.database)

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
                self._process.stdin.write(" ".join(sql.split("\n")) + "\n")
                self._process.stdin.flush()


def inside(container: str, argv: Sequence[str]) -> list[str]:
    """The command that runs a program in a database's container."""
    return docker.exec_argv(container, argv)


def await_server(container: str, seconds: float, advice: str) -> None:
    """Waits until a server accepts connections: after a boot it may still be reading its log. Raises Failed."""
    limit = time.monotonic() + seconds
    # Over TCP: while a database is being created, the server listens on its socket only.
    while process.run(inside(container, ["pg_isready", "-q", "-h", "127.0.0.1"])).code != 0:
        if time.monotonic() > limit:
            raise Failed(f"the database server {container} did not start within {seconds:g} s; {advice}")
        time.sleep(0.2)
