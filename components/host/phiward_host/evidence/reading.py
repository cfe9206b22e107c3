"""Reads a host as it is found, whoever made what is there: no FIFO, no device, never without end, no link.

A way through directories is followed as the kernel has it: what is read goes to whoever has the incident key.
"""

import contextlib
import hashlib
import os
import stat
from collections.abc import Collection, Generator, Iterator

PART_BYTES = 1 << 20
# So deep and so many: a host may have been filled to hide what is on it.
MOST_ENTRIES = 2_000_000
FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


@contextlib.contextmanager
def opened(path: str, *, follow: bool = False) -> Generator[int]:
    """A descriptor of a regular file, whose time of access stays as it is where it may. Raises OSError."""
    flags = FLAGS if follow else FLAGS | os.O_NOFOLLOW
    try:
        descriptor = os.open(path, flags | os.O_NOATIME)
    except PermissionError:
        descriptor = os.open(path, flags)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "not a regular file", path)
        yield descriptor
    finally:
        os.close(descriptor)


def parts(path: str, most: int, *, tail: bool = False, follow: bool = False) -> Iterator[bytes]:
    """The content in parts, at most so many bytes: of a longer file its beginning, or its end. Raises OSError."""
    with opened(path, follow=follow) as descriptor:
        if tail and (size := os.fstat(descriptor).st_size) > most:
            os.lseek(descriptor, size - most, os.SEEK_SET)
        left = most
        while left > 0 and (part := os.read(descriptor, min(PART_BYTES, left))):
            left -= len(part)
            yield part


def content(path: str, most: int = PART_BYTES) -> bytes:
    """The beginning of a file. Raises OSError."""
    return b"".join(parts(path, most))


def device(path: str, most: int = 64) -> bytes:
    """The first bytes of one of the kernel's devices of memory. Raises OSError."""
    descriptor = os.open(path, FLAGS)
    try:
        return os.read(descriptor, most)
    finally:
        os.close(descriptor)


def text(path: str, most: int = PART_BYTES) -> str:
    """The same as text; empty where it cannot be read."""
    try:
        return content(path, most).decode("utf-8", "replace")
    except OSError:
        return ""


def digest(path: str, most: int = 1 << 30, *, follow: bool = False, algorithm: str = "sha256") -> str:
    """The hash of a file's content; in words why there is none."""
    total = hashlib.new(algorithm, usedforsecurity=False)
    try:
        for part in parts(path, most, follow=follow):
            total.update(part)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return total.hexdigest()


def link(path: str) -> str:
    """Where a link leads; empty where it is none, or cannot be read."""
    try:
        return os.readlink(path)
    except OSError:
        return ""


def names(path: str) -> list[str]:
    """What is in a directory, sorted; nothing where it cannot be read."""
    try:
        return sorted(os.listdir(path))
    except OSError:
        return []


def status(path: str, *, follow: bool = False) -> os.stat_result | None:
    """What is at a path, a link among it; None where nothing is, or no way leads there."""
    try:
        return os.stat(path, follow_symlinks=follow)
    except OSError:
        return None


def capabilities(path: str) -> bytes:
    """The file capabilities of a program, as the kernel keeps them; empty where it has none."""
    try:
        return os.getxattr(path, "security.capability", follow_symlinks=False)
    except OSError:
        return b""


def room(path: str) -> dict[str, int] | None:
    """How full a file system is."""
    try:
        found = os.statvfs(path)
    except OSError:
        return None
    return {
        "bytes": found.f_blocks * found.f_frsize,
        "free": found.f_bavail * found.f_frsize,
        "files": found.f_files,
        "freeFiles": found.f_favail,
    }


def put(path: str, word: str) -> None:
    """Sets a value of this process's own in proc(5), where the kernel allows it."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(descriptor, word.encode())
        finally:
            os.close(descriptor)


def walk(
    tops: Collection[str], skipped: Collection[str] = (), most: int = MOST_ENTRIES
) -> Iterator[tuple[str, os.stat_result]]:
    """All that is beneath, itself too, on the same file system each. What cannot be read is passed over."""
    count = 0
    for top in tops:
        first = status(top)
        if first is None:
            continue
        yield top, first
        waiting = [top] if stat.S_ISDIR(first.st_mode) else []
        while waiting:
            directory = waiting.pop()
            for path, found in _entries(directory):
                count += 1
                if count > most:
                    return
                yield path, found
                if stat.S_ISDIR(found.st_mode) and found.st_dev == first.st_dev and path not in skipped:
                    waiting.append(path)


def _entries(directory: str) -> Iterator[tuple[str, os.stat_result]]:
    try:
        with os.scandir(directory) as found:
            for entry in found:
                with contextlib.suppress(OSError):
                    yield entry.path, entry.stat(follow_symlinks=False)
    except OSError:
        return


def described(path: str, found: os.stat_result) -> dict[str, object]:
    """What a row of evidence says of a path."""
    said: dict[str, object] = {
        "path": path,
        "mode": f"{found.st_mode:o}",
        "owner": [found.st_uid, found.st_gid],
        "bytes": found.st_size,
        "inode": found.st_ino,
        "modified": found.st_mtime,
        "changed": found.st_ctime,
        "accessed": found.st_atime,
    }
    return said | {"target": link(path)} if stat.S_ISLNK(found.st_mode) else said
