"""`phiward.pyz scans VERB`: known vulnerabilities of this host and its images, and lynis' judgement of its settings."""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from phiward_host.common import cli, files
from phiward_host.common.errors import Refused
from phiward_host.common.log import RootLog
from phiward_host.scans import look, lynis, record
from phiward_host.scans.record import Look

LOG = RootLog("scans")
DAY = 86_400
# A look each day, and what a host that restarts or is busy needs besides.
MOST_LOOK, MOST_JUDGED = 2 * DAY, 8 * DAY
LYNIS_TIMER = "/etc/systemd/system/phiward-lynis.timer"


def main(words: Sequence[str]) -> int:
    """Exit codes as of cli.main; what is found fails nothing, since alerts and reports tell of it."""
    return cli.main("the program of scans", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    verb, rest = cli.choose(words, VERBS, " | ".join(VERBS))
    if rest:
        raise Refused("found more than one word, allowed: a verb alone")
    return verb()


def _look() -> int:
    """Its lines are on record, by the journal."""
    for line in said(look.look()):
        print(line)
    return cli.DONE


def said(found: Look) -> list[str]:
    """A line for each place: how much waits, by severity."""
    lines: list[str] = []
    for place in found.places:
        counts = Counter(one.severity for one in place.waiting)
        words = ", ".join(f"{counts[each]} {each}" for each in record.SEVERITIES if counts[each])
        lines.append(f"{place.where}: {place.untold or words or 'no update waits'}")
    return lines


def _looked() -> int:
    """For the check: a word where it was within its time, else what to do."""
    found = record.last()
    age = None if found is None else time.time() - found.at
    print(_within(age, MOST_LOOK, "phiward-vulnerabilities.service"))
    return cli.DONE


def _judge() -> int:
    found = lynis.judge()
    print(f"index {found.index}, {len(found.warnings)} warnings, {len(found.suggestions)} suggestions")
    return cli.DONE


def _judged() -> int:
    """For the check. A host that was deployed within the week was not judged yet."""
    found, timer = lynis.last(), files.status(LYNIS_TIMER)
    since = found.at if found is not None else None if timer is None else timer.st_mtime
    print(_within(None if since is None else time.time() - since, MOST_JUDGED, "phiward-lynis.service"))
    return cli.DONE


def _within(age: float | None, most: float, unit: str) -> str:
    if age is not None and age <= most:
        return "in time"
    when = "never" if age is None else f"{age / DAY:.0f} days ago"
    return f"last done: {when}; see systemctl status {unit}"


def _report() -> int:
    """As JSON, for `phiward vulnerabilities` and the report of the month."""
    found, judged = record.last(), lynis.last()
    answer = {
        "now": time.time(),
        "look": None if found is None else found.to_json(),
        "lynis": None if judged is None else judged.to_json(),
    }
    print(json.dumps(answer))
    return cli.DONE


VERBS: Mapping[str, Callable[[], int]] = MappingProxyType(
    {"look": _look, "looked": _looked, "judge": _judge, "judged": _judged, "report": _report}
)
