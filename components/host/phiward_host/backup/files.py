"""Files: how they come back. What was there is set aside whole, and what was backed up takes its place.

So nothing newer is left among what is restored, such as the log of a database that is in files.
"""

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from phiward_host.backup.cleanup import note_staged
from phiward_host.backup.mounts import is_within, mount_points, stopped, users_of
from phiward_host.backup.repository import Repository
from phiward_host.backup.retention import Snapshot
from phiward_host.backup.sizes import Listed, not_there, require_room
from phiward_host.common import files, trees
from phiward_host.common import paths as places
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.replacing import BEFORE, Place, keep, place_of, replace, set_aside

# What is fetched lies in such a directory, on the file system where it belongs; a restore that was killed leaves it.
FETCHED = ".phiward-restoring"
# What SQLite keeps beside a database: newer than the database that comes back, it would change or damage it.
COMPANIONS = ("-wal", "-shm", "-journal")
# The most that a name has on Linux' file systems.
NAME_BYTES = 255


@dataclass(frozen=True)
class Restored:
    """How many files were put in place, and the directory with what they replaced, if anything."""

    files: int
    aside: str | None


@dataclass(frozen=True)
class Fetched:
    """A place, and the directory below which what belongs there is at the same path."""

    place: Place
    listed: Listed
    staging: str


def restore_copy(
    repository: Repository, snapshot: Snapshot, wanted: Sequence[str], into: str, erase: Callable[[str], None]
) -> Restored:
    """Restores `wanted` paths below the directory `into`, which has to be empty or missing. `erase` takes out what may
    not come back, below a directory. Raises Failed.
    """
    try:
        if files.exists(into) and (not files.is_directory(into) or files.names(into)):
            raise Refused(f"--into: {into} exists and is not an empty directory; choose another")
        files.make_directory(into)
    except OSError as error:
        raise Refused(f"--into: {error.filename}: {error.strerror}; choose another, such as /root/restored") from error
    found = require_room(repository, snapshot, dict.fromkeys(wanted, into))
    for path in wanted:
        _fetch(repository, snapshot, found[path], into)
    try:
        erase(into)
        for path in wanted:
            _require_left(path, into)
    except BaseException:
        for name in files.names(into):
            trees.remove_tree(f"{into}/{name}")
        raise
    return Restored(sum(_count(found[path], into) for path in wanted), None)


def restore_in_place(
    repository: Repository,
    snapshot: Snapshot,
    wanted: Sequence[str],
    name: str,
    volumes: Sequence[str],
    erase: Callable[[str], None],
    ready: Callable[[], None],
) -> Restored:
    """Restores `wanted` paths in their places, with the containers that use them stopped; what they replace is kept
    in a directory `name` of its own. `volumes` are the directories that services can write to. `erase` takes out of
    what was fetched below a directory what may not come back. `ready` is called when all is fetched, before the first
    is put in place. Raises Failed, which says what was replaced already.
    """
    paths = [path for path in wanted if not any(path != other and is_within(path, other) for other in wanted)]
    mounted = mount_points()
    due = [_place(path, volumes, mounted) for path in paths]
    found = require_room(repository, snapshot, {place.path: _staging_top(place, mounted) for place in due})
    directories = {place.path: _staging(place, mounted) for place in due}
    note_staged(list(directories.values()))
    with contextlib.ExitStack() as held:
        fetched = [
            held.enter_context(_fetched(repository, snapshot, found[place.path], place, directories[place.path]))
            for place in due
        ]
        for one in fetched:
            erase(one.staging)
            _require_left(one.place.path, one.staging)
        count = sum(_count(one.listed, one.staging) for one in fetched)
        aside = f"{places.BASE}/restores/{name}"
        with stopped(users_of(paths)):
            ready()
            _replace_all(fetched, mounted, aside, name)
            os.sync()
    return Restored(count, aside if files.exists(aside) else None)


def _require_left(path: str, staging: str) -> None:
    """Raises Refused where nothing of what was fetched may come back."""
    if not files.exists_beneath(staging, path):
        raise Refused(
            "--what: found data of a person who was erased since, allowed: another path; nothing was replaced"
        )


def _place(path: str, volumes: Sequence[str], mounted: Sequence[str]) -> Place:
    """Where a path is. Raises Refused where it cannot be replaced whole."""
    advice = "nothing was replaced. Restore a copy with --into"
    within = [point for point in mounted if point != path and is_within(point, path)]
    if within:
        raise Refused(f"{path}: a file system is mounted at {within[0]}, so it cannot be replaced whole; {advice}")
    try:
        place = place_of(path, volumes)
        if path in mounted:
            # Nothing of ours can lie in a directory that an account may lead elsewhere.
            files.names(path)
    except OSError as error:
        raise Refused(f"{path}: {error.filename or path}: {error.strerror}; {advice}") from error
    return place


