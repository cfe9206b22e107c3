"""Restores, each with who and why on record."""

import contextlib
import json
import os
import syslog
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace

from phiward_host.backup.databases import load, swap
from phiward_host.backup.files import Restored, restore_copy, restore_in_place
from phiward_host.backup.locations import deliver_password, repository_named
from phiward_host.backup.manifest import DatabaseManifest, Manifest
from phiward_host.backup.repository import Password, Repository, State
from phiward_host.backup.request import RestoreRequest, Selection, select
from phiward_host.backup.retention import Run
from phiward_host.backup.settings import Settings
from phiward_host.backup.tools import utc_now
from phiward_host.common import files, lock
from phiward_host.common.errors import Failed, Refused
from phiward_host.databases.session import ApplicationSession, ClusterSession

AUDIT = "/var/log/phiward/restores.log"
LOCK_SECONDS = 60


@dataclass(frozen=True)
class RestoreAnswer:
    """What a restore did; `kept` names what it replaced: databases, and a directory."""

    run: str
    taken_at: str
    databases: Mapping[str, DatabaseManifest]
    files: int
    kept: tuple[str, ...]
    seconds: float

    def to_json(self) -> dict[str, object]:
        """As `restoreAnswer` of ops/restore.ts reads it."""
        counts = {name: {"tables": len(entry.tables), "rows": entry.rows} for name, entry in self.databases.items()}
        return {
            "run": self.run,
            "takenAt": self.taken_at,
            "databases": counts,
            "files": self.files,
            "kept": list(self.kept),
            "seconds": self.seconds,
        }


def restore(settings: Settings, request: RestoreRequest) -> RestoreAnswer:
    """Does one restore. Nothing is overwritten: what it replaces is kept, and named in the answer. Raises Failed."""
    selection = select(settings, request)
    asked = request.record
    _audit({"event": "begun", **asked, "snapshot": request.snapshot})
    start = time.monotonic()
    try:
        with contextlib.ExitStack() as held:
            held.enter_context(lock.hold("backup.lock", "restore", LOCK_SECONDS, kind="job"))
            closed = repository_named(settings, request.source)
            held.enter_context(closed.connected())
            repository = held.enter_context(opened(settings, closed, request.passwords))
            run, manifest = repository.find_run(request.snapshot)
            databases, placed, kept = _bring_back(repository, run, manifest, selection, request.into)
    except BaseException as error:
        reason = str(error) if isinstance(error, Failed) else type(error).__name__
        _audit({"event": "failed", **asked, "reason": reason})
        raise
    seconds = round(time.monotonic() - start, 1)
    answer = RestoreAnswer(manifest.run, manifest.at, databases, placed, kept, seconds)
    _audit({"event": "done", **asked, **answer.to_json()})
    return answer


@contextlib.contextmanager
def opened(settings: Settings, repository: Repository, passwords: Sequence[str]) -> Generator[Repository]:
    """The repository under this host's password, or under one handed over; then it gets this host's as well."""
    state = repository.state()
    if state is State.MISSING:
        raise Refused(f"{repository.name}: there is no repository, so there is nothing to restore")
    if state is State.OPEN:
        yield repository
        return
    for password in passwords:
        with files.secret_file(password) as (descriptor, path):
            handed_over = replace(repository, password=Password(path, (descriptor,)))
            if handed_over.state() is State.OPEN:
                yield handed_over
                own = ["--new-password-file", settings.password_file]
                handed_over.must("this host's password cannot be added", "key", "add", *own)
                deliver_password(handed_over)
                return
    if not passwords:
        raise Refused(repository.other_password())
    raise Refused(f"{repository.name}: none of the passwords that were sealed for this host opens the repository")


def _bring_back(
    repository: Repository, run: Run, manifest: Manifest, selection: Selection, into: str | None
) -> tuple[Mapping[str, DatabaseManifest], int, tuple[str, ...]]:
    """Databases, then files. Returns the databases, the number of files, and the names of what was kept."""
    stamp = time.strftime("%Y%m%dt%H%M%Sz", time.gmtime())
    expected = _expected(manifest, selection.databases)
    # All are loaded and compared before the first is put in place.
    for database, service in selection.databases.items():
        new = ApplicationSession(service, f"{database}_restored")
        load(repository, run.parts[f"{service}/{database}"], expected[database], new, database)
    kept = [
        swap(ClusterSession(service), database, f"{database}_restored", f"{database}_before_{stamp}")
        for database, service in selection.databases.items()
    ]
    restored = _bring_files_back(repository, run, manifest, selection.paths, into, stamp)
    names = (name for name in (*kept, restored.aside) if name is not None)
    return expected, restored.files, tuple(names)


def _expected(manifest: Manifest, databases: Mapping[str, str]) -> dict[str, DatabaseManifest]:
    expected: dict[str, DatabaseManifest] = {}
    for database, service in databases.items():
        found = manifest.databases.get(f"{service}/{database}")
        if found is None:
            raise Refused(f"database {database}: not in this backup; choose another with --snapshot")
        expected[database] = found
    return expected


def _bring_files_back(
    repository: Repository, run: Run, manifest: Manifest, paths: Sequence[str] | None, into: str | None, stamp: str
) -> Restored:
    volumes = tuple(manifest.volumes.values())
    if paths is None:
        # Sealed secrets of a host that no longer exists are of use to people, not to this host.
        paths = [path for path in (*manifest.paths, *volumes, *manifest.secrets) if path in run.files.paths]
    if not paths:
        return Restored(0, None)
    if into is not None:
        return restore_copy(repository, run.files, paths, into)
    return restore_in_place(repository, run.files, paths, stamp, volumes)


def _audit(entry: Mapping[str, object]) -> None:
    """Appends to the record of restores, and to the journal."""
    line = json.dumps({"at": utc_now(), **entry})
    files.make_directory(os.path.dirname(AUDIT), 0o750)
    with files.appending(AUDIT) as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())
    syslog.openlog("phiward-restore", facility=syslog.LOG_AUTHPRIV)
    syslog.syslog(syslog.LOG_NOTICE, line)
