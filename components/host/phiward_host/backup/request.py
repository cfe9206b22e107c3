"""What an operator asks a restore for, judged before anything is touched."""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from phiward_host.backup.mounts import volume_paths
from phiward_host.backup.retention import as_time
from phiward_host.backup.settings import Settings
from phiward_host.common.decode import Fields, as_bool, as_str, as_strs, dict_of, optional
from phiward_host.common.errors import Refused

# An absolute path without wildcards of restic, and without `.` and `..`.
FILE_PATH = re.compile(r"(/(?!\.{1,2}(/|$))[^/*?\[\]\\]+)+")
MOST_SIGNATURES = 2
MASTER = re.compile(r"phi-master-[1-9][0-9]?", re.ASCII)
VALUE = re.compile(r"[A-Za-z0-9]{32,128}", re.ASCII)
# Why erased persons may come back.
WITHOUT = re.compile(r"[!-~][ -~]{18,298}[!-~]", re.ASCII)


@dataclass(frozen=True)
class Approval:
    """The text of a request that this host made, and the signatures under it: of who asks, and of a second person."""

    text: str
    signatures: tuple[str, ...]

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        found = cls(fields.text("text"), tuple(fields.texts("signatures")))
        if len(found.signatures) > MOST_SIGNATURES:
            raise Refused(f"{path}.signatures: found {len(found.signatures)}, allowed: {MOST_SIGNATURES} at most")
        return found


@dataclass(frozen=True)
class RestoreRequest:
    """The request as `npx phiward restore` sends it on standard input; RestoreRequest of ops/commands/restore.ts."""

    what: str
    source: str
    who: str
    why: str
    # Id of a run or of one of its snapshots; None: the newest complete run.
    snapshot: str | None = None
    # Of the runs, only those that were there before this time; None: all.
    before: datetime.datetime | None = None
    # Directory that a file is restored into, instead of its original path; None: its original path.
    into: str | None = None
    # Whether a backup will do that nobody signed, such as one of an earlier version.
    unsigned: bool = False
    # Passwords that were sealed for this host's name; newest first.
    passwords: tuple[str, ...] = ()
    # Master keys of patients' columns, opened from the escrows in the backup; none yet where it is empty. None: whoever
    # asks cannot open any.
    masters: Mapping[str, str] | None = None
    # Whether one person's word has to do, at once, where two are declared.
    emergency: bool = False
    # Why databases and volumes are put in place in which erased persons could not be erased again; None: they are not.
    without_erasures: str | None = None
    # Where two people signed: then what is asked for is what they signed, and nothing that is said beside it.
    approval: Approval | None = None

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(
            what=_text(fields, "what") or "nothing",
            source=_text(fields, "from") or "nothing",
            who=_text(fields, "who") or "",
            why=_text(fields, "why") or "",
            snapshot=_text(fields, "snapshot"),
            before=fields.read_or("before", optional(as_time), None),
            into=_text(fields, "into"),
            unsigned=fields.read_or("unsigned", as_bool, False),
            passwords=tuple(fields.read_or("passwords", optional(as_strs), None) or []),
            masters=fields.read_or("masters", optional(_masters), None),
            emergency=fields.read_or("emergency", as_bool, False),
            without_erasures=_text(fields, "withoutErasures"),
            approval=fields.read_or("approval", optional(Approval.from_json), None),
        )

    @property
    def record(self) -> dict[str, object]:
        """What the record of restores holds of it; no password and no key."""
        asked: dict[str, object] = {
            "what": self.what,
            "from": self.source,
            "who": self.who,
            "why": self.why,
            "into": self.into,
        }
        if self.before is not None:
            asked["before"] = self.before.isoformat()
        said = {"unsigned": self.unsigned, "emergency": self.emergency}
        without = {} if self.without_erasures is None else {"withoutErasures": self.without_erasures}
        return {**asked, **{name: True for name, is_so in said.items() if is_so}, **without}


@dataclass(frozen=True)
class Selection:
    """What is restored: databases by name with their service, and paths (None: all that this host declares)."""

    databases: Mapping[str, str]
    paths: tuple[str, ...] | None


def select(settings: Settings, request: RestoreRequest) -> Selection:
    """What a request asks for. Raises Refused, before anything is touched, where it makes no sense."""
    for field, value in (("--who", request.who), ("--why", request.why)):
        if not value.strip():
            raise Refused(f"{field}: found nothing, allowed: a text; every restore is on record with who and why")
    if request.without_erasures is not None and WITHOUT.fullmatch(request.without_erasures) is None:
        raise Refused("--without-erasures: found another text, allowed: 20 to 300 printable characters of ASCII")
    if request.source not in settings.repositories:
        raise Refused(f"--from: found {request.source}, allowed: {' or '.join(settings.repositories)}")
    if request.before is not None and request.snapshot is not None:
        raise Refused("--before: found it beside --snapshot, allowed: one of them; a snapshot is one backup already")
    if request.into is not None and not request.into.startswith("/"):
        raise Refused("--into: found no absolute path, allowed: an absolute path; a copy is restored below it")
    services = settings.services
    kind, _, name = request.what.partition(":")
    if kind == "all" and not name:
        _only_in_place(request, "everything is restored in its place; give --what file:/path for a copy beside it")
        return Selection(services, None)
    if kind == "database" and name in services:
        _only_in_place(request, "a database is restored in its place, and the old one kept beside it; leave --into out")
        return Selection({name: services[name]}, ())
    if kind == "volume" and name in settings.volumes:
        return Selection({}, (volume_paths([name])[name],))
    if kind == "file" and FILE_PATH.fullmatch(name):
        return Selection({}, (name,))
    databases = ", ".join(f"database:{database}" for database in services) or "no database"
    volumes = ", ".join(f"volume:{volume}" for volume in settings.volumes) or "no volume"
    raise Refused(f"--what: found {request.what}, allowed: all, file:/absolute/path, {databases}, {volumes}")


def _only_in_place(request: RestoreRequest, advice: str) -> None:
    if request.into is not None:
        raise Refused(f"--into: {advice}")


def _masters(value: object, path: str) -> Mapping[str, str]:
    found = dict_of(as_str)(value, path)
    if any(MASTER.fullmatch(name) is None or VALUE.fullmatch(text) is None for name, text in found.items()):
        raise Refused(f"{path}: found something else, allowed: master keys as this host's deploys make them, by name")
    return found


def _text(fields: Fields, name: str) -> str | None:
    return fields.read_or(name, optional(as_str), None)
