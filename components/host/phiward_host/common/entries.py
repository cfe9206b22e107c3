"""One entry of a directory that is open: by its name alone and without following a link, whoever owns the directory."""

import contextlib
import errno
import itertools
import os
import stat
from collections.abc import Generator

from phiward_host.common.directory import LISTED, WAY

# A FIFO or device that took a file's place keeps nobody waiting.
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
PART_BYTES = 1 << 20


def listed(directory: int, most: int | None = None) -> list[str]:
    """Names in a directory, sorted. A name that is not UTF-8 is as os.fsdecode has it.

    Raises OSError where there are more than `most`, and has not read them all then.
    """
    descriptor = os.open(".", LISTED, dir_fd=directory)
    try:
        with os.scandir(descriptor) as found:
            names = [entry.name for entry in itertools.islice(found, None if most is None else most + 1)]
    finally:
        os.close(descriptor)
    if most is not None and len(names) > most:
        raise OSError(errno.EFBIG, f"found more than {most} entries in a directory", None)
    return sorted(names)


def each_name(directory: int) -> Generator[str]:
    """Names in a directory that was opened to be listed, one by one, in no order: there may be millions.

    While entries of it go or come, some may be left out.
    """
    with os.scandir(directory) as found:
        for entry in found:
            yield entry.name


def open_directory(name: str, directory: int) -> int:
    """A descriptor to list a directory by. Raises OSError for anything else."""
    return os.open(name, LISTED, dir_fd=directory)


def is_directory(name: str, directory: int) -> bool | None:
    """What an entry is; None where there is none, or can be none by such a name."""
    try:
        return stat.S_ISDIR(os.lstat(name, dir_fd=directory).st_mode)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        return None


def remove_if_empty(name: str, directory: int) -> None:
    """Removes a directory that nothing is in; what is another stays, and what cannot be removed."""
    with contextlib.suppress(OSError):
        os.rmdir(name, dir_fd=directory)


def open_file(name: str, directory: int, path: str) -> int:
    """A descriptor to read a regular file by; `path` is what a message calls it. Raises OSError for anything else."""
    # A device must not even be opened.
    if not stat.S_ISREG(os.lstat(name, dir_fd=directory).st_mode):
        raise OSError(errno.EINVAL, "allowed: a regular file", path)
    descriptor = os.open(name, READ, dir_fd=directory)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "allowed: a regular file", path)
    return descriptor


def read_descriptor(descriptor: int, path: str, most: int) -> bytes:
    """What a file holds, if that is not more than `most` bytes. Raises OSError."""
    found = os.fstat(descriptor).st_size
    with open(descriptor, "rb", closefd=False) as file:
        data = file.read(most + 1) if found <= most else b""
    if found > most or len(data) > most:
        raise OSError(errno.EFBIG, f"found more than {most} bytes, which is the most that is read of it", path)
    return data


def set_entry(name: str, directory: int, owner: tuple[int, int] | None, mode: int) -> None:
    """Gives a directory its owner, unless that is None, and its mode. Raises OSError for anything else.

    It need not be one that this account may list.
    """
    descriptor = os.open(name, WAY, dir_fd=directory)
    opened = f"/proc/self/fd/{descriptor}"
    try:
        if owner is not None:
            os.chown(opened, *owner)
        os.chmod(opened, mode)
    finally:
        os.close(descriptor)


def unlink_entry(name: str, directory: int) -> None:
    """Removes a file or link; one that is not there is no error."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=directory)


def sync_entries(directory: int) -> None:
    """Makes names in a directory (new, replaced, removed) outlast a power cut."""
    descriptor = os.open(".", LISTED, dir_fd=directory)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
