"""What services did: bans, backups, containers that started, database logins, and the applications' own audit lines."""

import json
import re

from phiward_host.common.decode import Fields, as_int
from phiward_host.common.errors import Refused
from phiward_host.records.act import Act, Query, Reader, plain
from phiward_host.records.entry import ENGINE_UNIT, Entry
from phiward_host.records.logins import ADDRESS

STARTED = "39f53479d3a045ac8e11786248231fbf"
FAILED = "be02cf6855d2428ba40df7e9d022f03d"
UNIT_FAILED = "d9b373ed55a64feb8242e02dbe79a49c"
_BACKUP_UNIT = "phiward-backup.service"
_BAN = re.compile(rf"[^\n]*NOTICE\s+\[([\w-]{{1,64}})\] (?:Restore )?(Ban|Unban) ({ADDRESS})")
_CONTAINER = re.compile(r"docker-([0-9a-f]{12})[0-9a-f]{52}\.scope")
# The prefix that postgresql.conf has, and all of the line: names that a client makes up are in lines of other words, at
# most 63 characters of them, and each further line of a message begins with a tab.
_DATABASE = re.compile(
    rf"[0-9-]{{10}} [0-9:.]{{8,15}} UTC \[[0-9]+\] ([\w.-]{{1,63}})@([\w.-]{{1,63}}) ({ADDRESS}|\[local\]) "
    r"LOG:  connection authorized: user=\1 database=\2(?: application_name=.*| SSL enabled \(.*\))?"
)
_OUTCOMES = frozenset({"success", "denied", "refused", "failure"})


def ban(entry: Entry) -> Act | None:
    found = _BAN.fullmatch(entry.text("MESSAGE")) if entry.is_roots else None
    if found is None:
        return None
    jail, act, address = found.groups()
    return Act(entry.time, entry.host, "ban", f"{act.lower()} by {jail}", "fail2ban", address, "success")


def unit(entry: Entry) -> Act | None:
    """What systemd says of backups and of the scopes that containers run in."""
    name = entry.text("UNIT")
    if entry.text("_PID") != "1" or not entry.is_roots:
        return None
    container = _CONTAINER.fullmatch(name)
    if container is not None:
        return Act(entry.time, entry.host, "container", f"container {container.group(1)} started", "", "", "success")
    if name != _BACKUP_UNIT:
        return None
    failed = entry.text("MESSAGE_ID") != STARTED
    return Act(entry.time, entry.host, "backup", "backup of the host", "", "", "failure" if failed else "success")


def _whole_line(entry: Entry) -> str | None:
    """A line that a container of a service printed; None where it is another's, or a part of a line.

    Docker alone says whose it is. It cuts long lines in parts, of which a later one may begin with what anyone wrote.
    """
    named = entry.text("CONTAINER_NAME") != "" and plain(entry.text("PHIWARD_SERVICE")) != ""
    if entry.text("_SYSTEMD_UNIT") != ENGINE_UNIT or not named or "CONTAINER_PARTIAL_ID" in entry.fields:
        return None
    return entry.text("MESSAGE")


def application(entry: Entry) -> Act | None:
    """An audit line of an application: a JSON object with `audit: 1`, who did what to which object."""
    line = _whole_line(entry)
    if line is None:
        return None
    try:
        fields = Fields.of(json.loads(line), "line")
        if fields.read("audit", as_int) != 1:
            return None
    except (ValueError, RecursionError, Refused):
        return None
    user, action, thing, outcome, address = (
        plain(value) if isinstance(value := fields.values.get(name), str) else ""
        for name in ("user", "action", "object", "outcome", "address")
    )
    what = " ".join(word for word in (f"{entry.text('PHIWARD_SERVICE')}:", action, thing) if word != "")
    return Act(
        entry.time, entry.host, "application", what, user, address, outcome if outcome in _OUTCOMES else "unknown"
    )


def database(entry: Entry) -> Act | None:
    """A login at a database. Its container has the service's own name; that of any other service has more behind it."""
    line, server = _whole_line(entry), entry.text("PHIWARD_SERVICE")
    found = None if line is None or entry.text("CONTAINER_NAME") != server else _DATABASE.fullmatch(line)
    if found is None:
        return None
    user, name, address = found.groups()
    from_ = "" if address == "[local]" else address
    return Act(entry.time, entry.host, "database", f"{server}: login to {name}", user, from_, "success")


READERS = (
    Reader(
        ("ban",),
        Query(
            [["_SYSTEMD_UNIT=fail2ban.service"]], grep=r"NOTICE\s+\[[\w-]+\] (Restore )?(Ban|Unban) ", names_who=False
        ),
        ban,
    ),
    Reader(
        ("backup",),
        Query(
            [["_PID=1", f"UNIT={_BACKUP_UNIT}", *(f"MESSAGE_ID={id}" for id in (STARTED, FAILED, UNIT_FAILED))]],
            names_who=False,
        ),
        unit,
    ),
    Reader(
        ("container",),
        Query([["_PID=1", f"MESSAGE_ID={STARTED}"]], grep=r"docker-[0-9a-f]{64}\.scope", names_who=False),
        unit,
    ),
    Reader(("application",), Query([[f"_SYSTEMD_UNIT={ENGINE_UNIT}"]], grep=r'"audit":\s*1[,}]'), application),
    Reader(
        ("database",), Query([[f"_SYSTEMD_UNIT={ENGINE_UNIT}"]], grep=" LOG:  connection authorized: user="), database
    ),
)
