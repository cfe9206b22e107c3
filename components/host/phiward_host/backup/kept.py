"""What restores replaced and kept: databases and directories, with their sizes and the commands that remove them."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from phiward_host.backup.postgres import ask_cluster
from phiward_host.backup.settings import Settings
from phiward_host.backup.tools import LOG, call
from phiward_host.common import files, paths
from phiward_host.common.faults import Faults
from phiward_host.databases.session import ClusterSession
from phiward_host.databases.sql import literal

# As `restore` names them: the database, and when it was replaced.
BEFORE = "_before_[0-9]{8}t[0-9]{6}z$"


@dataclass(frozen=True)
class Kept:
    """One of them; `remove` is the command, for root on the host."""

    name: str
    megabytes: int
    remove: Sequence[str]

    def sentence(self) -> str:
        """For people."""
        return f"{self.name}, {self.megabytes} MB, kept by a restore; to remove it: sudo {shlex.join(self.remove)}"


def kept(settings: Settings) -> list[Kept]:
    """All of it on this host. A server that does not answer is left out."""
    faults = Faults(LOG)
    found: list[Kept] = []
    for server in settings.databases:
        names = faults.attempt(lambda server=server: _databases(server.service, server.names))
        found += names or []
    top = f"{paths.BASE}/restores"
    directories = [f"{top}/{name}" for name in files.names_if_any(top)]
    return found + [Kept(path, _megabytes(path), ["rm", "--recursive", path]) for path in directories]


def _databases(container: str, names: Sequence[str]) -> list[Kept]:
    patterns = [f"datname ~ {literal(f'^{name}{BEFORE}')}" for name in names]
    if not patterns:
        return []
    query = (
        "SELECT datname || ' ' || pg_database_size(oid) / 1048576 FROM pg_database "
        f"WHERE {' OR '.join(patterns)} ORDER BY datname;\n"
    )
    rows = ask_cluster(ClusterSession(container), f"{container}: its databases cannot be listed", query).split("\n")
    pairs = [row.rsplit(" ", 1) for row in rows if " " in row]
    remove = ["docker", "exec", container, "dropdb", "--username=postgres"]
    return [Kept(f"database {name} in {container}", int(size), [*remove, name]) for name, size in pairs]


def _megabytes(path: str) -> int:
    done = call(["du", "--summarize", "--block-size=1M", path])
    size = done.stdout.split("\t")[0]
    return int(size) if size.isdigit() else 0
