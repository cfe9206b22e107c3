"""Another try of what an authority refused, by a timer of systemd's that is gone with the next start of the host.

The daily timer comes after that; the record says what is due.
"""

import time

from phiward_host.common import process
from phiward_host.common.errors import Failed

UNIT = "phiward-certificates-retry"
SERVICE = "phiward-certificates.service"
LEAST_SECONDS = 60


def schedule(moment: float) -> None:
    """Has the service started at a moment, in the place of any earlier plan to do so. Raises Failed."""
    seconds = max(LEAST_SECONDS, int(moment - time.time()))
    process.run(["systemctl", "stop", f"{UNIT}.timer"])
    how = ["--quiet", "--collect", f"--unit={UNIT}", f"--on-active={seconds}", "--timer-property=AccuracySec=10s"]
    done = process.run(["systemd-run", *how, "systemctl", "start", "--no-block", SERVICE])
    if done.code != 0:
        raise Failed(f"another try could not be scheduled: {process.ended('systemd-run', done.code)}")
