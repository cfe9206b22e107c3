"""Isolating the host and bringing it back: wherever either is cut off, it is finished or taken back.

The mark comes first and says what is meant: `keep` finishes by it, each minute and at each start of the host. The
network is cut in the next step, in one transaction. Nothing that can wait for something is before that.
"""

import json
import re
import time
from dataclasses import replace

from phiward_host.common import cli, isolated, journal, lock
from phiward_host.common.errors import Failed
from phiward_host.common.isolated import Standing
from phiward_host.isolation import held, table

LOCK = "isolation.lock"
LOCK_SECONDS = 60.0
WHY = re.compile(r"[!-~](?:[ -~]{0,298}[!-~])?")


def isolate(who: str, why: str, at: float, by: str) -> dict[str, object]:
    """Isolates the host, in the name of a person. `at`: when it was asked for; `by`: the way by which that came.

    Returns what was done. Raises Failed where the network is as it was.
    """
    began = time.monotonic()
    with lock.hold(LOCK, "isolate", LOCK_SECONDS):
        known = isolated.standing()
        again = isolated.is_isolated()
        meant = replace(known, last=max(at, known.last))
        if not again:
            meant = replace(meant, since=time.time(), who=who, why=why)
        _record("isolate", who, why, by, "begun")
        lasting = isolated.mark(meant)
        try:
            table.load(known.vault)
        except (Failed, OSError) as error:
            if not again:
                isolated.unmark(known)
            _record("isolate", who, why, by, "failure")
            raise Failed(f"the host is not isolated: {error}") from error
        cut = time.monotonic() - began
        trouble = held.attempts({"containers": held.freeze, "jobs": held.hold, "SSH": held.start_ssh})
        if not lasting:
            trouble.append("it does not last over a restart: nothing can be written on the disk")
        _record("isolate", who, why, by, "success", trouble)
    return {
        **said(meant, again=again),
        "lasting": lasting,
        "frozen": len(held.known()),
        "cutSeconds": round(cut, 3),
        "seconds": round(time.monotonic() - began, 3),
        "notDone": trouble,
    }


def unisolate(who: str, why: str, at: float, by: str) -> dict[str, object]:
    """Brings the host back as it was. Returns what was done; given again, it does what is left."""
    began = time.monotonic()
    with lock.hold(LOCK, "unisolate", LOCK_SECONDS):
        known, was = isolated.standing(), isolated.is_isolated()
        _record("unisolate", who, why, by, "begun")
        thawed = len(held.known())
        isolated.unmark(replace(known, last=max(at, known.last)))
        trouble = _bring_back()
        _record("unisolate", who, why, by, "failure" if trouble else "success", trouble)
    return {
        **said(known, again=not was),
        "thawed": thawed,
        "seconds": round(time.monotonic() - began, 3),
        "notDone": trouble,
    }


def _bring_back() -> list[str]:
    # Containers last: what they find is the network that they had.
    return held.attempts(
        {"firewall": _drop, "jobs": held.release, "Docker": held.start_engine, "containers": held.thaw}
    )


def _drop() -> list[str]:
    table.drop()
    return []


def settle() -> list[str]:
    """Finishes what was cut off, and puts back what somebody took away. Returns what went wrong."""
    with lock.hold(LOCK, "keep", LOCK_SECONDS):
        if isolated.is_isolated():
            return _keep()
        if not table.is_loaded() and held.is_free() and not held.known():
            return []
        journal.record("isolation", "The end of an isolation is finished", what="unisolate", outcome="success")
        return _bring_back()


def _keep() -> list[str]:
    if not table.is_loaded():
        table.load(isolated.standing().vault)
        words = "The table by which the host is isolated was gone, and is loaded again"
        journal.record("isolation", words, what="isolate", outcome="success")
    works = {"containers": held.freeze, "SSH": held.start_ssh}
    return held.attempts(works if held.is_held() else {**works, "jobs": held.hold})


def state() -> int:
    """Prints as JSON whether the host is isolated, since when, by whom and why."""
    known = isolated.standing()
    print(json.dumps({"isolated": isolated.is_isolated(), "loaded": table.is_loaded(), **said(known)}), flush=True)
    return cli.DONE


def said(known: Standing, *, again: bool | None = None) -> dict[str, object]:
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(known.since)) if known.since else None
    answer: dict[str, object] = {"since": since, "who": known.who, "why": known.why}
    return answer if again is None else {**answer, "again": again}


def _record(what: str, who: str, why: str, by: str, outcome: str, trouble: list[str] | None = None) -> None:
    words = "; ".join(trouble or [])
    message = f"{who}: {what} by {by}: {outcome}: {why}" + (f"; not done: {words}" if words else "")
    journal.record("isolation", message, who=who, what=what, why=why, from_=by, outcome=outcome, not_done=words)
