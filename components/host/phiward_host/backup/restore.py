"""Restores, each with who and why on record."""

import contextlib
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass

from phiward_host.backup import declared, emergency, erasing, masters
from phiward_host.backup.approval import judged
from phiward_host.backup.databases import drop_database, load, swap
from phiward_host.backup.files import Restored, restore_copy, restore_in_place
from phiward_host.backup.locations import opened, repository_named
from phiward_host.backup.manifest import DatabaseManifest
from phiward_host.backup.repository import Repository
from phiward_host.backup.request import RestoreRequest, Selection, select
from phiward_host.backup.restore_record import audit, forget_note, note
from phiward_host.backup.retention import FILES
from phiward_host.backup.runs import Found, find_run
from phiward_host.backup.settings import Cache, Settings
from phiward_host.backup.status import require_newest, turn
from phiward_host.backup.tools import LOG
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.faults import Faults, each
from phiward_host.containers import initialize
from phiward_host.databases.redis_session import RedisSession
from phiward_host.databases.session import ApplicationSession, ClusterSession
from phiward_host.subjects import register

LOCK_SECONDS = 60


@dataclass(frozen=True)
class RestoreAnswer:
    """What a restore did; `kept` names what it replaced: databases, and a directory.

    `passed_over`: newer runs that were not taken, and why. `returned`: databases and volumes in which erased persons
    may be back.
    """

    run: str
    taken_at: str
    databases: Mapping[str, DatabaseManifest]
    files: int
    kept: tuple[str, ...]
    seconds: float
    signed: bool
    passed_over: tuple[str, ...]
    returned: tuple[str, ...] = ()
    # Master keys of patients' columns that came from their escrow.
    masters: tuple[str, ...] = ()

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
            "signed": self.signed,
            "passedOver": list(self.passed_over),
            **({"returned": list(self.returned)} if self.returned else {}),
            **({"masters": list(self.masters)} if self.masters else {}),
        }


def restore(settings: Settings, request: RestoreRequest) -> RestoreAnswer:
    """Does one restore. Nothing is overwritten: what it replaces is kept, and named in the answer. Raises Failed."""
    consent = judged(settings, request)
    request, asked = consent.request, consent.record
    selection = select(settings, request)
    audit({"event": "begun", **asked, "snapshot": request.snapshot})
    if request.emergency:
        emergency.alert()
    start = time.monotonic()
    try:
        with contextlib.ExitStack() as held:
            held.enter_context(turn(request.source, "restore", LOCK_SECONDS, uses_host=True))
            closed = repository_named(settings, request.source)
            held.enter_context(closed.connected())
            repository = held.enter_context(opened(settings, closed, request.passwords))
            found = _found(repository, selection, request)
            if request.snapshot is None and request.before is None and found.signed:
                require_newest(repository.name, found.run.id)
            # Nobody is erased meanwhile: not from the database that goes.
            held.enter_context(register.locked("a restore"))
            consent.take(is_new=repository is not closed)
            note(asked, selection.databases)
            held.callback(forget_note)
            # Data of an earlier version may need its migrations again, also where this ends, or fails, half done.
            initialize.forget()
            # Files of that backup have the register as it was then; a power cut is no way around what is known now.
            register.keep(without=request.without_erasures is not None)
            held.callback(register.finish)
            done = _bring_back(repository, found, selection, request)
            _empty_caches(settings, done)
    except BaseException as error:
        reason = str(error) if isinstance(error, Failed) else type(error).__name__
        audit({"event": "failed", **asked, "reason": reason})
        raise
    seconds = round(time.monotonic() - start, 1)
    run, at = found.manifest.run, found.manifest.at
    placed, kept = done.restored.files, done.kept
    past, back = found.passed_over, tuple(done.returned)
    answer = RestoreAnswer(run, at, done.databases, placed, kept, seconds, found.signed, past, back, done.masters)
    audit({"event": "done", **asked, **answer.to_json()})
    # A deploy may have run them in between.
    initialize.forget()
    return answer


def sealed_masters(settings: Settings, request: RestoreRequest) -> dict[str, str]:
    """The escrowed master keys, by name, that a restore would need and this host has not; nothing is changed for it."""
    request = judged(settings, request).request
    selection = select(settings, request)
    if not masters.concern(selection.databases):
        return {}
    with contextlib.ExitStack() as held:
        held.enter_context(turn(request.source, "restore", LOCK_SECONDS, uses_host=True))
        closed = repository_named(settings, request.source)
        held.enter_context(closed.connected())
        repository = held.enter_context(opened(settings, closed, request.passwords, adopts=False))
        return masters.sealed_in(repository, _found(repository, selection, request))


def _found(repository: Repository, selection: Selection, request: RestoreRequest) -> Found:
    return find_run(
        repository,
        request.snapshot,
        needs=_needs(selection),
        unsigned=request.unsigned,
        before=request.before,
    )


