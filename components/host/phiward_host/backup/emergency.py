"""A restore over live data on one person's word: nobody is kept from their own data, and everybody hears of it."""

import secrets
import time

from phiward_host.alerts import settings as alert_settings
from phiward_host.alerts import spool
from phiward_host.alerts.delivery import Alert
from phiward_host.backup.tools import LOG
from phiward_host.common import process
from phiward_host.common.errors import Failed

SAID = "one person's word; npx phiward audit --what restore says whose"


def alert() -> None:
    """Has an alert wait, and starts the unit that sends it: no restore waits for whoever does not answer."""
    try:
        host = alert_settings.load().host
    except (Failed, OSError) as error:
        LOG.write(f"nobody can be alerted of a restore in an emergency: {error}")
        return
    now = spool.stamp(time.time())
    message = {"host": host, "unit": "restore in an emergency", "result": SAID, "time": now}
    spool.keep(f"{now}-{secrets.token_hex(4)}", Alert(message))
    process.logged(["systemctl", "start", "--no-block", "phiward-alerts.service"], LOG)
