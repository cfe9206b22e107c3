"""Who restored what and why, on record; and the end of a restore that was killed."""

import contextlib
import json
import os
import syslog
from collections.abc import Mapping
from dataclasses import dataclass

from phiward_host.backup.databases import drop_database
from phiward_host.backup.tools import LOG, utc_now
from phiward_host.common import files, paths, records
from phiward_host.common.decode import Fields, as_object, as_str, dict_of
from phiward_host.common.errors import Refused
from phiward_host.databases.session import ClusterSession
from phiward_host.subjects import register

AUDIT = "/var/log/phiward/restores.log"


@dataclass(frozen=True)
class UnderWay:
    """A restore that has begun: what was asked for, and the databases that it loads, each with its container."""

    asked: Mapping[str, object]
    databases: Mapping[str, str]

    @staticmethod
    def from_json(value: object, path: str) -> "UnderWay":
        fields = Fields.of(value, path)
        return UnderWay(fields.read("asked", as_object), fields.read("databases", dict_of(as_str)))


def note_path() -> str:
    return f"{paths.BASE}/backup/restoring.json"


def note(asked: Mapping[str, object], databases: Mapping[str, str]) -> None:
    """Puts a restore on record before it changes anything, for the case that it is killed."""
    records.write_json(note_path(), {"asked": dict(asked), "databases": dict(databases)}, LOG)


def forget_note() -> None:
    files.remove(note_path())


def audit(entry: Mapping[str, object]) -> None:
    """Appends to the record of restores, and to the journal. Raises OSError."""
    line = json.dumps({"at": utc_now(), **entry})
    files.make_directory(os.path.dirname(AUDIT), 0o750)
    if files.exists(AUDIT) and not files.is_file(AUDIT):
        records.set_aside(AUDIT, LOG)
    # A power cut may have left half a line.
    cut = not (files.read_text_if_any(AUDIT) or "\n").endswith("\n")
    with files.appending(AUDIT) as file:
        file.write(("\n" if cut else "") + line + "\n")
        file.flush()
        os.fsync(file.fileno())
    syslog.openlog("phiward-restore", facility=syslog.LOG_AUTHPRIV)
    syslog.syslog(syslog.LOG_NOTICE, line)


def last_line() -> str:
    """The last whole entry of the record, as JSON; an empty object where there is none."""
    for line in reversed((files.read_text_if_any(AUDIT) or "").splitlines()):
        with contextlib.suppress(ValueError):
            json.loads(line)
            return line
    return "{}"


def end_killed() -> None:
    """Ends a restore that was killed: it goes on record, and the copies of data that it had loaded go.

    The caller holds the lock of all jobs. A server that does not answer keeps its copy until the next restore there.
    """
    # Who was erased stays so, also where the register that came back was older.
    with contextlib.suppress(Refused):
        register.finish_killed()
    nothing = UnderWay({}, {})
    killed = records.read_or_begin(note_path(), UnderWay.from_json, nothing, LOG)
    if killed == nothing:
        return
    for database, container in killed.databases.items():
        drop_database(ClusterSession(container), f"{database}_restored")
    try:
        audit({"event": "killed", **killed.asked, "reason": "it was killed, or the host went down; it does not go on"})
    except OSError as error:  # a job that is confined may not write there; the next one does
        LOG.write(f"{error.filename}: {error.strerror}: that a restore was killed is not on record yet")
        return
    forget_note()
