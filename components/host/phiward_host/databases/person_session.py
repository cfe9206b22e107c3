"""`psql DATABASE REASON`: a session in a database for the person who runs this by sudo, as that person's own role.

The person's name is sudo's word, and whether they may is the word of the settings; of the caller's there is the
reason, which goes on record. psql runs in the server's container, where the account `postgres` is the superuser: so it
runs as a number that nobody has, one for each person, and starts no other program and writes no file whatever it is
asked for (`\\!`, `\\copy ... program`, `\\o |`, `\\e`). It comes by a password that is made for this session and good
for seconds.
"""

import contextlib
import os
import pwd
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Sequence

from phiward_host.common import cli, files, journal, lock, process
from phiward_host.common.decode import list_of
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.log import RootLog
from phiward_host.databases import accounts, people
from phiward_host.databases.people import Reader
from phiward_host.databases.postgres import PostgresAccounts
from phiward_host.databases.scram import verifier
from phiward_host.databases.session import ClusterSession
from phiward_host.databases.sql import identifier, literal

LOG = RootLog("psql")
USAGE = "psql DATABASE REASON"
SETTINGS = "/etc/phiward/accounts.json"
REASON = re.compile("[ -~]{1,200}")
# Accounts of people have these numbers (adduser.conf(5)), and nobody has them with so much added (see containerIds.ts).
ACCOUNTS = range(1000, 10_000)
ADDED = 40_000
# How long a password lets in, should this program be killed: starting psql takes a second or two.
OPEN_SECONDS = 20
POLL_SECONDS = 0.2
# Of other sessions of the same person, which are being opened.
LOCK_SECONDS = 30.0
# 256 MB, and the first to go where the container has no memory left. The shells of images differ in the letter for the
# number of processes. Nothing here starts another program, which would not be possible any more.
CONFINED = (
    "trap '' XFSZ; echo 1000 > /proc/self/oom_score_adj && ulimit -v 262144 && ulimit -f 0 && ulimit -c 0 && "
    '{ ulimit -u 0 || ulimit -p 0; } 2> /dev/null && exec "$@"; '
    "echo 'phiward: psql cannot be confined in this image; nothing was opened' >&2; exit 1"
)
# Ctrl-C, Ctrl-\\, and a connection that ends.
FROM_TERMINALS = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)
# Nothing of the image's or the caller's; statements hold patients' data, so none is kept.
IN_CONTAINER = {"PSQL_HISTORY": "/dev/null", "HOME": "/nonexistent", "PGCLIENTENCODING": "UTF8"}


