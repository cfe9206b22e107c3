"""One operation at a time: a lock that waits, then says who holds it."""

import contextlib
import fcntl
import os
import time
from collections.abc import Generator

from phiward_host.common import files, paths
from phiward_host.common.errors import Refused

POLL_SECONDS = 0.1


@contextlib.contextmanager
def hold(name: str, who: str, seconds: float, *, kind: str = "operation") -> Generator[None, None, None]:
    """Holds the lock /run/phiward/<name>; waits `seconds`, then raises Refused, which names the holder.

    The kernel frees it with the process. `who` is what a waiting program reads of us; `kind` names what waits, e.g.
    `job`.
    """
    files.make_directory(paths.RUN)
    with files.lock_file(f"{paths.RUN}/{name}") as file:
        limit = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > limit:
                    file.seek(0)
                    raise Refused(
                        f"another {kind} is running ({file.read().strip()}); gave up after {seconds:g} s. "
                        "Nothing was changed; try again later"
                    ) from None
                time.sleep(POLL_SECONDS)
        file.truncate(0)
        file.write(f"{who}, process {os.getpid()}\n")
        file.flush()
        yield


@contextlib.contextmanager
def hold_directory(path: str) -> Generator[None]:
    """Holds a lock on a directory itself, and waits for as long as it takes. The kernel frees it with the process."""
    with files.listing(path) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
