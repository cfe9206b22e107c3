"""The end of a guarded change: it is confirmed, or rolled back."""

import glob
import os
import time

from phiward_host.agent.transaction import Transaction
from phiward_host.common import files, lock, paths
from phiward_host.common.errors import Refused

LOCK_SECONDS = 60
# Rolling back waits as long as an apply may take.
ROLL_BACK_LOCK_SECONDS = 1800
AT_BOOT = "--boot"
# Every unit: what was killed may have been at work on any of them.
ANY = "any"
# A timer may fire a little early.
EARLY_SECONDS = 0.5


def confirm(unit: str, digest: str) -> dict[str, object]:
    """Keeps a guarded change. That this very connection came about is the proof that nobody is locked out."""
    with lock.hold("lock", f"confirm {unit}", LOCK_SECONDS):
        transaction = Transaction(unit)
        found = transaction.generation().hash
        # A repair of drift keeps the generation: only the note says that it was rolled back.
        rolled_back = transaction.manifest is None and transaction.rolled_back() == digest
        if found != digest or rolled_back:
            raise Refused(
                f"{unit}: cannot confirm: the host is at generation {str(found)[:12]}, expected {digest[:12]}. "
                "The change was rolled back or never applied; see what differs, then run npx phiward up again"
            )
        if transaction.manifest is not None:
            transaction.close()
        files.remove(transaction.rolled_back_path)
    return {"unit": unit, "status": "confirmed", "generation": digest}


def rollback(unit: str, digest: str) -> None:
    """The dead-man's switch: takes back a change that nobody confirmed in time."""
    with lock.hold("lock", f"rollback {unit}", ROLL_BACK_LOCK_SECONDS):
        transaction = Transaction(unit)
        manifest = transaction.manifest
        if manifest is None or manifest.hash != digest:
            return
        if time.clock_gettime(time.CLOCK_BOOTTIME) >= manifest.deadline - EARLY_SECONDS:
            transaction.roll_back("nobody confirmed it in time")


def recover(which: str) -> None:
    """Ends what was interrupted: a unit whose apply died, or, at boot, every change that nobody confirmed."""
    boot = which == AT_BOOT
    with lock.hold("lock", f"recover {which}", ROLL_BACK_LOCK_SECONDS):
        for path in glob.glob(f"{paths.BASE}/units/{'*' if which in (AT_BOOT, ANY) else which}/transaction"):
            transaction = Transaction(os.path.basename(os.path.dirname(path)))
            if boot or transaction.manifest is None or transaction.manifest.state == "open":
                transaction.roll_back("it was interrupted", boot=boot)
