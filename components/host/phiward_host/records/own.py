"""phiward's own acts: by the fields of their entries, and by the lines that earlier versions wrote."""

import json
import re
from typing import get_args

from phiward_host.common.decode import Fields
from phiward_host.common.errors import Refused
from phiward_host.records.act import Act, Kind, Query, Reader, field_of, plain
from phiward_host.records.entry import Entry
from phiward_host.records.logins import ADDRESS, NAME

# Kinds that an entry may name in PHIWARD_ACT.
_OWN_KINDS = frozenset({"deploy", "restore", "backup", "operation", "reading", "AUDIT_LOG_FAILURE"}) & set(
    get_args(Kind)
)
_THING = r"[\w./:@-]{1,100}"
_LINES = (
    (re.compile(rf"logs of ({_THING}) read by ({NAME}) on {_THING}"), "operation", "logs of {} read"),
    (
        re.compile(rf"database ({_THING}) opened by ({NAME}) on {_THING}: .*", re.DOTALL),
        "database",
        "database {} opened",
    ),
    (re.compile(rf"bans of ({ADDRESS}) lifted by ({NAME}) on {_THING}"), "operation", "bans of {} lifted"),
    (
        re.compile(rf"evidence of ({_THING}) (?:taken|opened) by ({NAME}): .*"),
        "reading",
        "evidence of {} taken or opened",
    ),
    (re.compile(rf"(shell) of ({NAME}) on {_THING}: .*", re.DOTALL), "operation", "{} opened"),
)
_DEPLOY = re.compile(rf"({NAME}) from ({ADDRESS}|unknown): (.*)", re.DOTALL)
_REQUEST = re.compile(r"request ([0-9a-f]{64}) \(([a-z0-9 -]{1,130})\) by agent [0-9a-f]{64}; command .*", re.DOTALL)
_CONFIRMS = re.compile(r"confirms ([a-z0-9-]{1,64}) ([0-9a-f]{64}); command .*", re.DOTALL)
_INPUT = re.compile(r"(?:no input|input [0-9a-f]{64}); command [0-9a-f]{64}: (.*)", re.DOTALL)
_DOCKER = re.compile(r"docker (POST|DELETE|PUT) (?:/v[0-9.]+)?(/[\w./-]{1,100})(\?\S*)? body [0-9a-f]{64}")
# Of a restore that two people have to sign, it is asked for before it begins.
_OTHER_ENDS = {"killed": "failure", "asked": "asked", "refused": "denied"}
# Read by deploys before they change anything; they say nothing of what was done.
_LOOKS = frozenset({"true", "sudo -n true"})


def acted(entry: Entry) -> Act | None:
    """What has the fields of common/journal.py, or is a line of a person's command (ops/lib/person.ts)."""
    if not entry.is_roots:
        return None
    fields = entry.fields
    kind = fields.get("PHIWARD_ACT", "")
    if kind in _OWN_KINDS or kind == "database":
        extra = [field_of(fields, name) for name in ("PHIWARD_COMMIT", "PHIWARD_GENERATION")]
        what = " ".join([fields.get("PHIWARD_WHAT", kind), *(text[:16] for text in extra if text)])
        named: Kind = next(each for each in get_args(Kind) if each == kind)
        who, from_, outcome = (field_of(fields, f"PHIWARD_{name}") for name in ("WHO", "FROM", "OUTCOME"))
        return Act(entry.time, entry.host, named, what, who, from_, outcome)
    for pattern, line_kind, words in _LINES:
        found = pattern.fullmatch(entry.text("MESSAGE"))
        if found is not None:
            named = next(each for each in get_args(Kind) if each == line_kind)
            return Act(entry.time, entry.host, named, words.format(found.group(1)), found.group(2))
    return None


def deployed(entry: Entry) -> Act | None:
    """What a person asked for at the login of deploys (deploy/main.py)."""
    found = _DEPLOY.fullmatch(entry.text("MESSAGE"))
    if found is None:
        return None
    who, from_, said = found.groups()
    outcome = "denied" if said.startswith("refused: ") else "success"
    what = _asked(said) if outcome == "success" else "refused at the login of deploys"
    return None if what is None else Act(entry.time, entry.host, _kind_of(what), what, who, from_, outcome)


def _kind_of(what: str) -> Kind:
    return "container" if what.startswith("docker ") else "restore" if what == "restore" else "deploy"


def _asked(said: str) -> str | None:
    request = _REQUEST.fullmatch(said)
    if request is not None:
        return f"{request.group(2)}, request {request.group(1)[:16]}"
    confirmed = _CONFIRMS.fullmatch(said)
    if confirmed is not None:
        return f"confirm {confirmed.group(1)}, generation {confirmed.group(2)[:16]}"
    docker = _DOCKER.fullmatch(said)
    if docker is not None:
        name = re.search(r"[?&]name=([\w.-]{1,64})(?:&|$)", docker.group(3) or "")
        return f"docker {docker.group(1)} {docker.group(2)}{'' if name is None else f' {name.group(1)}'}"
    other = _INPUT.fullmatch(said)
    if other is None or other.group(1) in _LOOKS:
        return None
    if "--description=Restore" in other.group(1):
        return "restore"
    words = [word for word in other.group(1).split(" ") if plain(word) and word not in ("sudo", "-n", "-I")]
    return " ".join(words[-3:])


def restored(entry: Entry) -> Act | None:
    """The record of restores (backup/restore_record.py)."""
    if not entry.is_roots:
        return None
    try:
        fields = Fields.of(json.loads(entry.text("MESSAGE")), "restore")
        event, who, what = (fields.text(name) for name in ("event", "who", "what"))
    except (ValueError, RecursionError, Refused):
        return None
    outcome = {"begun": "begun", "done": "success", "failed": "failure", **_OTHER_ENDS}.get(event, "unknown")
    return Act(entry.time, entry.host, "restore", f"restore of {plain(what) or '…'}", plain(who), "", outcome)


READERS = (
    Reader(
        ("deploy", "restore", "backup", "operation", "reading", "database", "AUDIT_LOG_FAILURE"),
        Query([["_UID=0", "SYSLOG_IDENTIFIER=phiward"]], names_who=False),
        acted,
    ),
    Reader(("deploy", "container", "restore"), Query([["SYSLOG_IDENTIFIER=phiward-deploy"]]), deployed, by="deploy"),
    Reader(("restore",), Query([["_UID=0", "SYSLOG_IDENTIFIER=phiward-restore"]]), restored),
)
