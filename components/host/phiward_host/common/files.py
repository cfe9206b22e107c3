"""Files: replaced in one step and on disk before the call returns, read whole and up to a limit.

Every path here is one that root alone can change (common/directory.py); anything else raises OSError. A link at the end
of a path is followed by what reads, and replaced or removed itself by what writes. What accounts own is for
`read_beneath`, common/trees.py and common/account.py.
"""

import contextlib
import errno
import fnmatch
import hashlib
import json
import os
import stat
from collections.abc import Generator
from typing import BinaryIO, TextIO

from phiward_host.common import staging
from phiward_host.common.directory import LISTED, MOST_LINKS, NotRootsAlone, beneath, opened, parent_of, split
from phiward_host.common.entries import READ, listed, open_file, read_descriptor, set_entry, sync_entries
from phiward_host.common.errors import Damaged

# Nothing that a program reads whole is larger: configuration, state, secrets.
MOST_BYTES = 64 << 20
# What reading a file fails with where something else is in its place, or in that of its directory.
NO_FILE = (errno.EINVAL, errno.EFBIG, errno.ELOOP, errno.ENOTDIR)


def write(path: str, data: bytes | str, *, owner: tuple[int, int] | None = None, mode: int = 0o600) -> None:
    """Replaces a file in one step, synced to disk with its directory.

    Text is written as UTF-8. `owner` None is the account that runs this. The directory has to be there.
    """
    staging.put_in_place(staging.stage(path, data, owner=owner, mode=mode))


def make_directory(path: str, mode: int = 0o700) -> None:
    """Makes a directory with all above it, unless it is there; one that is there keeps its mode."""
    missing: list[str] = []
    here = path
    while not _opens(here):
        above, name = split(here)
        missing.append(name)
        here = above
    while missing:
        name = missing.pop()
        with opened(here) as directory, contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=directory)
            set_entry(name, directory, None, mode)
        here = os.path.join(here, name)


def _opens(path: str) -> bool:
    """Whether a directory is there. Raises OSError for anything else than one or nothing."""
    try:
        with opened(path):
            return True
    except FileNotFoundError:
        return False


def set_directory(path: str, owner: tuple[int, int] | None, mode: int) -> None:
    """Gives a directory, which has to be there and may be an account's, its owner (None: as it is) and mode."""
    with parent_of(path) as (directory, name):
        set_entry(name, directory, owner, mode)


def remove(path: str) -> None:
    """Removes a file or link; one that is not there is no error."""
    with contextlib.suppress(FileNotFoundError), parent_of(path) as (directory, name):
        os.unlink(name, dir_fd=directory)


def remove_empty(path: str) -> None:
    """Removes a directory that is empty. Raises OSError for any other."""
    with parent_of(path) as (directory, name):
        os.rmdir(name, dir_fd=directory)


def rename(path: str, target: str) -> None:
    """Moves whatever is at a path, replacing a file at the target, in one step. Raises OSError between file systems."""
    with parent_of(path) as (source, name), parent_of(target) as (directory, new):
        os.rename(name, new, src_dir_fd=source, dst_dir_fd=directory)
        sync_entries(directory)
        sync_entries(source)


def link(path: str, target: str) -> None:
    """Puts a symbolic link in the place of a file or link, in one step."""
    with parent_of(path) as (directory, name):
        new = staging.staged_name()
        os.symlink(target, new, dir_fd=directory)
        os.replace(new, name, src_dir_fd=directory, dst_dir_fd=directory)
        sync_entries(directory)


def link_same(path: str, target: str) -> None:
    """Gives a file one more name, where nothing is: a hard link, which is on disk after `sync` of its directory."""
    with parent_of(path) as (source, name), parent_of(target) as (directory, new):
        os.link(name, new, src_dir_fd=source, dst_dir_fd=directory, follow_symlinks=False)


def link_target(path: str) -> str | None:
    """Where a symbolic link leads, as it says itself; None for what is none, or not there."""
    try:
        with parent_of(path) as (directory, name):
            return os.readlink(name, dir_fd=directory)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.ENOENT, errno.ENOTDIR):
            return None
        raise


def status(path: str) -> os.stat_result | None:
    """What is at a path itself, a link among it; None if nothing is, or no way leads there. Raises OSError."""
    try:
        if path == "/":
            return os.lstat(path)
        with parent_of(path) as (directory, name):
            return os.lstat(name, dir_fd=directory)
    except (FileNotFoundError, NotADirectoryError):
        return None


