"""Ways through directories that root alone can change: each is opened by a descriptor of the one above it, and judged.

Whoever can write to one directory of a path can lead the rest of it elsewhere, also between two looks. So nothing here
uses a path as a whole: from `/` on each part is opened without following links, and refused unless its owner is root or
the account that runs this, and nobody else can write to it. A link in such a directory was made by its owner, so it is
followed, part by part in the same way.
"""

import contextlib
import errno
import grp
import os
import pwd
import stat
from collections.abc import Generator

WAY = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
LISTED = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# As the kernel's own limit, path_resolution(7).
MOST_LINKS = 40
ACCESS_LIST = "system.posix_acl_access"


class NotRootsAlone(PermissionError):
    """A directory on the way to a path can be changed by others than root, so the path may lead anywhere."""

    def __init__(self, path: str, found: os.stat_result) -> None:
        mode = f"{found.st_mode & 0o7777:04o}"
        words = (
            f"it belongs to {found.st_uid}:{found.st_gid} with mode {mode}, allowed: one that root alone can write to"
        )
        super().__init__(errno.EPERM, words, path)


def split(path: str) -> tuple[str, str]:
    """The directory of a path and the name in it. Raises OSError for what names no entry, such as `/`."""
    directory, _, name = path.rstrip("/").rpartition("/")
    if not path.startswith("/") or name in ("", ".", ".."):
        raise OSError(errno.EINVAL, "allowed: a path from the root that ends with a name", path)
    return directory or "/", name


@contextlib.contextmanager
def opened(path: str, *, may_be_sticky: bool = False) -> Generator[int]:
    """A descriptor of a directory that root alone can change, way and all. Raises OSError, NotRootsAlone among them.

    `may_be_sticky`: it may also be one such as /tmp, for a caller that takes what is in it for anybody's.
    """
    way = [os.open("/", WAY)]
    try:
        _descend(path, way)
        _judge(way[-1], path, is_last=not may_be_sticky)
        yield way[-1]
    finally:
        for descriptor in way:
            os.close(descriptor)


@contextlib.contextmanager
def _named(path: str) -> Generator[None]:
    """Errors name the whole path, and not the entry of a directory that the system was asked about."""
    try:
        yield
    except OSError as error:
        # What fails by a descriptor, such as writing to a full disk, names nothing.
        if error.filename is None or (isinstance(error.filename, str) and not error.filename.startswith("/")):
            error.filename = path
        raise


@contextlib.contextmanager
def parent_of(path: str) -> Generator[tuple[int, str]]:
    """A descriptor of the directory that a path is in, and its name there, which is not looked at."""
    directory, name = split(path)
    with _named(path), opened(directory) as descriptor:
        yield descriptor, name


@contextlib.contextmanager
def beneath(top: str, relative: str = ".") -> Generator[int]:
    """A descriptor of a directory in a tree that an account writes, such as a volume: `relative` passes no link.

    The way to `top` is root's alone; what is below belongs to the account, so it may hold anything by any name.
    """
    above, name = split(top)
    with _named(top), opened(above, may_be_sticky=True) as directory:
        way = [os.open(name, WAY, dir_fd=directory)]
        try:
            for part in _parts(relative):
                if part == "..":
                    raise OSError(errno.EINVAL, "allowed: a path without ..", relative)
                way.append(os.open(part, WAY, dir_fd=way[-1]))
            yield way[-1]
        finally:
            for descriptor in way:
                os.close(descriptor)


def _descend(path: str, way: list[int]) -> None:
    """Opens one directory after the other; `way` begins with the root's descriptor and ends with that of `path`."""
    pending = _parts(path)[::-1]
    seen: list[str] = []
    links = 0
    while pending:
        part = pending.pop()
        if part == "..":
            if len(way) > 1:
                os.close(way.pop())
                seen.pop()
            continue
        here = "/" + "/".join([*seen, part])
        try:
            way.append(os.open(part, WAY, dir_fd=way[-1]))
        except OSError as error:
            target = _link_target(part, way[-1], error, here)
            links += 1
            if links > MOST_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path) from None
            pending += _parts(target)[::-1]
            if target.startswith("/"):
                while len(way) > 1:
                    os.close(way.pop())
                seen.clear()
            continue
        seen.append(part)
        _judge(way[-1], here, is_last=False)


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def _link_target(name: str, directory: int, error: OSError, path: str) -> str:
    """Where a link of root's leads. Raises the error of opening it, with the whole path, where it is none."""
    if error.errno in (errno.ENOTDIR, errno.ELOOP):
        with contextlib.suppress(FileNotFoundError):
            found = os.lstat(name, dir_fd=directory)
            if stat.S_ISLNK(found.st_mode):
                # In a directory such as /tmp anybody makes one.
                if not _is_trusted(found):
                    raise NotRootsAlone(path, found) from None
                return os.readlink(name, dir_fd=directory)
    raise OSError(error.errno, error.strerror, path) from None


def _is_trusted(found: os.stat_result) -> bool:
    return found.st_uid in (0, os.geteuid())


def _judge(descriptor: int, path: str, *, is_last: bool) -> None:
    """Raises NotRootsAlone where others can change what is in a directory.

    One that is sticky, such as /tmp, may be passed: nobody can replace what root has in it. Nothing is used in it.
    """
    found = os.fstat(descriptor)
    passed = bool(found.st_mode & stat.S_ISVTX) and not is_last
    writable = bool(found.st_mode & stat.S_IWOTH) or (
        bool(found.st_mode & stat.S_IWGRP) and not _is_root_group(descriptor, found.st_gid)
    )
    if not _is_trusted(found) or (writable and not passed):
        raise NotRootsAlone(path, found)


def _is_root_group(descriptor: int, group: int) -> bool:
    """Whether nobody but root is in a group, as in Debian's `staff`; an access list may name anybody."""
    readable = os.open(".", LISTED, dir_fd=descriptor)
    try:
        if ACCESS_LIST in os.listxattr(readable):
            return False
    finally:
        os.close(readable)
    members = {name for entry in grp.getgrall() if entry.gr_gid == group for name in entry.gr_mem}
    members |= {account.pw_name for account in pwd.getpwall() if account.pw_gid == group}
    return members <= {"root"}
