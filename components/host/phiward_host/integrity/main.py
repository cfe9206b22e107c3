"""`phiward.pyz integrity VERB`: what is on this host that neither packages, plans nor the stack account for."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterable, Sequence

from phiward_host.common import cli, files
from phiward_host.common.errors import Refused
from phiward_host.common.log import RootLog
from phiward_host.integrity import accounts, authorities, baseline, containers, daily, running, settings
from phiward_host.integrity.declared import declared
from phiward_host.integrity.finding import CHANGED_DECLARED, CHANGED_PACKAGE, CHECK, UNSEALED, Finding, each_once
from phiward_host.integrity.packages import packages
from phiward_host.integrity.remedies import acceptable, remedy
from phiward_host.integrity.settings import Settings
from phiward_host.integrity.tree import Look, entries, require_found

LOG = RootLog("integrity")
USAGE = "look SHA256 | last | counts | begin | daily | report"
# Of one look, so many are named; the others by number.
MOST_NAMED = 200


def main(words: Sequence[str]) -> int:
    """`look` and `last` print a line for each thing that was found, and end with 0 whether there are any or not."""
    return cli.main("the program of integrity", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    if len(words) == 2 and words[0] == "look":
        return _look(words[1])
    verbs = {"last": _last, "counts": _counts, "begin": _begin, "daily": _daily, "report": _report}
    verb, rest = cli.choose(words, verbs, USAGE)
    if rest:
        raise Refused(f"found {len(words)} words, allowed: {USAGE}")
    return verb()


def everything(declaration: Settings) -> list[Finding]:
    """All that is found now, known or not. Packages' files are as they were when all were compared, unless changed."""
    shipped, plans, found = packages(), declared(), entries()
    require_found(found)
    before = daily.last()
    look = Look(shipped, plans, 0 if before is None else before.at)
    return each_once(
        [
            *look.findings(found),
            *authorities.findings(shipped),
            *accounts.findings(declaration.people, declaration.with_password),
            *running.findings(declaration.listeners),
            *containers.findings_if_it_answers(declaration.names),
        ]
    )


def unaccounted(found: Iterable[Finding], declaration: Settings) -> list[Finding]:
    """What of it neither the baseline has nor the stack's file accepts."""
    known, today = baseline.known(), settings.today()
    return [
        finding
        for finding in found
        if finding not in known and not any(entry.covers(finding, today) for entry in declaration.accepted)
    ]


def unsealed(declaration: Settings) -> list[Finding]:
    """The baseline, where the stack's file holds the hash of another one."""
    if declaration.seal is None or declaration.seal == baseline.seal():
        return []
    return [Finding(UNSEALED, baseline.path())]


def _look(expected: str) -> int:
    """With the hash of the settings as the plan has them: whoever changes those on the host is found by it."""
    if hashlib.sha256(files.read(settings.PATH)).hexdigest() != expected:
        print(Finding(CHANGED_DECLARED, settings.PATH).line())
    declaration = settings.settings()
    _print([*unsealed(declaration), *unaccounted(everything(declaration), declaration)])
    return cli.DONE


def _print(found: Sequence[Finding]) -> None:
    for finding in found[:MOST_NAMED]:
        print(finding.line())
    if len(found) > MOST_NAMED:
        print(f"and {len(found) - MOST_NAMED} more; npx phiward drift lists all")


def _last() -> int:
    """What the daily look found, where it was held at all within its time."""
    result = daily.last()
    if result is None:
        print("no daily look was held: systemctl start phiward-integrity.service")
        return cli.DONE
    if daily.age_hours(result) > daily.MOST_HOURS:
        print(f"the last daily look is {daily.age_hours(result):.0f} hours old: systemctl status phiward-integrity")
    _print(unaccounted(result.findings, settings.settings()))
    return cli.DONE


def _counts() -> int:
    """As JSON, how much of each kind nothing accounts for, by the last daily look: what is watched from the vault."""
    result = daily.last()
    found = [] if result is None else unaccounted(result.findings, settings.settings())
    print(json.dumps(Counter(finding.kind for finding in found if finding.kind != CHECK)))
    return cli.DONE


def _begin() -> int:
    """What is there at first; and the first comparison of all packages' files, by which the later looks are quick."""
    declaration = settings.settings()
    if daily.last() is None:
        _whole(declaration)
    result = daily.last()
    baseline.begin([*everything(declaration), *(result.findings if result else [])])
    return cli.DONE


def _whole(declaration: Settings) -> daily.Daily:
    at = time.time()
    found = each_once([*daily.changed_files(declared()), *everything(declaration)])
    result = daily.Daily(at, round(daily.cpu_seconds(), 2), found)
    daily.write(result)
    return result


def _daily() -> int:
    """All of it. Ends with 1, so that an alert is sent, where anything was found; the journal names it."""
    declaration = settings.settings()
    failed = daily.failed_checks()
    result = _whole(declaration)
    result = daily.Daily(result.at, round(daily.cpu_seconds(), 2), [*result.findings, *failed])
    daily.write(result)
    found = unaccounted(result.findings, declaration)
    _print(found)
    print(f"{len(found)} found, by {result.cpu} seconds of processor time")
    return cli.FAILED if found else cli.DONE


def _report() -> int:
    """As JSON, for `phiward drift`: what nothing accounts for, each with what ends it; and the baseline's seal."""
    declaration = settings.settings()
    result = daily.last()
    late = [] if result is None else unaccounted(result.findings, declaration)
    now = unaccounted(everything(declaration), declaration)
    # What the daily look found of packages and checks; the rest is looked at now.
    held = [finding for finding in late if finding.kind in (CHANGED_PACKAGE, CHECK)]
    before = {(finding.kind, finding.path) for finding in baseline.known()}
    found = [
        {
            **finding.to_json(),
            "remedy": remedy(finding, (finding.kind, finding.path) in before),
            "acceptable": acceptable(finding),
        }
        for finding in each_once([*now, *held])
    ]
    print(
        json.dumps(
            {
                "seal": baseline.seal() if baseline.exists() else None,
                "daily": None if result is None else {"hours": round(daily.age_hours(result), 1), "cpu": result.cpu},
                "found": found,
            }
        )
    )
    return cli.DONE
