"""The end of a guarded change: it is confirmed, or rolled back."""

import time

from phiward_host.agent.damage import set_damaged_aside
from phiward_host.agent.transaction import Transaction, units_with_transaction
from phiward_host.common import lock
from phiward_host.common.errors import Failed, Refused

LOCK_SECONDS = 60
# Rolling back waits as long as an apply may take.
ROLL_BACK_LOCK_SECONDS = 1800
AT_BOOT = "--boot"
# Every unit: what was killed may have been at work on any of them.
ANY = "any"
# A timer may fire a little early.
EARLY_SECONDS = 0.5


def confirm(unit: str, digest: str) -> dict[str, object]:
    """Keeps a guarded change. That this very connection came about after it is the proof that nobody is locked out."""
    # Of this program, which the connection is some tenths of a second ahead of.
    began = time.clock_gettime(time.CLOCK_BOOTTIME)
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
            if began < transaction.manifest.deadline - (transaction.manifest.seconds or 0):
                # It waited for the lock: connections that there were are not cut off by what keeps out new ones.
                raise Refused(
                    f"{unit}: cannot confirm: this connection began before the change was made, so it does not show "
                    "that one can still log in, and the change will be rolled back; run npx phiward up again"
                )
            transaction.close()
        transaction.forget_roll_back()
    return {"unit": unit, "status": "confirmed", "generation": digest}


class LeftOver(Failed):
    """A roll-back ended, and something stays as it is; trying again is of no use."""


def rollback(unit: str, digest: str) -> None:
    """The dead-man's switch: takes back a change that nobody confirmed in time. Raises LeftOver or Refused."""
    with lock.hold("lock", f"rollback {unit}", ROLL_BACK_LOCK_SECONDS):
        transaction = Transaction(unit)
        manifest = transaction.manifest
        if manifest is None or manifest.hash != digest:
            return
        if time.clock_gettime(time.CLOCK_BOOTTIME) >= manifest.deadline - EARLY_SECONDS:
            tell_left({unit: transaction.roll_back("nobody confirmed it in time")})


def recover(which: str) -> None:
    """Ends what was interrupted: a unit whose apply died, or, at boot, every change that nobody confirmed.

    One that fails does not keep the others from theirs. Raises Failed with all that failed, to be tried again; LeftOver
    where only such things stay that no further try would mend.
    """
    failed: list[str] = []
    left: dict[str, list[str]] = {}
    with lock.hold("lock", f"recover {which}", ROLL_BACK_LOCK_SECONDS):
        for unit in units_with_transaction() if which in (AT_BOOT, ANY) else [which]:
            try:
                left[unit] = recover_unit(unit, boot=which == AT_BOOT)
            except Exception as error:  # whatever keeps one from its roll-back, the next may open the way to log in
                words = error if isinstance(error, Failed | OSError) else type(error).__name__
                failed.append(f"{unit}: {words}")
    if failed:
        raise Failed("; ".join([*failed, *in_words(left)]))
    tell_left(left)


def recover_unit(unit: str, *, boot: bool) -> list[str]:
    transaction = Transaction(unit)
    if transaction.is_damaged:
        return set_damaged_aside(transaction)
    if boot or transaction.manifest is None or transaction.manifest.state == "open":
        return transaction.roll_back("it was interrupted", boot=boot)
    return []


def in_words(left: dict[str, list[str]]) -> list[str]:
    return [f"{unit}: {word}" for unit, of_unit in left.items() for word in of_unit]


def tell_left(left: dict[str, list[str]]) -> None:
    words = in_words(left)
    if words:
        raise LeftOver(f"rolled back, but for what has to be mended by hand: {'; '.join(words)}")
