"""Whether there is room for what is going to be restored: asked first, so that nothing meets a full disk half-way."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from phiward_host.backup.mounts import is_within
from phiward_host.backup.repository import Repository
from phiward_host.backup.retention import Snapshot
from phiward_host.backup.tools import LOG
from phiward_host.common import files, process
from phiward_host.common.decode import Fields, as_int, as_str
from phiward_host.common.errors import Failed, Refused

# A file takes whole blocks, and a directory one at least.
BLOCK = 4096
# What is left free, so that the host goes on working.
RESERVE_BYTES = 64 << 20


@dataclass(frozen=True)
class Listed:
    """A path in a backup: how much room it takes with all below it, and whether it is a file by itself."""

    path: str
    bytes: int
    is_file: bool


def require_room(repository: Repository, snapshot: Snapshot, targets: Mapping[str, str]) -> dict[str, Listed]:
    """What is in the backup at each of the paths, which go to the file systems of their directories in `targets`.

    Raises Refused where one is not in it, or where its file system has too little room for what goes there.
    """
    found = listed(repository, snapshot, list(targets))
    if len(found) < len(targets):
        raise not_there([path for path in targets if path not in found])
    needed: dict[int, int] = {}
    for path, directory in targets.items():
        device = files.device(directory)
        needed[device] = needed.get(device, 0) + found[path].bytes
        free = files.free_bytes(directory) - RESERVE_BYTES
        if needed[device] > free:
            raise Refused(
                f"{path}: {needed[device]} bytes are to be restored to the file system of {directory}, which has room "
                f"for {max(0, free)}; nothing was replaced. Free space on it, or restore a copy elsewhere with --into"
            )
    return found


def not_there(paths: Sequence[str]) -> Refused:
    return Refused(
        f"{', '.join(paths)}: not in this backup; nothing was replaced. See what is in it: restic ls on the host"
    )


def listed(repository: Repository, snapshot: Snapshot, paths: Sequence[str]) -> dict[str, Listed]:
    """Those of the paths that are in a backup. Raises Failed."""
    found: dict[str, Listed] = {}
    # restic's JSON has U+FFFD for what is not UTF-8.
    shown = {path: os.fsencode(path).decode("utf-8", "replace") for path in paths}
    for entry in nodes(repository, snapshot, paths):
        name, kind = entry.text("path"), entry.read_or("type", as_str, "")
        blocks = 1 + entry.read_or("size", as_int, 0) // BLOCK
        for path, words in shown.items():
            if is_within(name, words):
                known = found.get(path) or Listed(path, 0, name == words and kind == "file")
                found[path] = Listed(path, known.bytes + blocks * BLOCK, known.is_file)
    return found


def nodes(repository: Repository, snapshot: Snapshot, paths: Sequence[str]) -> Iterator[Fields]:
    """The entries of a backup below the paths, or all, one by one: there may be millions. Raises Failed."""
    with LOG.open() as output:
        child = subprocess.Popen(
            repository.argv("ls", "--json", "--recursive", snapshot.id, *paths),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            env=process.environment(),
            cwd="/",
            pass_fds=repository.password.descriptors,
        )
        if child.stdout is not None:
            with child.stdout as lines:
                for line in lines:
                    entry = Fields.of(json.loads(line), "restic ls")
                    if entry.has("path"):
                        yield entry
        if child.wait() != 0:
            raise Failed(f"{repository.name}: the files cannot be listed; restic's output is in {LOG.path} on the host")
