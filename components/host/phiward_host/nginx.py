"""Waits for the requests that nginx had begun when it was reloaded: containers and logins that answer them may go next."""

import time
from pathlib import Path

# Whoever declares longer answers than this has them cut off by a deploy.
DRAIN_SECONDS = 120
# A reload returns when it is requested; the old workers are signalled once the new ones are up.
SIGNAL_SECONDS = 1
POLL_SECONDS = 0.1
OLD_WORKER = b"nginx: worker process is shutting down"


def is_draining(proc: Path = Path("/proc")) -> bool:
    """Whether a worker of an earlier configuration still runs."""
    return any(_is_old_worker(process / "cmdline") for process in proc.glob("[0-9]*"))


def _is_old_worker(command_line: Path) -> bool:
    try:
        return command_line.read_bytes().startswith(OLD_WORKER)
    except OSError:
        return False  # it ended while this looked


def drain() -> None:
    """Returns when no old worker is left, or after `DRAIN_SECONDS`."""
    limit = time.monotonic() + DRAIN_SECONDS
    time.sleep(SIGNAL_SECONDS)
    while is_draining() and time.monotonic() < limit:
        time.sleep(POLL_SECONDS)
