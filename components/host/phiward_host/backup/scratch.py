"""A database server that lives as long as a restore test."""

import contextlib
import os
import secrets
import threading
import time
from collections.abc import Generator

from phiward_host.backup.postgres import await_server
from phiward_host.backup.tools import call, must
from phiward_host.common import files, paths
from phiward_host.common.errors import Failed
from phiward_host.databases.session import MAINTENANCE_PREFIX, SUPERUSER, ClusterSession

CONTAINER = "phiward-restore-test"
# Account of the server: no other has this number, see components/config/containerIds.ts.
UID = 30_000
PASSWD = f"postgres:x:{UID}:{UID}:PostgreSQL:/tmp:/usr/sbin/nologin\n"
START_SECONDS = 120
# What an application put into its database runs there: it has no more of the host than this.
MEMORY = "1g"
PROCESSES = 100
# The test ends rather than leave the real databases less of the disk, which the data is on meanwhile.
FREE_BYTES = 1 << 30
WATCH_SECONDS = 1
DOCKER_DIRECTORY = "/var/lib/docker"
CONFINEMENT = (
    "--network=none",
    "--read-only",
    f"--user={UID}:{UID}",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    f"--memory={MEMORY}",
    f"--memory-swap={MEMORY}",
    f"--pids-limit={PROCESSES}",
    # A quarter of what any other container gets of a busy processor; 1024 is the default.
    "--cpu-shares=256",
    f"--tmpfs=/run/postgresql:uid={UID},gid={UID},mode=0775,size=1m",
    # The one directory of an image that every account may write to: a volume there is as open, and this server's alone.
    f"--volume={CONTAINER}:/tmp",
    "--env=PGDATA=/tmp/data",
    "--shm-size=128m",
    "--log-driver=none",
)
# Who may connect: the superuser to its own database alone, and maintenance logins.
HBA = f"local postgres {SUPERUSER} peer\nlocal all /^{MAINTENANCE_PREFIX} peer map=phiward\nlocal all all reject\n"
IDENT = f"phiward postgres /^{MAINTENANCE_PREFIX}\n"
CONFIGURATION = {"hba_file": HBA, "ident_file": IDENT}
# Its data is thrown away, so nothing has to reach the disk.
FAST = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "autovacuum=off", "-c", "max_connections=20")


def password_path() -> str:
    """Where its password is for as long as it runs."""
    return f"{paths.RUN}/restore-test.password"


@contextlib.contextmanager
def scratch_server(image: str, what: str, seconds: float) -> Generator[ClusterSession]:
    """A database server of the same image, without network, for so long; its data is removed with it. Raises Failed.

    `what` says in a message what is tested there.
    """
    password = password_path()
    remove_server()
    files.make_directory(paths.RUN)
    files.write(password, secrets.token_urlsafe(32))
    # Afterwards: the unit has no capability to change the mode of another's file.
    os.chown(password, UID, UID)
    try:
        secret = [f"--volume={password}:/run/secrets/postgres:ro", "--env=POSTGRES_PASSWORD_FILE=/run/secrets/postgres"]
        accounts = _mounted("passwd", PASSWD, "/etc/passwd")
        mounts = [*secret, accounts, *(_mounted(name, text) for name, text in CONFIGURATION.items())]
        settings = [word for name in CONFIGURATION for word in ("-c", f"{name}=/etc/phiward/{name}")]
        # Not every image makes the directory that it is given.
        directory = [
            *("docker", "run", "--rm", "--pull=never", f"--name={CONTAINER}"),
            *(*CONFINEMENT, "--workdir=/tmp", "--entrypoint=mkdir"),
        ]
        must("the temporary database's directory cannot be made", [*directory, image, "--mode=700", "data"])
        run = ["docker", "run", "--detach", "--pull=never", f"--name={CONTAINER}", *CONFINEMENT, *mounts]
        must("the temporary database cannot be started", [*run, image, "postgres", *settings, *FAST])
        with _watched(what, seconds):
            await_server(CONTAINER, START_SECONDS, "is the disk full?")
            yield ClusterSession(CONTAINER)
    finally:
        remove_server()
        files.remove(password)


def remove_server() -> None:
    """Removes the server and its data."""
    call(["docker", "rm", "--force", "--volumes", CONTAINER])
    call(["docker", "volume", "rm", "--force", CONTAINER])


def _mounted(name: str, text: str, target: str | None = None) -> str:
    """The option that shows the server a file of its configuration. Nothing in it is secret: its account reads it."""
    path = f"{paths.RUN}/restore-test.{name}"
    files.write(path, text, mode=0o644)
    return f"--volume={path}:{target or f'/etc/phiward/{name}'}:ro"


@contextlib.contextmanager
def _watched(what: str, seconds: float) -> Generator[None]:
    """Removes the server when its time is up or the disk fills: the test then fails, and the real databases go on."""
    ended = threading.Event()
    reasons: list[str] = []

    def watch() -> None:
        reasons.append(_end_of_test(ended, seconds))
        if reasons != [""]:
            remove_server()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
        if reasons != [""]:
            raise Failed(f"{what}: its restore test was ended: {reasons[0]}")


def _end_of_test(ended: threading.Event, seconds: float) -> str:
    """Waits until `ended`, or until the test has to end: returns why; empty where it came to its end by itself."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if ended.wait(WATCH_SECONDS):
            return ""
        if os.path.isdir(DOCKER_DIRECTORY) and _free(DOCKER_DIRECTORY) < FREE_BYTES:
            return f"less than {FREE_BYTES >> 20} MB are left in {DOCKER_DIRECTORY}"
    return f"it took more than {seconds:.0f} s, its part of the time"


def _free(path: str) -> int:
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize
