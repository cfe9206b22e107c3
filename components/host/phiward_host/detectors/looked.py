"""Whether the record is looked at, and Prometheus can know of it: what the check of the detectors asks."""

import re
import time
from collections.abc import Sequence

from phiward_host.common import cli
from phiward_host.common.errors import Failed
from phiward_host.detectors.settings import DetectorSettings
from phiward_host.metrics import loopback
from phiward_host.metrics.push import PORT

MOST_BYTES = 32 << 20
LATE_SECONDS = 90.0
# A unit that was started a moment ago pushes soon.
FIRST_SECONDS = 20.0
# As the Pushgateway has it, whose path alone gives both labels: no host passes for the detectors.
_LOOKED = re.compile(
    rb'^phiward_detectors_looked_timestamp_seconds\{instance="([a-z0-9-]+)",job="detectors"\} (\S+)$', re.MULTILINE
)


def looked(settings: DetectorSettings) -> int:
    """Prints that it is. Raises Failed."""
    hosts = (settings.host, *settings.senders)
    limit = time.monotonic() + FIRST_SECONDS
    while (words := _wrong(hosts)) is not None:
        if time.monotonic() >= limit:
            raise Failed(f"{words}; see journalctl --unit=phiward-detectors")
        time.sleep(1)
    print("looked", flush=True)
    return cli.DONE


def _wrong(hosts: Sequence[str]) -> str | None:
    try:
        text = loopback.ask("GET", PORT, "/metrics", most=MOST_BYTES)
    except Failed as failed:
        return str(failed)
    # Of a host that is declared no more, what was counted last stays with the Pushgateway.
    found = {name.decode(): at for name, at in _LOOKED.findall(text)}
    try:
        ages = [time.time() - float(found[host]) for host in hosts]
    except (KeyError, ValueError):
        return "the detectors have counted nothing yet"
    age = max(ages)
    return None if age < LATE_SECONDS else f"the detectors have not looked at all records for {age:.0f} s"
