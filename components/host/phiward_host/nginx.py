"""Waits for the requests that nginx had begun when it was reloaded: what answers them may be removed next."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from phiward_host.common import cli, files
from phiward_host.common.log import RootLog

LOG = RootLog("nginx")
USAGE = "nginx drain"

# Whoever declares longer answers than this has them cut off by a deploy.
DRAIN_SECONDS = 120
# A reload returns when it is requested; the old workers are signalled once the new ones are up.
SIGNAL_SECONDS = 1
POLL_SECONDS = 0.1
# Of a longer command line, which is no worker's.
MOST_BYTES = 1 << 21
OLD_WORKER = b"nginx: worker process is shutting down"


def is_draining(proc: str | os.PathLike[str] = "/proc") -> bool:
    """Whether a worker of an earlier configuration still runs."""
    where = os.fspath(proc)
    return any(_is_old_worker(where, process) for process in files.names(where) if process.isdigit())


def _is_old_worker(proc: str, process: str) -> bool:
    try:
        return files.read_beneath(proc, f"{process}/cmdline", MOST_BYTES).startswith(OLD_WORKER)
    except OSError:
        return False  # it ended while this looked


def drain() -> None:
    """Returns when no old worker is left, or after `DRAIN_SECONDS`."""
    limit = time.monotonic() + DRAIN_SECONDS
    time.sleep(SIGNAL_SECONDS)
    while is_draining() and time.monotonic() < limit:
        time.sleep(POLL_SECONDS)


def _drain() -> int:
    drain()
    return cli.DONE


ACTIONS: Mapping[str, Callable[[], int]] = MappingProxyType({"drain": _drain})


def main(words: Sequence[str]) -> int:
    """`nginx drain`. Exit code 0, also where an old worker outlasts the wait."""
    return cli.main("the nginx program", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    action, _ = cli.choose(words, ACTIONS, USAGE)
    return action()
