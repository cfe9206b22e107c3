"""Whether the newest record is at the collector: an alert where it is not for too long, and what checks ask."""

import json
import time

from phiward_host.collector.link import Link, reason
from phiward_host.collector.place import State
from phiward_host.collector.settings import KEY, STATE_BENEATH, STATE_TOP, UNIT, CollectorSettings
from phiward_host.common import cli, files, paths, records
from phiward_host.common.decode import as_float, dict_of
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.log import RootLog

AGAIN_SECONDS = 86_400.0
MOST_STATE = 1 << 20
# A sender that was started a moment ago says soon how far it came.
FIRST_SECONDS = 20.0
ANSWER_SECONDS = 1.0
LOOK_AT = f"see journalctl --unit={UNIT.removesuffix('.service')}"


def watch(settings: CollectorSettings, log: RootLog) -> int:
    """Raises Failed, which is an alert, where the copy is late, once a day while it is, and for each gap in it."""
    now = time.time()
    known = records.read_or_begin(_known(), dict_of(as_float), {}, log)
    state = _state()
    since = known.get("since", now)
    late = _late(settings, state, since, now)
    is_due = late is not None and now - known.get("raised", 0.0) > AGAIN_SECONDS
    gap = state.gap if state is not None and state.gap_at != known.get("gap", 0.0) else None
    raised = {"raised": now if is_due else known.get("raised", 0.0)} if late is not None else {}
    records.write_json(_known(), {"since": since, "gap": 0.0 if state is None else state.gap_at, **raised}, log)
    words = [
        *([gap.removeprefix("AUDIT_LOG_FAILURE: ")] if gap else []),
        *([late] if late is not None and is_due else []),
    ]
    if words:
        raise Failed(f"AUDIT_LOG_FAILURE: {'; '.join(words)}")
    return cli.DONE


def sent(settings: CollectorSettings) -> int:
    """Prints that the newest record is sent. Raises Failed."""
    limit = time.monotonic() + FIRST_SECONDS
    while (state := _state()) is None and time.monotonic() < limit:
        time.sleep(1)
    late = _late(settings, state, 0.0, time.time())
    if late is not None:
        raise Failed(late)
    print("sent", flush=True)
    return cli.DONE


def answers(settings: CollectorSettings) -> int:
    """Prints that the collector answers, proven by the declared authority and name. Raises Failed."""
    try:
        with Link(settings, KEY) as link:
            # By TLS 1.3 a client hears only then that its own certificate was refused.
            link.require(ANSWER_SECONDS)
    except (OSError, ValueError) as error:
        raise Failed(reason(error)) from None
    print("answers", flush=True)
    return cli.DONE


def _known() -> str:
    """Since when it is looked, when an alert was last raised, and of which gap."""
    return f"{paths.BASE}/journal/collector.json"


def _state() -> State | None:
    """What the sender says; None where it has said nothing. Its account writes it, so that it may be anything."""
    try:
        text = files.read_beneath(STATE_TOP, STATE_BENEATH, MOST_STATE)
        return State.from_json(json.loads(text), "state")
    except FileNotFoundError:
        return None
    except (Refused, ValueError, OSError):
        raise Failed(f"what the sender of the copy keeps cannot be read; {LOOK_AT}") from None


def _late(settings: CollectorSettings, state: State | None, since: float, now: float) -> str | None:
    """What is wrong, or None."""
    age = now - (since if state is None else state.arrived)
    if state is not None and age <= settings.late:
        return None
    if state is None:
        return f"the sender of the copy has not begun; {LOOK_AT}" if age > settings.late else None
    trouble = "" if state.trouble is None else f": {state.trouble}"
    return f"no record has reached the collector for {age / 60:.0f} minutes{trouble}; {LOOK_AT}"
