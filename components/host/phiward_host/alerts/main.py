"""`phiward.pyz alerts send UNIT`: alerts people that a unit failed; `alerts flush` sends what could not be sent before.

A message says host, unit, result and time, and nothing of what the job worked on.
"""

import json
import secrets
import syslog
import time
from collections.abc import Sequence

from phiward_host.alerts import settings, spool
from phiward_host.alerts.settings import AlertSettings
from phiward_host.alerts.spool import Alert
from phiward_host.common import cli, process
from phiward_host.common.errors import Refused
from phiward_host.common.log import RootLog

LOG = RootLog("alerts")
USAGE = "usage: phiward.pyz alerts send UNIT | flush"
# Seconds before each attempt: together about a minute, less than whoever waits for the unit would.
PAUSES = (0, 2, 5, 15, 40)


def main(words: Sequence[str]) -> int:
    """Exit codes as of cli.main; 1 also where something still waits to be sent."""
    return cli.main("the alert program", LOG, lambda: _run(words))


def send(config: AlertSettings, unit: str) -> bool:
    """Alerts people that a unit failed. Returns whether every alert that waited was sent."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    message = {"host": config.host, "unit": unit, "result": result_of(unit), "time": stamp}
    syslog.syslog(syslog.LOG_ERR, f"failed: {json.dumps(message)}")
    spool.keep(f"{stamp}-{secrets.token_hex(4)}.json", Alert(message, ()))
    return spool.flush(config, PAUSES)


def result_of(unit: str) -> str:
    """How a unit ended, as systemd says it, e.g. `exit-code`."""
    done = process.run(["systemctl", "show", "--property=Result", "--value", "--", unit])
    return done.stdout.strip() or "unknown"


def _run(words: Sequence[str]) -> int:
    syslog.openlog("phiward-alert")
    config = settings.load()
    match list(words):
        case ["send", unit]:
            sent = send(config, unit)
        case ["flush"]:
            sent = spool.flush(config, (0,))
        case _:
            raise Refused(USAGE)
    return cli.DONE if sent else cli.FAILED