def main(words: Sequence[str]) -> int:
    """Exit codes of psql, or as of cli.main where it was not started."""
    # Whoever goes away ends the session; nobody makes it wait, with the role open.
    cli.end_on_sigterm(*FROM_TERMINALS)
    for number in (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU):
        signal.signal(number, signal.SIG_IGN)
    return cli.main("the program of sessions in databases", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    if len(words) != 2 or REASON.fullmatch(words[1]) is None:
        raise Refused(f"found {len(words)} words, allowed: {USAGE}, of printable ASCII and up to 200 characters")
    database, reason = words
    servers = list_of(accounts.database_from_json)(files.read_json(SETTINGS) or [], "databases")
    name = os.environ.get("SUDO_USER", "")
    for server in servers:
        if isinstance(server, PostgresAccounts):
            for reader in server.readers:
                if reader.name == name and database in reader.groups and not reader.is_locked:
                    return _open(ClusterSession(server.container), reader, database, reason)
    raise Refused(f"found {name or 'nobody'} and the database {database}, allowed: who is given it under people")


def _open(cluster: ClusterSession, reader: Reader, database: str, reason: str) -> int:
    number = _number(reader.name)
    journal.record(
        "database",
        f"database {database} opened by {reader.name}: {reason}",
        who=reader.name,
        what=f"database {database} opened to read",
    )
    marked = f"psql-{secrets.token_hex(8)}"
    with contextlib.ExitStack() as opening:
        opening.enter_context(lock.hold(f"psql-{reader.name}.lock", "psql", LOCK_SECONDS, kind="session"))
        people.add(cluster, reader, database)
        password = opening.enter_context(_password(cluster, reader.role))
        with _started(cluster.container, number, _psql(reader.role, database, marked), password) as child:
            own = f"application_name = {literal(marked)}"
            try:
                # From then on by its number, since the person may give the session another name.
                own = f"pid = {_await(cluster, child, own)}"
                opening.close()
                return child.wait()
            finally:
                child.terminate()
                _execute(cluster, f"{_end(reader.role)} AND {own};")


def _number(name: str) -> int:
    """What psql runs as. Raises Refused."""
    own = pwd.getpwnam(name).pw_uid
    if own not in ACCOUNTS:
        raise Refused(f"found {name} with the number {own}, allowed: from {ACCOUNTS.start} to {ACCOUNTS.stop - 1}")
    with contextlib.suppress(KeyError):
        taken = pwd.getpwuid(ADDED + own).pw_name
        raise Refused(f"found the account {taken} with the number {ADDED + own}, allowed: none, psql runs as that")
    return ADDED + own


@contextlib.contextmanager
def _password(cluster: ClusterSession, role: str) -> Generator[str]:
    """A password by which the role is let in meanwhile. Whoever came by it from outside the container is out then."""
    password, name = secrets.token_urlsafe(32), identifier(role)
    until = f"ALTER ROLE {name} VALID UNTIL "
    try:
        _execute(
            cluster,
            f"ALTER ROLE {name} PASSWORD {literal(verifier(password, secrets.token_bytes(16)))};",
            f"SELECT {literal(until)} || pg_catalog.quote_literal(pg_catalog.now() + interval '{OPEN_SECONDS} s') "
            "\\gexec",
        )
        yield password
    finally:
        _execute(
            cluster,
            f"{until}'-infinity' PASSWORD NULL;",
            f"{_end(role)} AND client_addr IS DISTINCT FROM '127.0.0.1';",
        )


def _execute(cluster: ClusterSession, *statements: str) -> None:
    """Statements as a whole: what a terminal sends to all of its programs ends none of those that carry them out."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, FROM_TERMINALS)
    try:
        cluster.execute(statements)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end(role: str) -> str:
    return (
        f"SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE usename = {literal(role)}"
    )


def _psql(role: str, database: str, marked: str) -> list[str]:
    words = {"host": "127.0.0.1", "user": role, "dbname": database, "connect_timeout": "10", "application_name": marked}
    # What comes from a file or another program is in the record of the session as well.
    echo = [] if sys.stdin.isatty() else ["--echo-queries"]
    connection = " ".join(f"{name}='{value}'" for name, value in words.items())
    return ["psql", "--no-psqlrc", "--no-password", "--pset=pager=off", *echo, f"--dbname={connection}"]


def _started(container: str, number: int, psql: Sequence[str], password: str) -> "subprocess.Popen[bytes]":
    terminal = ["--tty"] if sys.stdin.isatty() and sys.stdout.isatty() else []
    settings = [word for name, value in IN_CONTAINER.items() for word in ("--env", f"{name}={value}")]
    return subprocess.Popen(
        # The password by its name alone: an argument can be seen by everyone on the host.
        [
            *("docker", "exec", "--interactive", *terminal, f"--user={number}:{number}", "--workdir=/"),
            *(*settings, "--env", "PGPASSWORD", container, "sh", "-c", CONFINED, "sh", *psql),
        ],
        env=process.environment({"PGPASSWORD": password}),
        cwd="/",
    )


def _await(cluster: ClusterSession, child: "subprocess.Popen[bytes]", own: str) -> int:
    """The number of psql's session, once it is there; 0 where psql has ended before that. Raises Failed."""
    limit = time.monotonic() + OPEN_SECONDS
    there = f"SELECT pid FROM pg_catalog.pg_stat_activity WHERE {own};"
    while child.poll() is None:
        for pid in cluster.execute([there]):
            return int(pid)
        if time.monotonic() > limit:
            raise Failed(f"{cluster.container}: no session began within {OPEN_SECONDS} s; is the server busy?")
        time.sleep(POLL_SECONDS)
    return 0