def exists(path: str) -> bool:
    """Whether anything is at a path; a link that leads nowhere is something. Raises OSError."""
    return status(path) is not None


def is_directory(path: str) -> bool:
    """Whether a directory, and no link to one, is at a path. Raises OSError."""
    found = status(path)
    return found is not None and stat.S_ISDIR(found.st_mode)


def is_roots_alone(path: str) -> bool:
    """Whether root alone, or the account that runs this, can change a directory, way and all. Raises OSError."""
    try:
        with opened(path):
            return True
    except NotRootsAlone:
        return False


def is_file(path: str) -> bool:
    """Whether a regular file, and no link to one, is at a path. Raises OSError."""
    found = status(path)
    return found is not None and stat.S_ISREG(found.st_mode)


def names(path: str) -> list[str]:
    """Names of what is in a directory, sorted. Raises OSError."""
    with opened(path) as directory:
        return listed(directory)


def names_beneath(top: str, relative: str = ".") -> list[str]:
    """Names of what is in a directory of a tree that an account may write, sorted. Raises OSError."""
    with beneath(top, relative) as directory:
        return listed(directory)


def names_if_any(path: str) -> list[str]:
    """As `names`; nothing where there is no such directory."""
    try:
        return names(path)
    except (FileNotFoundError, NotADirectoryError):
        return []


def matching(pattern: str) -> list[str]:
    """Paths whose last part matches that of `pattern`, as of glob(3), sorted; the directory holds no wildcard."""
    directory, wanted = split(pattern)
    found = names_if_any(directory)
    hidden = wanted.startswith(".")
    return [
        f"{directory.rstrip('/')}/{name}"
        for name in found
        if fnmatch.fnmatchcase(name, wanted) and (hidden or not name.startswith("."))
    ]


@contextlib.contextmanager
def reading(path: str) -> Generator[int]:
    """A descriptor of a regular file, to read it. A link is followed, its way judged as any. Raises OSError."""
    where = path
    for _ in range(MOST_LINKS):
        target = link_target(where)
        if target is None:
            break
        where = os.path.join(os.path.dirname(where), target)
    with parent_of(where) as (directory, name):
        descriptor = open_file(name, directory, path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def read(path: str, most: int = MOST_BYTES) -> bytes:
    """A regular file's content. Raises OSError, also for what is larger than `most` bytes or no regular file."""
    with reading(path) as descriptor:
        return read_descriptor(descriptor, path, most)


def read_text(path: str) -> str:
    """The file's text. Raises OSError."""
    return read(path).decode("utf-8")


def read_text_if_any(path: str) -> str | None:
    """The file's text; None where there is none, or what is no text or no file. Raises OSError."""
    try:
        return read_text(path)
    except (FileNotFoundError, ValueError):
        return None
    except OSError as error:
        if error.errno in NO_FILE:
            return None
        raise


def read_json(path: str) -> object:
    """The file's JSON, to be decoded with common.decode; None if there is no file. Raises OSError, and Damaged.

    Damaged is also what is no file, such as a directory in its place.
    """
    try:
        return json.loads(read_text(path))
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError):
        # Never with what was found: it may hold a secret.
        raise Damaged(
            f"{path}: found text that is not JSON, so the file is damaged; see whether the disk fails"
        ) from None
    except OSError as error:
        if error.errno not in NO_FILE:
            raise
        raise Damaged(f"{error.filename or path}: {error.strerror}, so nothing can be read there") from error


def read_beneath(top: str, relative: str, most: int) -> bytes:
    """A file's content in a tree that an account writes, of which no part is a link. Raises OSError, as `read`."""
    directory, _, name = relative.rpartition("/")
    with beneath(top, directory or ".") as above:
        file = open_file(name, above, relative)
        try:
            return read_descriptor(file, relative, most)
        finally:
            os.close(file)


@contextlib.contextmanager
def reading_beneath(top: str, relative: str) -> Generator[int]:
    """A descriptor of a regular file in a tree that an account writes, of which no part is a link. Raises OSError."""
    directory, _, name = relative.rpartition("/")
    with beneath(top, directory or ".") as above:
        descriptor = open_file(name, above, relative)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def status_beneath(top: str, relative: str) -> os.stat_result | None:
    """What is at a path in a tree that an account writes, itself and not what it links to; None where nothing is."""
    directory, _, name = relative.rpartition("/")
    try:
        with beneath(top, directory or ".") as above:
            return os.lstat(name, dir_fd=above)
    except (FileNotFoundError, NotADirectoryError):
        return None


