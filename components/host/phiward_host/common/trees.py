"""Whole trees, whoever owns what is in them: copied, moved and removed by descriptors, without following any link."""

import contextlib
import errno
import itertools
import os
import secrets
import stat
from collections.abc import Callable, Generator, Iterator

from phiward_host.common import files, staging
from phiward_host.common.directory import LISTED, beneath, opened, parent_of
from phiward_host.common.entries import PART_BYTES, listed, open_file
from phiward_host.common.walking import Descent, Step, walk

# Names that are taken of a directory at a time.
SOME = 1000


def give(path: str, uid: int, gid: int) -> None:
    """Gives a tree that an account writes, such as a volume, to another account. Links are given, and not followed.

    The directory itself comes last, once all else is on disk: its owner shows one that was cut off. Raises OSError.
    """
    with beneath(path) as top, Descent(top, path) as tree:
        for name in listed(top):
            for step in walk(tree, name):
                if step.kind != "out":
                    given = "." if step.kind == "into" else step.name
                    os.chown(given, uid, gid, dir_fd=tree.descriptor, follow_symlinks=False)
        os.sync()
        os.chown(".", uid, gid, dir_fd=top, follow_symlinks=False)
        os.sync()


def remove_tree(path: str) -> None:
    """Removes what is at a path with all below it, however deep; what is not there is no error.

    Raises OSError where another file system is mounted in it.
    """
    if not files.exists(path):
        return
    with parent_of(path) as (directory, name):
        remove_entry(name, directory, path)


def remove_entry(
    name: str, directory: int, path: str, removed: Callable[[os.stat_result], None] = lambda _: None
) -> None:
    """As `remove_tree`, in a directory that is open; what is not there is no error.

    `removed` is called with the status of each file, link or other that went, as it was before.
    """
    try:
        found = os.lstat(name, dir_fd=directory)
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(found.st_mode):
        os.unlink(name, dir_fd=directory)
        removed(found)
        return
    with _listed_directory(name, directory) as top:
        _empty(top, path, removed)
    os.rmdir(name, dir_fd=directory)


