"""AUDIT_LOG_FAILURE: what says that records were lost, or may have been, and which program says so."""

import re
from collections.abc import Callable, MutableSequence

from phiward_host.records.act import Act, Look, Query, Reader
from phiward_host.records.entry import Entry
from phiward_host.sealing.closed import ACT, WORDS

# sd-messages.h: messages of a service dropped by the rate limit; entries missed; a journal that was replaced.
_IDS = {
    "a596d6fe7bfa4994828e72309e95d61e": "messages of a service were dropped, since they were too many",
    "e9bf28e6e834481bb6f48f548ad13606": "messages were missed",
}
# Of the kernel's own (1305, CONFIG_CHANGE): that no daemon takes its records any more.
CONFIG_CHANGE = "1305"
_NO_DAEMON = re.compile(r"(?:.* )?audit_pid=0 .*")
_KERNEL = re.compile(r"audit: (backlog limit exceeded|audit_lost=[0-9]+ .*|rate limit exceeded)")
_REPLACED = re.compile(r"(?:File )?/\S+ corrupted or uncleanly shut down, (?:renaming|rotating)\.*[^\n]*")
# Of the file that the seal's program sets aside itself, and how long after or before its own record journald says so.
_SET_ASIDE = re.compile(r"(?:File )?/\S+/system\.journal corrupted .*")
SAID_WITHIN = 60_000_000
_SAID = Query([["_UID=0", "SYSLOG_IDENTIFIER=phiward", f"PHIWARD_ACT={ACT}"]], names_who=False)


def trouble(entry: Entry) -> Act | None:
    what = _IDS.get(entry.text("MESSAGE_ID"), "") if entry.is_roots else ""
    if what == "" and is_end_of_daemon(entry):
        what = "the audit daemon ended"
    if what == "" and entry.text("_TRANSPORT") == "kernel" and _KERNEL.fullmatch(entry.text("MESSAGE")):
        what = "the kernel lost audit records"
    if what == "" and entry.is_roots and entry.text("SYSLOG_IDENTIFIER") == "systemd-journald":
        what = "a journal was damaged, and a new one begun" if _REPLACED.fullmatch(entry.text("MESSAGE")) else ""
    return None if what == "" else Act(entry.time, entry.host, "AUDIT_LOG_FAILURE", what, "", "", "failure")


def unexplained(look: Look, begin: int, end: int) -> Callable[[Entry], Act | None]:
    """As `trouble`, without the one line of each sealed file that was whole when phiward set it aside."""
    said = [entry.time for entry in look(begin - SAID_WITHIN, end + SAID_WITHIN, _SAID) if is_said(entry)]

    def read(entry: Entry) -> Act | None:
        act = trouble(entry)
        if act is None or not is_of_set_aside(entry):
            return act
        return None if take_said(said, entry) else act

    return read


def take_said(said: MutableSequence[int], entry: Entry) -> bool:
    """Takes the first of what was said near to the time of an entry away; returns whether there was any."""
    near = [time for time in said if abs(time - entry.time) <= SAID_WITHIN]
    if near:
        said.remove(min(near))
    return bool(near)


def is_end_of_daemon(entry: Entry) -> bool:
    """Whether the kernel says that no daemon takes its records any more."""
    is_change = entry.text("_TRANSPORT") == "audit" and entry.text("_AUDIT_TYPE") == CONFIG_CHANGE
    return is_change and _NO_DAEMON.fullmatch(entry.text("MESSAGE")) is not None


def is_of_set_aside(entry: Entry) -> bool:
    """Whether journald says it, of a file that phiward may have set aside."""
    return _SET_ASIDE.fullmatch(entry.text("MESSAGE")) is not None


def is_said(entry: Entry) -> bool:
    """Whether phiward says that it sets a whole file aside."""
    return entry.is_roots and entry.text("PHIWARD_ACT") == ACT and entry.text("MESSAGE") == WORDS


READERS = (
    Reader(
        ("AUDIT_LOG_FAILURE",),
        Query(
            # The end of the audit daemon is read by daemon.py, which knows what is around it.
            [[f"MESSAGE_ID={id}", "_UID=0"] for id in _IDS],
            names_who=False,
        ),
        trouble,
    ),
    Reader(
        ("AUDIT_LOG_FAILURE",),
        Query(
            [["_TRANSPORT=kernel"], ["SYSLOG_IDENTIFIER=systemd-journald"]],
            grep=r"^audit: (backlog limit|audit_lost=|rate limit)|corrupted or uncleanly shut down",
            names_who=False,
        ),
        trouble,
        beginning=unexplained,
    ),
)