def remove_beneath(top: str, relative: str) -> None:
    """Removes a file in a tree that an account writes; one that is not there is no error. Raises OSError."""
    directory, _, name = relative.rpartition("/")
    with contextlib.suppress(FileNotFoundError), beneath(top, directory or ".") as above:
        os.unlink(name, dir_fd=above)


def exists_beneath(top: str, relative: str) -> bool:
    """Whether anything is at a path in a tree that an account writes; it passes no link. Raises OSError."""
    directory, _, name = relative.strip("/").rpartition("/")
    try:
        with beneath(top, directory or ".") as above:
            os.lstat(name, dir_fd=above)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def write_json(path: str, value: object, *, mode: int = 0o600) -> None:
    """Replaces a file with a value as JSON."""
    write(path, json.dumps(value), mode=mode)


def sha256(path: str) -> str:
    """SHA-256 of a file's content, hexadecimal. Raises OSError."""
    with reading(path) as descriptor, open(descriptor, "rb", closefd=False) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def making(path: str) -> BinaryIO:
    """Opens a new file for writing. Raises FileExistsError where something is there."""
    with parent_of(path) as (directory, name):
        return open(os.open(name, staging.MAKE, 0o600, dir_fd=directory), "wb")


def patch(path: str, at: int, data: bytes) -> None:
    """Writes bytes into a file that is there, in their place, to disk. Raises OSError."""
    with parent_of(path) as (directory, name):
        descriptor = os.open(name, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
        try:
            os.pwrite(descriptor, data, at)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def set_file(path: str, owner: tuple[int, int], mode: int) -> None:
    """Gives a file that is there its owner and mode, and leaves what it holds where it is. Raises OSError."""
    with parent_of(path) as (directory, name):
        descriptor = open_file(name, directory, path)
        try:
            os.fchown(descriptor, *owner)
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def appending(path: str) -> TextIO:
    """Opens a file of root's for appending, and makes it if it is not there."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with parent_of(path) as (directory, name):
        return open(os.open(name, flags, 0o600, dir_fd=directory), "a", encoding="utf-8", errors="replace")


def lock_file(path: str) -> TextIO:
    """Opens a file to be locked, and made if it is not there; what it holds stays until it is written."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with parent_of(path) as (directory, name):
        return open(os.open(name, flags, 0o600, dir_fd=directory), "r+", encoding="utf-8")


def read_pipe(descriptor: int) -> str:
    """All that a child of ours writes, until it ends; closes the descriptor."""
    with open(descriptor, encoding="utf-8", errors="replace") as file:
        return file.read()


def sync(path: str) -> None:
    """Writes a file or directory that another program made to disk."""
    with parent_of(path) as (directory, name):
        descriptor = os.open(name, READ, dir_fd=directory)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def listing(path: str) -> Generator[int]:
    """A descriptor of a directory that can be locked and listed. Raises OSError."""
    with opened(path) as directory:
        descriptor = os.open(".", LISTED, dir_fd=directory)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


def device(path: str) -> int:
    """The number of the file system that a directory is on. Raises OSError."""
    with opened(path) as directory:
        return os.fstat(directory).st_dev


def is_read_only(path: str) -> bool:
    """Whether nothing can be written on the file system of a directory, as it is mounted there. Raises OSError."""
    with opened(path) as directory:
        return bool(os.fstatvfs(directory).f_flag & os.ST_RDONLY)


def require_writable(path: str) -> None:
    """Writes a block into a directory, to disk, and removes it. Raises OSError where that cannot be done."""
    staging.discard(staging.stage(f"{path.rstrip('/')}/block", bytes(4096)))


def free_bytes(path: str) -> int:
    """How many bytes root can still write on the file system of a directory. Raises OSError."""
    with opened(path) as directory:
        found = os.fstatvfs(directory)
        return found.f_bfree * found.f_frsize


@contextlib.contextmanager
def secret_file(value: str) -> Generator[tuple[int, str], None, None]:
    """A secret as a file on no disk: its descriptor, for `pass_fds`, and the path at which a child reads it."""
    descriptor = in_memory("secret", value.encode())
    try:
        yield descriptor, f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def in_memory(name: str, data: bytes) -> int:
    """A descriptor of a file on no disk that holds `data`, to be read from its beginning."""
    descriptor = os.memfd_create(name)
    with open(descriptor, "wb", closefd=False) as file:
        file.write(data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
