"""Room that is set aside on the disk of our own state, for what has to be written when that disk is full.

One file holds it. It goes when a write finds no room, and is made again once there is some.
"""

import contextlib
import errno
import os
from collections.abc import Callable

from phiward_host.common import files, paths

# More than all that is written by it: the record of who is kept out, and three files of SSH and sudo.
SIZE = 512 << 10
FULL = (errno.ENOSPC, errno.EDQUOT)


def _path() -> str:
    return f"{paths.BASE}/isolation/room"


def is_set_aside() -> bool:
    """Whether it is there, whole."""
    found = files.status(_path())
    return found is not None and found.st_size == SIZE


def set_aside() -> None:
    """Makes it, unless it is there. Raises OSError."""
    if not is_set_aside():
        files.make_directory(os.path.dirname(_path()))
        # Of bytes that no file system stores in less.
        files.write(_path(), os.urandom(SIZE))


def set_aside_if_any() -> None:
    """As `set_aside`, where the disk has room by now."""
    with contextlib.suppress(OSError):
        set_aside()


def using(work: Callable[[], None]) -> None:
    """Does what writes; where the disk is full, again with the room that was set aside. Raises OSError."""
    try:
        work()
    except OSError as error:
        if error.errno not in FULL:
            raise
        files.remove(_path())
        work()
