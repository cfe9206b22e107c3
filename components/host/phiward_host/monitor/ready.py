"""Whether the parts of the monitoring answer, and know each other: systemd takes them for started before that."""

import time

from phiward_host.common import cli, process
from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog

SECONDS = 60
POLL_SECONDS = 0.5
PROMETHEUS = "http://127.0.0.1:9090"
ALERTMANAGER = "http://127.0.0.1:9093"
PUSHGATEWAY = "http://127.0.0.1:9091"
# What each answers by, and the text that its answer then has.
ASKED = (
    ("Alertmanager", f"{ALERTMANAGER}/-/ready", ""),
    ("the Pushgateway", f"{PUSHGATEWAY}/-/ready", ""),
    ("Prometheus", f"{PROMETHEUS}/-/ready", ""),
    # Which it finds some seconds after its start.
    ("Prometheus, with Alertmanager,", f"{PROMETHEUS}/api/v1/alertmanagers", f"{ALERTMANAGER}/api/v2/alerts"),
)


def wait(log: RootLog, seconds: float = SECONDS) -> int:
    """Returns once all of them answer. Raises Failed, which names the one that does not."""
    limit = time.monotonic() + seconds
    for name, address, text in ASKED:
        while not _answers(address, text):
            if time.monotonic() > limit:
                log.write(f"{name} does not answer at {address}")
                raise Failed(f"{name} does not answer within {seconds:.0f} seconds; see its unit's journal on the host")
            time.sleep(POLL_SECONDS)
    return cli.DONE


def _answers(address: str, text: str) -> bool:
    done = process.run(["curl", "--silent", "--fail", "--max-time", "5", address], timeout=10)
    return done.code == 0 and text in done.stdout
