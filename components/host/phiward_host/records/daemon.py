"""The end of the audit daemon: with its host, for an update or a deploy that begins it again, or by whoever stopped it.

The kernel says that no daemon takes its records any more, and when one does again. What explains an end is said around
it by programs of the host: logind, systemd of the daily update, and phiward of a deploy. Any other is a failure, also
one after which the daemon began again.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from phiward_host.records.act import Act, Look, Query, Reader
from phiward_host.records.entry import Entry
from phiward_host.records.services import FAILED, STARTED, UNIT_FAILED
from phiward_host.records.trouble import CONFIG_CHANGE, is_end_of_daemon

SECOND = 1_000_000
# sd-messages.h: logind says that the host stops, before it stops a unit, by whichever command; a unit is started.
STOPS, STARTING = "98268866d1d54a499c4e98921d93bc40", "7d4958e842da4a758f6c1cdc7b36dcc5"
# systemd gives no unit longer to stop (DefaultTimeoutStopSec=90s), and auditd is one of the last.
STOPPING = 300 * SECOND
# Whoever restarts it has it back by then: it starts in a second or two.
AGAIN = 60 * SECOND
# An update takes less; a deploy says what it applied at its end.
UPDATING, DEPLOYING = 3600 * SECOND, 300 * SECOND
UPDATES = "apt-daily-upgrade.service"
_BEGINS = re.compile(r"(?:.* )?audit_pid=[1-9][0-9]* .*")

_CHANGES = Query(
    [["_TRANSPORT=audit", f"_AUDIT_TYPE={CONFIG_CHANGE}"]], grep=r"(^| )audit_pid=[0-9]+ ", names_who=False
)
_STOPPED = Query([["_UID=0", "_SYSTEMD_UNIT=systemd-logind.service", f"MESSAGE_ID={STOPS}"]], names_who=False)
_UPDATED = Query(
    [["_PID=1", f"UNIT={UPDATES}", *(f"MESSAGE_ID={id}" for id in (STARTING, STARTED, FAILED, UNIT_FAILED))]],
    names_who=False,
)
_DEPLOYED = Query([["_UID=0", "SYSLOG_IDENTIFIER=phiward", "PHIWARD_ACT=deploy"]], names_who=False)


def is_stop(entry: Entry) -> bool:
    """Whether logind says that the host stops."""
    is_logind = entry.is_roots and entry.text("_SYSTEMD_UNIT") == "systemd-logind.service"
    return is_logind and entry.text("MESSAGE_ID") == STOPS


def ends(look: Look, begin: int, end: int) -> Callable[[Entry], Act | None]:
    """Reads each end as what it is, by what else is on record around that time."""
    changes = [(entry, is_end_of_daemon(entry)) for entry in look(begin, end + AGAIN, _CHANGES)]
    if not any(is_end for _, is_end in changes):
        # Nearly always: nothing else is looked for.
        return unread
    again = [_at(entry) for entry, _ in changes if _is_begin(entry)]
    stops = [_at(entry) for entry in look(begin - STOPPING, end, _STOPPED) if is_stop(entry)]
    updates = [(_at(entry), is_start(entry)) for entry in look(begin - UPDATING, end, _UPDATED) if is_update(entry)]
    deploys = [_at(entry) for entry in look(begin - DEPLOYING, end + DEPLOYING, _DEPLOYED) if _is_deploy(entry)]

    def read(entry: Entry) -> Act | None:
        if not is_end_of_daemon(entry):
            return None
        if _near(entry, stops, STOPPING, 0):
            return _act(entry, "the audit daemon ended with its host, which stops or restarts", is_explained=True)
        back = [time - entry.time for boot, time in again if boot == entry.boot and 0 <= time - entry.time <= AGAIN]
        if not back:
            return _act(entry, "the audit daemon ended, and did not begin again within a minute")
        what = f"the audit daemon was restarted, and began again after {min(back) // SECOND} s"
        said = [(at, is_start) for at, is_start in updates if _near(entry, [at], UPDATING, 0)]
        if said and max(said, key=lambda one: one[0][1])[1]:
            return _act(entry, f"{what}, during the daily update", is_explained=True)
        if _near(entry, deploys, DEPLOYING, DEPLOYING):
            return _act(entry, f"{what}, at a deploy", is_explained=True)
        return _act(entry, f"{what}, by neither a deploy nor the daily update")

    return read


def unread(entry: Entry) -> Act | None:
    """Of an entry by itself, without what is around it."""
    return _act(entry, "the audit daemon ended") if is_end_of_daemon(entry) else None


def _act(entry: Entry, what: str, *, is_explained: bool = False) -> Act:
    kind = "operation" if is_explained else "AUDIT_LOG_FAILURE"
    return Act(entry.time, entry.host, kind, what, "", "", "success" if is_explained else "failure")


def _at(entry: Entry) -> tuple[str, int]:
    return entry.boot, entry.time


def _near(entry: Entry, found: Iterable[tuple[str, int]], before: int, after: int) -> bool:
    """Whether one of them, of the same boot, was so long before the entry, or so long after it."""
    return any(boot == entry.boot and -after <= entry.time - time <= before for boot, time in found)


def _is_begin(entry: Entry) -> bool:
    is_change = entry.text("_TRANSPORT") == "audit" and entry.text("_AUDIT_TYPE") == CONFIG_CHANGE
    return is_change and _BEGINS.fullmatch(entry.text("MESSAGE")) is not None


def is_update(entry: Entry) -> bool:
    """Whether systemd says that the daily update begins or has ended."""
    return entry.is_roots and entry.text("_PID") == "1" and entry.text("UNIT") == UPDATES


def is_start(entry: Entry) -> bool:
    """Of a unit that systemd speaks of: whether it begins."""
    return entry.text("MESSAGE_ID") == STARTING


def _is_deploy(entry: Entry) -> bool:
    return entry.is_roots and entry.text("PHIWARD_ACT") == "deploy"


READERS: Sequence[Reader] = (Reader(("AUDIT_LOG_FAILURE", "operation"), _CHANGES, unread, beginning=ends),)
