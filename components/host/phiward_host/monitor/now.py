"""How the hosts are now, as the vault's monitoring knows it: the one answer from which each screen and page is made."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from phiward_host.common.errors import Failed
from phiward_host.monitor import answers
from phiward_host.monitor.answers import Found, Silence
from phiward_host.monitor.settings import LookSettings

# Alertmanager's own names: what is always raised, and what is raised of another alert (components/monitoring/alerts).
HEARTBEAT, UNACKNOWLEDGED = "HEARTBEAT", "UNACKNOWLEDGED"
SEVERITIES = ("critical", "high", "medium", "low")
# After it nothing more is asked: what does not answer is named.
MOST_SECONDS = 20.0
T = TypeVar("T")


@dataclass(frozen=True)
class Raised:
    """An alert since a moment (seconds since 1970), with what to do, and whose silence keeps it back.

    `escalated`: nobody acknowledged it in the time of its severity.
    """

    alert: str
    host: str
    severity: str
    since: float
    what: str
    command: str
    silenced: str
    escalated: bool


@dataclass(frozen=True)
class Now:
    """`missing` names what could not be asked: nothing of it is known, and nothing is well because of that.

    `undelivered` has how many messages failed within an hour, by the way that they were to go; `figures` has the values
    of each figure by the host's present name.
    """

    at: float
    vault: str
    hosts: tuple[str, ...]
    missing: tuple[str, ...]
    raised: tuple[Raised, ...]
    undelivered: Mapping[str, int]
    silences: tuple[Silence, ...]
    figures: Mapping[str, Mapping[str, float]]


def look(settings: LookSettings) -> Now:
    """Asks for all of it; what does not answer is in `missing`."""
    missing: list[str] = []
    limit = time.monotonic() + MOST_SECONDS

    def asked(what: str, ask: Callable[[], T], otherwise: T) -> T:
        if time.monotonic() > limit:
            missing.append(what)
            return otherwise
        try:
            return ask()
        except Failed:
            missing.append(what)
            return otherwise

    silences = asked("silences", answers.silences, [])
    raised = asked("alerts", answers.raised, [])
    taken = asked("alerts on their way", answers.taken, [])
    # What is always raised is missing there where it has just begun, or hears nothing: what else there is may be too.
    for what, found in (("alerts", raised), ("alerts on their way", taken)):
        if what not in missing and all(one.name != HEARTBEAT for one in found):
            missing.append(what)
    failed = asked("undelivered alerts", lambda: answers.values(settings.undelivered, "integration"), {})
    figures = {
        figure.name: _of_hosts(settings, asked(figure.title, lambda q=figure.query: answers.values(q, "instance"), {}))
        for figure in settings.figures
    }
    return Now(
        at=time.time(),
        vault=settings.hosts.get(settings.vault, settings.vault),
        hosts=tuple(settings.hosts.values()),
        missing=tuple(missing),
        raised=tuple(_raised(settings, _merged(raised, taken), silences)),
        undelivered={way: math.ceil(count) for way, count in sorted(failed.items()) if count > 0},
        silences=tuple(silences),
        figures=figures,
    )


def _of_hosts(settings: LookSettings, values: Mapping[str, float]) -> dict[str, float]:
    return {name: values[lasting] for lasting, name in settings.hosts.items() if lasting in values}


def _merged(raised: list[Found], taken: list[Found]) -> list[Found]:
    """Each alert once: Prometheus raises it, Alertmanager has who silenced it. One of them may have just begun."""
    other = {_same(one): one for one in taken}
    known = {_same(one) for one in raised}
    pairs = ((one, other.get(_same(one), one)) for one in raised)
    # Whichever has begun since knows it from then on alone.
    rows = [replace(one, since=min(one.since, same.since), silences=same.silences) for one, same in pairs]
    return [*rows, *(one for one in taken if _same(one) not in known)]


def _same(one: Found) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(one.labels.items()))


def _raised(settings: LookSettings, found: list[Found], silences: list[Silence]) -> list[Raised]:
    """The gravest first, and of those the one that lasts longest."""
    escalated = {_about(one) for one in found if one.name == UNACKNOWLEDGED}
    kept = {answers.ISOLATION: "the isolation of the host", **{silence.name: silence.who for silence in silences}}
    rows = [
        Raised(
            alert=one.name,
            host=_name(settings, one),
            severity=one.labels.get("severity", ""),
            since=one.since,
            what=one.words,
            command=settings.commands.get(one.name, "").replace("{host}", _name(settings, one)),
            silenced=", ".join(sorted({kept.get(name, "a silence") for name in one.silences})),
            escalated=_about(one) in escalated,
        )
        for one in found
        if one.name not in (HEARTBEAT, UNACKNOWLEDGED)
    ]
    return sorted(rows, key=lambda row: (_grade(row.severity), row.since, row.alert, row.host))


def _about(one: Found) -> tuple[str, str]:
    return one.labels.get("alert", one.name), one.labels.get("instance", "")


def _name(settings: LookSettings, one: Found) -> str:
    """The host's present name; of a host that is none of the stack's, a word that no command takes for one."""
    return settings.hosts.get(one.labels.get("instance", ""), "?")


def _grade(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