def _empty_caches(settings: Settings, done: "_Done") -> None:
    """Empties the caches of the services whose databases came back: they answer from before. Raises Failed."""
    each(_empty, [cache for cache in settings.caches if cache.database in done.databases], LOG)


def _empty(cache: Cache) -> None:
    try:
        answer = RedisSession(cache.container, cache.secret).ask("FLUSHALL")
    except (Failed, OSError) as error:
        answer = [str(error)]
    if answer != ["OK"]:
        raise Failed(
            f"database {cache.database}: it is restored, and the cache {cache.container} still answers from before, "
            f"since it cannot be emptied: {' '.join(answer)[:200]}. Restart it, or restore once more"
        )


def _needs(selection: Selection) -> list[str]:
    databases = [f"{service}/{database}" for database, service in selection.databases.items()]
    return [*databases, *([FILES] if selection.paths != () else [])]


@dataclass(frozen=True)
class _Done:
    databases: Mapping[str, DatabaseManifest]
    restored: Restored
    replaced: Sequence[str]
    returned: Sequence[str]
    masters: tuple[str, ...]

    @property
    def kept(self) -> tuple[str, ...]:
        return tuple(name for name in (*self.replaced, self.restored.aside) if name is not None)


def _bring_back(repository: Repository, found: Found, selection: Selection, request: RestoreRequest) -> _Done:
    """Databases and files: all are fetched and compared before the first is put in place. Raises Failed.

    Where something fails after that, the message says what was replaced already.
    """
    stamp = time.strftime("%Y%m%dt%H%M%Sz", time.gmtime())
    parts = {database: _part(found, service, database) for database, service in selection.databases.items()}
    expected = {database: found.manifest.databases[part] for database, part in parts.items()}
    paths = declared.selected(repository.settings, found, selection.paths, request.into)
    replaced: list[str] = []
    returned: list[str] = []
    done: list[str] = []

    handed = masters.Handed(request.masters or {}, selection.databases)

    def swap_databases() -> None:
        handed.put()
        for database, service in selection.databases.items():
            before = f"{database}_before_{stamp}"
            old = swap(ClusterSession(service), database, f"{database}_restored", before)
            done.append(f"database {database} is replaced" + ("" if old is None else f", the old one is {before}"))
            if database not in returned:
                register.note_returned(database, None)
            replaced.extend(() if old is None else (old,))

    loaded: dict[str, str] = {}
    with _without_copies(loaded):
        for database, service in selection.databases.items():
            new = ApplicationSession(service, f"{database}_restored")
            load(repository, found.run.parts[parts[database]], expected[database], new, database)
            loaded[database] = service
            handed.judge(service, database)
            returned.extend(erasing.in_database(service, database, request))
        try:
            restored = _bring_files_back(repository, found, paths, request, stamp, swap_databases, returned)
            handed.require_open()
        except Failed as failure:
            if not done:
                raise
            raise Failed(f"{failure}. Of this restore, done is: {'; '.join(done)}") from failure
    return _Done(expected, restored, replaced, returned, handed.names)


@contextlib.contextmanager
def _without_copies(loaded: Mapping[str, str]) -> Generator[None]:
    """Where a restore fails, what it had loaded and not put in place goes: it is a copy of patients' data."""
    try:
        yield
    except BaseException:
        # One that cannot be dropped keeps neither the others nor the reason of the failure.
        faults = Faults(LOG)
        for database, service in loaded.items():
            faults.attempt(lambda name=database, on=service: drop_database(ClusterSession(on), f"{name}_restored"))
        raise


def _part(found: Found, service: str, database: str) -> str:
    """The part of a backup that holds a database. In one that was named, its service may have had another name."""
    held = [part for part in found.manifest.databases if part in found.run.parts]
    exact = f"{service}/{database}"
    named = [part for part in held if part.partition("/")[2] == database]
    if exact not in held and len(named) != 1:
        raise Refused(f"database {database}: not in this backup; choose another with --snapshot")
    return exact if exact in held else named[0]


def _bring_files_back(
    repository: Repository,
    found: Found,
    paths: Sequence[str],
    request: RestoreRequest,
    stamp: str,
    ready: Callable[[], None],
    returned: list[str],
) -> Restored:
    """Fetches the files, calls `ready`, and puts them in place. `returned` gets volumes that erased persons are in."""

    def erase(staging: str) -> None:
        volumes = erasing.in_files(staging, paths, found.manifest, request)
        returned.extend(volume for volume in volumes if volume not in returned)

    if not paths:
        ready()
        return Restored(0, None)
    snapshot = found.run.parts[FILES]
    if request.into is not None:
        return restore_copy(repository, snapshot, paths, request.into, erase)
    volumes = tuple(found.manifest.volumes.values())
    return restore_in_place(repository, snapshot, paths, stamp, volumes, erase, ready)
