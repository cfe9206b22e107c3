"""What comes back takes the place of what is there, whole and in one step; what was there is kept.

The place may be in a tree that an account owns, such as a volume or a home. There, too, everything goes by descriptors
and nothing passes a link, so an account can lead it nowhere that it cannot write to itself.
"""

import contextlib
import errno
import itertools
import os
import stat
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from phiward_host.common.directory import LISTED, WAY, NotRootsAlone, beneath, opened, parent_of, split
from phiward_host.common.entries import sync_entries
from phiward_host.common.exchange import exchange_entries
from phiward_host.common.trees import copy_entry, remove_entry

# What was replaced lies beside it under such a name, until it is moved to where it is kept.
BEFORE = ".phiward-before-"


@dataclass(frozen=True)
class Place:
    """A path, as the last directory on its way that root alone can change (`top`), and the parts below that."""

    path: str
    top: str
    below: Sequence[str]


def place_of(path: str, volumes: Sequence[str]) -> Place:
    """Where a path is; what is in one of `volumes` counts as an account's, whoever owns it. Raises OSError."""
    split(path)
    parts = _parts(path)
    for volume in volumes:
        if f"{path}/".startswith(f"{volume}/"):
            top, _ = split(volume)
            with opened(top):
                return Place(path, top, parts[len(_parts(top)) :])
    for count in range(len(parts) - 1, 0, -1):
        top = "/" + "/".join(parts[:count])
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, NotRootsAlone), opened(top):
            return Place(path, top, parts[count:])
    return Place(path, "/", parts)


def is_there(path: str) -> bool:
    """Whether anything is at a path, in whosever tree; not where the way to it passes a link that an account made."""
    try:
        with _parent(place_of(path, []), None) as (directory, name):
            return _exists(name, directory)
    except OSError:
        return False


def replace(place: Place, staging: str, stamp: str) -> str | None:
    """Puts what is at the same path below the directory `staging` in its place. What was there is beside it then.

    Directories on the way that are missing are made as they are in `staging`. Returns the name of what was there, in
    the same directory; None if nothing was. Raises OSError, and has replaced nothing then.
    """
    *above, fetched = _parts(place.path)
    with _parent(place, staging) as (directory, name), beneath(staging, "/".join(above) or ".") as source:
        slot = _free_name(stamp, directory)
        try:
            _bring(source, fetched, directory, slot, place.path)
            if not _exists(name, directory):
                os.rename(slot, name, src_dir_fd=directory, dst_dir_fd=directory)
                sync_entries(directory)
                return None
            exchange_entries(directory, slot, directory, name, place.path)
        except BaseException:
            remove_entry(slot, directory, place.path)
            raise
        sync_entries(directory)
        return slot


def set_aside(place: Place, stamp: str) -> str | None:
    """Takes away what is at a place, of which nothing was backed up. Returns its name then, in the same directory."""
    with _parent(place, None) as (directory, name):
        if not _exists(name, directory):
            return None
        slot = _free_name(stamp, directory)
        os.rename(name, slot, src_dir_fd=directory, dst_dir_fd=directory)
        sync_entries(directory)
        return slot


def keep(place: Place, slot: str, kept: str) -> None:
    """Moves what was replaced to `kept`; on another file system it stays, and a link there leads to it."""
    with _parent(place, None) as (directory, _), parent_of(kept) as (target, name):
        try:
            os.rename(slot, name, src_dir_fd=directory, dst_dir_fd=target)
            sync_entries(directory)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            os.symlink(f"{os.path.dirname(place.path)}/{slot}", name, dir_fd=target)
        sync_entries(target)


@contextlib.contextmanager
def _parent(place: Place, staging: str | None) -> Generator[tuple[int, str]]:
    """A descriptor of the directory that a place is in, and its name there."""
    *directories, name = place.below
    seen = _parts(place.top)
    with contextlib.ExitStack() as held:
        directory = held.enter_context(opened(place.top))
        for part in directories:
            try:
                below = os.open(part, WAY, dir_fd=directory)
            except FileNotFoundError:
                if staging is None:
                    raise
                _make_like(staging, seen, part, directory)
                below = os.open(part, WAY, dir_fd=directory)
            except OSError as error:
                words = f"/{'/'.join([*seen, part])} is not a directory, or it is a link that an account made"
                raise OSError(error.errno, words, place.path) from error
            held.callback(os.close, below)
            directory = below
            seen.append(part)
        yield directory, name


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def _make_like(staging: str, above: Sequence[str], name: str, directory: int) -> None:
    """Makes a directory with the owner and mode that it has in `staging`: it is no more open than it was."""
    with beneath(staging, "/".join(above) or ".") as model:
        found = os.lstat(name, dir_fd=model)
    os.mkdir(name, 0o700, dir_fd=directory)
    made = os.open(name, LISTED, dir_fd=directory)
    try:
        os.fchown(made, found.st_uid, found.st_gid)
        os.fchmod(made, stat.S_IMODE(found.st_mode))
    finally:
        os.close(made)
    sync_entries(directory)


def _bring(source: int, fetched: str, directory: int, slot: str, path: str) -> None:
    """Moves the new tree beside its place; a full disk is met here, before anything is replaced."""
    try:
        os.rename(fetched, slot, src_dir_fd=source, dst_dir_fd=directory)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy_entry(source, fetched, directory, slot, path)


def _free_name(stamp: str, directory: int) -> str:
    names = (f"{BEFORE}{stamp}-{number}" for number in itertools.count(1))
    return next(name for name in names if not _exists(name, directory))


def _exists(name: str, directory: int) -> bool:
    try:
        os.lstat(name, dir_fd=directory)
    except FileNotFoundError:
        return False
    return True
