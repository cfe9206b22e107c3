"""Files: which are backed up, and how they come back without anything being overwritten."""

import contextlib
import filecmp
import os
import shutil
import stat
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from phiward_host.backup.cleanup import staging_path
from phiward_host.backup.mounts import is_within, stopped, users_of
from phiward_host.backup.repository import Repository
from phiward_host.backup.retention import Snapshot
from phiward_host.common import paths as places
from phiward_host.common.errors import Refused


@dataclass(frozen=True)
class Restored:
    """How many files were put in place, and the directory with what they replaced, if anything."""

    files: int
    aside: str | None


def restore_copy(repository: Repository, snapshot: Snapshot, wanted: Sequence[str], into: str) -> Restored:
    """Restores `wanted` paths below the directory `into`, which has to be empty or missing. Raises Failed."""
    if os.path.lexists(into) and (os.path.islink(into) or not os.path.isdir(into) or os.listdir(into)):
        raise Refused(f"--into: {into} exists and is not an empty directory; choose another")
    with _staging_removed():
        os.makedirs(into, mode=0o700, exist_ok=True)
        _fetch(repository, snapshot, wanted, into)
        return Restored(sum(len(files) for _, _, files in os.walk(into)), None)


def restore_in_place(
    repository: Repository,
    snapshot: Snapshot,
    wanted: Sequence[str],
    name: str,
    volumes: Sequence[str],
    ready: Callable[[], None],
) -> Restored:
    """Restores `wanted` paths in their places, with the containers that use them stopped; what they replace is kept
    in a directory `name` of its own. `volumes` are the directories that services can write to. `ready` is called when
    all is fetched, before the first is put in place. Raises Failed.
    """
    with _staging_removed() as staging:
        os.makedirs(staging, mode=0o700, exist_ok=True)
        _fetch(repository, snapshot, wanted, staging)
        with stopped(users_of(wanted)):
            linked = linked_paths(wanted, volumes)
            if linked:
                raise Refused(
                    f"{', '.join(linked)}: a link in the volume leads elsewhere; nothing was replaced. "
                    "Restore a copy with --into"
                )
            ready()
            aside = f"{places.BASE}/restores/{name}"
            placed = sum(place_tree(staging + path, path, aside) for path in wanted)
            os.sync()
        return Restored(placed, aside if os.path.isdir(aside) else None)


def place_tree(source: str, target: str, aside: str) -> int:
    """Puts a restored file, link or directory tree in place. What it replaces is kept under `aside`.

    Each file is replaced in one step, so a kill leaves the old one or the new one; it can be run again.
    Returns how many files were put in place.
    """
    if os.path.isdir(source) and not os.path.islink(source):
        if os.path.lexists(target) and (os.path.islink(target) or not os.path.isdir(target)):
            _move_aside(target, aside)
        os.makedirs(target, exist_ok=True)
        names = sorted(os.listdir(source))
        placed = sum(place_tree(os.path.join(source, name), os.path.join(target, name), aside) for name in names)
        _copy_owner_and_mode(source, target)
        return placed
    if not _is_file_or_link(source):
        return 0
    if _is_same(source, target):
        _copy_owner_and_mode(source, target)
        return 0
    _replace(source, target, aside)
    return 1


def linked_paths(paths: Sequence[str], volumes: Sequence[str]) -> list[str]:
    """Paths in a volume that pass a link: its service could make a restore write where it cannot write itself."""
    return [path for path in paths if any(_is_linked(os.path.dirname(path), volume) for volume in volumes)]


def _is_linked(directory: str, volume: str) -> bool:
    return is_within(directory, volume) and (
        os.path.realpath(directory) != os.path.realpath(volume) + directory[len(volume) :]
    )


@contextlib.contextmanager
def _staging_removed() -> Generator[str]:
    """The path of the staging directory, which is removed before (a restore that was killed left it) and after."""
    staging = staging_path()
    shutil.rmtree(staging, ignore_errors=True)
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _fetch(repository: Repository, snapshot: Snapshot, wanted: Sequence[str], into: str) -> None:
    words = [word for path in wanted for word in ("--include", path)]
    repository.must("files cannot be restored", "restore", snapshot.id, "--target", into, "--quiet", *words)
    missing = [path for path in wanted if not os.path.lexists(into + path)]
    if missing:
        raise Refused(
            f"{', '.join(missing)}: not in this backup; nothing was replaced. See what is in it: restic ls on the host"
        )


def _replace(source: str, target: str, aside: str) -> None:
    beside = os.path.join(os.path.dirname(target), f".{os.path.basename(target)}.restored")
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.lexists(beside):
        os.unlink(beside)
    _copy(source, beside)
    if os.path.isdir(target) and not os.path.islink(target):
        _move_aside(target, aside)
    elif os.path.lexists(target) and _is_file_or_link(target):
        os.makedirs(os.path.dirname(aside + target), mode=0o700, exist_ok=True)
        _copy(target, aside + target)
    os.replace(beside, target)


def _copy(source: str, target: str) -> None:
    shutil.copy2(source, target, follow_symlinks=False)
    found = os.lstat(source)
    os.chown(target, found.st_uid, found.st_gid, follow_symlinks=False)


def _is_file_or_link(path: str) -> bool:
    """Programs create their pipes and sockets again."""
    mode = os.lstat(path).st_mode
    return stat.S_ISREG(mode) or stat.S_ISLNK(mode)


def _is_same(source: str, target: str) -> bool:
    if not os.path.lexists(target):
        return False
    if os.path.islink(source) or os.path.islink(target):
        return os.path.islink(source) and os.path.islink(target) and os.readlink(source) == os.readlink(target)
    return os.path.isfile(target) and filecmp.cmp(source, target, shallow=False)


def _copy_owner_and_mode(source: str, target: str) -> None:
    found, there = os.lstat(source), os.lstat(target)
    if (found.st_uid, found.st_gid) != (there.st_uid, there.st_gid):
        os.chown(target, found.st_uid, found.st_gid, follow_symlinks=False)
    if not os.path.islink(target) and found.st_mode != there.st_mode:
        os.chmod(target, found.st_mode & 0o7777)


def _move_aside(path: str, aside: str) -> None:
    os.makedirs(os.path.dirname(aside + path), mode=0o700, exist_ok=True)
    shutil.move(path, aside + path)