def move(path: str, target: str) -> None:
    """Moves whatever is at a path, in one step, or through a copy between file systems; nothing may be at the target.

    Killed in between, it is whole at one of the two places. Raises OSError.
    """
    try:
        files.rename(path, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        part = os.path.join(os.path.dirname(target), staging.staged_name())
        try:
            copy(path, part)
            files.rename(part, target)
        except BaseException:
            remove_tree(part)
            raise
        remove_tree(path)


def copy(path: str, target: str) -> None:
    """Copies a file, link or tree to where nothing is, with owners, modes, times and attributes; synced to disk.

    Pipes, sockets and devices are left out: programs make theirs again. Raises OSError.
    """
    with parent_of(path) as (source, name), parent_of(target) as (directory, new):
        copy_entry(source, name, directory, new, path)


def count_files(top: str, relative: str) -> int:
    """How many files, links and others, but no directories, there are at a path below `top`; it passes no link."""
    directory, _, name = relative.strip("/").rpartition("/")
    with beneath(top, directory or ".") as above, Descent(above, top) as tree:
        return sum(1 for _ in _others(tree, name))


def total_bytes(path: str) -> int:
    """How many bytes all files in a directory hold; none where there is no such directory. Raises OSError."""
    return sum(found.st_size for found in statuses_below(path))


def entries(path: str) -> Iterator[tuple[str, os.stat_result]]:
    """The name and status of each entry of a directory, one by one, in no order: there may be millions.

    None where there is no such directory. What goes meanwhile is passed over. Raises OSError.
    """
    with contextlib.ExitStack() as held:
        held.enter_context(contextlib.suppress(FileNotFoundError))
        place = held.enter_context(_listed_directory(".", held.enter_context(opened(path))))
        for entry in held.enter_context(os.scandir(place)):
            with contextlib.suppress(FileNotFoundError):
                yield entry.name, os.lstat(entry.name, dir_fd=place)


def statuses_below(path: str) -> Iterator[os.stat_result]:
    """The status of all that is in a directory and below and no directory itself; none where there is none.

    What goes or is moved meanwhile is passed over. Raises OSError.
    """
    with contextlib.suppress(FileNotFoundError), opened(path) as directory, Descent(directory, path) as tree:
        for name in listed(directory):
            for step in _others(tree, name):
                yield step.found


def _others(tree: Descent, name: str) -> Iterator[Step]:
    """What is at an entry and below it and no directory itself."""
    return (step for step in walk(tree, name, moved="passed over") if step.kind == "past")


def _empty(top: int, path: str, removed: Callable[[os.stat_result], None]) -> None:
    """Removes all in a directory; what is deeper is moved up first: a tree may be deeper than descriptors last."""
    device = os.fstat(top).st_dev
    token, moved = secrets.token_hex(8), 0
    while names := _some(top):
        for name in names:
            found = os.lstat(name, dir_fd=top)
            if not stat.S_ISDIR(found.st_mode):
                os.unlink(name, dir_fd=top)
                removed(found)
                continue
            with _listed_directory(name, top) as below:
                if os.fstat(below).st_dev != device:
                    raise OSError(errno.EBUSY, "a file system is mounted in it; unmount it first", path)
                while inners := _some(below):
                    for inner in inners:
                        found = os.lstat(inner, dir_fd=below)
                        if stat.S_ISDIR(found.st_mode):
                            os.rename(inner, f".{token}-{moved}", src_dir_fd=below, dst_dir_fd=top)
                            moved += 1
                        else:
                            os.unlink(inner, dir_fd=below)
                            removed(found)
            os.rmdir(name, dir_fd=top)


def _some(directory: int) -> list[str]:
    """The names that come first in a directory: there may be millions."""
    with os.scandir(directory) as found:
        return [entry.name for entry in itertools.islice(found, SOME)]


def copy_entry(source: int, name: str, target: int, new: str, path: str) -> None:
    """As `copy`, between directories that are open."""
    with Descent(source, path) as original, Descent(target, path) as copied:
        for step in walk(original, name):
            # Only what is at the top has another name.
            called = step.name if len(original.names) > (step.kind != "past") else new
            if step.kind == "into":
                os.mkdir(called, 0o700, dir_fd=copied.descriptor)
                copied.down(called)
            elif step.kind == "out":
                _copy_attributes(original.descriptor, copied.descriptor)
                os.fsync(copied.descriptor)
                copied.up()
            else:
                _copy_other(original, step, copied, called)


def _copy_other(original: Descent, step: Step, copied: Descent, called: str) -> None:
    if stat.S_ISLNK(step.found.st_mode):
        os.symlink(os.readlink(step.name, dir_fd=original.descriptor), called, dir_fd=copied.descriptor)
        os.chown(called, step.found.st_uid, step.found.st_gid, dir_fd=copied.descriptor, follow_symlinks=False)
    elif stat.S_ISREG(step.found.st_mode):
        path = "/".join([os.path.dirname(original.path), *original.names, step.name])
        _copy_file(original.descriptor, step.name, copied.descriptor, called, path)


def _copy_file(source: int, name: str, target: int, new: str, path: str) -> None:
    with contextlib.ExitStack() as held:
        original = open_file(name, source, path)
        held.callback(os.close, original)
        copied = os.open(new, staging.MAKE, 0o600, dir_fd=target)
        held.callback(os.close, copied)
        size = os.fstat(original).st_size
        for part in _parts(original, size):
            if part.strip(b"\0"):
                _write(copied, part)
            else:
                # A file with holes takes no more room than it had.
                os.lseek(copied, len(part), os.SEEK_CUR)
        os.ftruncate(copied, os.lseek(copied, 0, os.SEEK_CUR))
        _copy_attributes(original, copied)
        os.fsync(copied)


def _parts(descriptor: int, size: int) -> Iterator[bytes]:
    """What a file held when it was opened: one that grows all the time is still copied in the end."""
    while size > 0 and (part := os.read(descriptor, min(PART_BYTES, size))):
        size -= len(part)
        yield part


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _copy_attributes(source: int, target: int) -> None:
    found = os.fstat(source)
    os.fchown(target, found.st_uid, found.st_gid)
    os.fchmod(target, stat.S_IMODE(found.st_mode))
    for name in os.listxattr(source):
        # Some are the file system's own.
        with contextlib.suppress(OSError):
            os.setxattr(target, name, os.getxattr(source, name))
    os.utime(target, ns=(found.st_atime_ns, found.st_mtime_ns))


@contextlib.contextmanager
def _listed_directory(name: str, directory: int) -> Generator[int]:
    descriptor = os.open(name, LISTED, dir_fd=directory)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
