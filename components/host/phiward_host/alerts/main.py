"""`phiward.pyz alerts send UNIT`: alerts people that a unit failed; `alerts flush` sends what could not be sent before.

`alerts waiting` says how many that are, with the newest of them.

A message says host, unit, result and time, and nothing of what the job worked on.
"""

import json
import secrets
import syslog
import time
from collections.abc import Sequence

from phiward_host.alerts import settings, spool
from phiward_host.alerts.delivery import Alert, deliver
from phiward_host.alerts.settings import AlertSettings
from phiward_host.common import cli, process
from phiward_host.common.errors import Refused
from phiward_host.common.log import RootLog
from phiward_host.common.text import one_line

LOG = RootLog("alerts")
USAGE = "usage: phiward.pyz alerts send UNIT | flush | waiting"
# Seconds before each attempt: together about a minute, less than whoever waits for the unit would.
PAUSES = (0, 2, 5, 15, 40)
# No try begins later after the start; the alert's unit has ten minutes, and SENDING_SECONDS are more.
SEND_SECONDS = 150
# Of what waits, as a screen has room for it.
SHOWN, MOST_TEXT = 5, 300


def main(words: Sequence[str]) -> int:
    """Exit codes as of cli.main; 1 also where something still waits to be sent."""
    cli.end_on_sigterm()
    return cli.main("the alert program", LOG, lambda: _run(words))


def send(config: AlertSettings, unit: str, result: str | None = None) -> bool:
    """Alerts people that a unit failed, also where the disk takes nothing. Returns whether it went by every channel.

    `result` says of what is no unit of systemd's how it is; a unit is asked.

    What it could not send waits for the next `flush`. Alerts that wait already delay nothing.
    """
    now = spool.stamp(time.time())
    message = {"host": config.host, "unit": unit, "result": result or result_of(unit), "time": now}
    alert = Alert({key: one_line(value) for key, value in message.items()})
    syslog.syslog(syslog.LOG_ERR, f"failed: {json.dumps(alert.message)}")
    name = f"{now}-{secrets.token_hex(4)}"
    # First of all on disk, for whoever kills this program; where that fails, it is sent all the same.
    spool.keep(name, alert, spool.SENDING)
    try:
        deliver(config, [alert], PAUSES, SEND_SECONDS)
    finally:
        sent = spool.settle(name, alert, config)
    return sent


def result_of(unit: str) -> str:
    """How a unit ended, as systemd says it, e.g. `exit-code`."""
    try:
        done = process.run(["systemctl", "show", "--property=Result", "--value", "--", unit])
    except OSError:  # a machine that starts no program any more is what people need to hear of
        return "unknown"
    return done.stdout.strip() or "unknown"


def _waiting() -> int:
    alerts = spool.waiting()
    newest = [{name: one_line(text[:MOST_TEXT]) for name, text in each.items()} for each in alerts[:SHOWN]]
    print(json.dumps({"count": len(alerts), "newest": newest}))
    return cli.DONE


def _run(words: Sequence[str]) -> int:
    # Also where nobody is to be alerted any more.
    if list(words) == ["waiting"]:
        return _waiting()
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
