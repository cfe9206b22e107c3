"""What stands where something of ours belongs, and is none: it is moved to a name beside its own, and kept."""

import stat
import time

from phiward_host.common import files


def set_aside(path: str) -> str:
    """Moves whatever is at a path to a name beside it that has the time. Returns that. Raises OSError."""
    aside = f"{path}.damaged-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{time.monotonic_ns()}"
    files.rename(path, aside)
    return aside


def make_directory(path: str) -> None:
    """As files.make_directory; what is none in its place is set aside. Raises OSError."""
    if is_no_directory(path):
        set_aside(path)
    files.make_directory(path)


def make_way(path: str) -> None:
    """Sets aside a directory that is where a file belongs. Raises OSError."""
    if files.is_directory(path):
        set_aside(path)


def is_no_directory(path: str) -> bool:
    """Whether something else is where a directory belongs. A link of root's may lead to one."""
    found = files.status(path)
    return found is not None and not (stat.S_ISDIR(found.st_mode) or stat.S_ISLNK(found.st_mode))
