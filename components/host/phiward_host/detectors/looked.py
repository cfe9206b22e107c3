"""Whether the record is looked at, and Prometheus can know of it: what the check of the detectors asks."""

import re
import time

from phiward_host.common import cli
from phiward_host.common.errors import Failed
from phiward_host.metrics import loopback
from phiward_host.metrics.push import PORT

MOST_BYTES = 32 << 20
LATE_SECONDS = 90.0
# A unit that was started a moment ago pushes soon.
FIRST_SECONDS = 20.0
_LOOKED = re.compile(
    rb'^phiward_detectors_looked_timestamp_seconds\{[^}\n]*job="detectors"[^}\n]*\} (\S+)$', re.MULTILINE
)


def looked() -> int:
    """Prints that it is. Raises Failed."""
    limit = time.monotonic() + FIRST_SECONDS
    while (words := _wrong()) is not None:
        if time.monotonic() >= limit:
            raise Failed(f"{words}; see journalctl --unit=phiward-detectors")
        time.sleep(1)
    print("looked", flush=True)
    return cli.DONE


def _wrong() -> str | None:
    try:
        text = loopback.ask("GET", PORT, "/metrics", most=MOST_BYTES)
    except Failed as failed:
        return str(failed)
    try:
        ages = [time.time() - float(found) for found in _LOOKED.findall(text)]
    except ValueError:
        ages = []
    if not ages:
        return "the detectors have counted nothing yet"
    age = max(ages)
    return None if age < LATE_SECONDS else f"the detectors have not looked at all records for {age:.0f} s"