def _staging_top(place: Place, mounted: Sequence[str]) -> str:
    """A directory of root's alone on the file system of a place: what is fetched there is put in place by a rename."""
    return place.path if place.path in mounted else place.top


def _staging(place: Place, mounted: Sequence[str]) -> str:
    top = _staging_top(place, mounted).rstrip("/")
    return f"{top}/{FETCHED}-{hashlib.sha256(os.fsencode(place.path)).hexdigest()[:16]}"


@contextlib.contextmanager
def _fetched(
    repository: Repository, snapshot: Snapshot, listed: Listed, place: Place, staging: str
) -> Generator[Fetched]:
    """What belongs to a place, fetched below the directory `staging`, which is removed afterwards."""
    try:
        try:
            # One that a restore left which was killed.
            trees.remove_tree(staging)
            files.make_directory(staging)
            _fetch(repository, snapshot, listed, staging)
        except OSError as error:
            raise Failed(f"{place.path}: {staging}: {error.strerror}; nothing was replaced") from error
        yield Fetched(place, listed, staging)
    finally:
        with contextlib.suppress(OSError):
            trees.remove_tree(staging)


def _fetch(repository: Repository, snapshot: Snapshot, listed: Listed, into: str) -> None:
    paths = [listed.path, *_companions(listed)]
    words = [word for path in paths for word in ("--include", re.sub(r"([*?\[\\])", r"\\\1", path))]
    repository.must("files cannot be restored", "restore", snapshot.id, "--target", into, "--quiet", *words)
    if not files.exists_beneath(into, listed.path):
        raise not_there([listed.path])


def _count(listed: Listed, staging: str) -> int:
    paths = [listed.path, *_companions(listed)]
    return sum(trees.count_files(staging, path) for path in paths if files.exists_beneath(staging, path))


def _companions(listed: Listed) -> list[str]:
    """What SQLite may keep beside a file, by names that a file can have; nothing for anything else."""
    paths = [listed.path + suffix for suffix in COMPANIONS if listed.is_file]
    return [path for path in paths if len(os.fsencode(os.path.basename(path))) <= NAME_BYTES]


def _replace_all(fetched: Sequence[Fetched], mounted: Sequence[str], aside: str, stamp: str) -> None:
    done: list[str] = []
    for one in fetched:
        path = one.place.path
        try:
            if path in mounted:
                _replace_contents(one, aside, stamp)
            else:
                _replace_one(one.place, one.staging, aside, stamp)
                _replace_companions(one, aside, stamp)
        except OSError as error:
            before = f"; replaced already, with what was there in {aside}: {', '.join(done)}" if done else ""
            raise Failed(f"{path}: {error.strerror}; it was not replaced{before}") from error
        done.append(path)


def _replace_one(place: Place, staging: str, aside: str, stamp: str) -> None:
    _keep(place, replace(place, staging, stamp), aside)


def _replace_companions(one: Fetched, aside: str, stamp: str) -> None:
    for path in _companions(one.listed):
        companion = Place(path, one.place.top, [*one.place.below[:-1], os.path.basename(path)])
        if files.exists_beneath(one.staging, companion.path):
            _replace_one(companion, one.staging, aside, stamp)
        else:
            _keep(companion, set_aside(companion, stamp), aside)


def _replace_contents(one: Fetched, aside: str, stamp: str) -> None:
    """A file system that is mounted cannot be exchanged: what is in it is, one after the other."""
    path = one.place.path
    new = files.names_beneath(one.staging, path)
    there = [name for name in files.names(path) if not name.startswith((BEFORE, FETCHED)) and name != "lost+found"]
    for name in sorted({*new, *there}):
        place = Place(f"{path}/{name}", path, [name])
        if name in new:
            _replace_one(place, one.staging, aside, stamp)
        else:
            _keep(place, set_aside(place, stamp), aside)


def _keep(place: Place, slot: str | None, aside: str) -> None:
    """Moves what was replaced to where it is kept, under its own path."""
    if slot is not None:
        kept = f"{aside}{place.path}"
        try:
            files.make_directory(os.path.dirname(kept))
            keep(place, slot, kept)
        except OSError as error:
            beside = os.path.join(os.path.dirname(place.path), slot)
            raise Failed(
                f"{place.path}: it is replaced, and what was there stays as {beside}: {error.strerror}"
            ) from error
