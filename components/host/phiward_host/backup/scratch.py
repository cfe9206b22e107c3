"""A database server that lives as long as a restore test."""

import contextlib
import os
import secrets
from collections.abc import Generator

from phiward_host.backup.postgres import await_server
from phiward_host.backup.tools import call, must
from phiward_host.common import files, paths
from phiward_host.databases.session import ClusterSession

CONTAINER = "phiward-restore-test"
# Account of the server in the image.
POSTGRES = (999, 999)
START_SECONDS = 120
CONFINEMENT = (
    "--network=none",
    "--read-only",
    "--user=999:999",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--tmpfs=/tmp",
    "--tmpfs=/run/postgresql:uid=999,gid=999,mode=0775",
    "--volume=/var/lib/postgresql/data",
    "--shm-size=128m",
    "--log-driver=none",
)
# Its data is thrown away, so nothing has to reach the disk.
FAST = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "autovacuum=off")


def password_path() -> str:
    """Where its password is for as long as it runs."""
    return f"{paths.RUN}/restore-test.password"


@contextlib.contextmanager
def scratch_server(image: str) -> Generator[ClusterSession]:
    """A database server of the same image, without network, whose data is removed with it. Raises Failed."""
    remove = ["docker", "rm", "--force", "--volumes", CONTAINER]
    password = password_path()
    call(remove)
    files.make_directory(paths.RUN)
    files.write(password, secrets.token_urlsafe(32))
    # Afterwards: the unit has no capability to change the mode of another's file.
    os.chown(password, *POSTGRES)
    try:
        secret = [f"--volume={password}:/run/secrets/postgres:ro", "--env=POSTGRES_PASSWORD_FILE=/run/secrets/postgres"]
        run = ["docker", "run", "--detach", "--pull=never", f"--name={CONTAINER}", *CONFINEMENT, *secret]
        must("the temporary database cannot be started", [*run, image, "postgres", *FAST])
        await_server(CONTAINER, START_SECONDS, "is the disk full?")
        yield ClusterSession(CONTAINER)
    finally:
        call(remove)
        files.remove(password)
