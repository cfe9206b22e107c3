"""What a restore may do that it should not: nobody is kept from their own data, and everybody hears of it."""

import secrets
import time

from phiward_host.alerts import settings as alert_settings
from phiward_host.alerts import spool
from phiward_host.alerts.delivery import Alert
from phiward_host.backup.tools import LOG
from phiward_host.common import process
from phiward_host.common.errors import Failed

ALONE = "restore in an emergency"
ALONE_SAID = "one person's word; npx phiward audit --what restore says whose"
WITHOUT = "restore without erasures"
WITHOUT_SAID = "persons who were erased may be back in {}; to erase them again: npx phiward subject again"


def alert(what: str = ALONE, said: str = ALONE_SAID) -> None:
    """Has an alert wait, and starts the unit that sends it: no restore waits for whoever does not answer."""
    try:
        host = alert_settings.load().host
    except (Failed, OSError) as error:
        LOG.write(f"nobody can be alerted of a {what}: {error}")
        return
    now = spool.stamp(time.time())
    message = {"host": host, "unit": what, "result": said, "time": now}
    spool.keep(f"{now}-{secrets.token_hex(4)}", Alert(message))
    process.logged(["systemctl", "start", "--no-block", "phiward-alerts.service"], LOG)
