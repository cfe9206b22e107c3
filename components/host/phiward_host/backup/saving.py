"""One run of a backup in one repository: each part stands alone, and the signed manifest comes last.

A database is dumped into the first repository while its transaction is open; the other gets a copy of that dump, so
that however slow the way to it is, no transaction is held for it.
"""

import contextlib
import datetime
import json
import os
import time
from dataclasses import dataclass, field

from phiward_host.backup import patients, runs, signature
from phiward_host.backup.losses import known_databases
from phiward_host.backup.manifest import MOST_BYTES as MANIFEST_BYTES
from phiward_host.backup.manifest import DatabaseManifest, Manifest, Sealed, manifest_path
from phiward_host.backup.mounts import volume_paths
from phiward_host.backup.postgres import LOCK_SECONDS, Reading, await_server, dump_argv
from phiward_host.backup.repository import Repository, Saved
from phiward_host.backup.retention import FILES, MANIFEST
from phiward_host.backup.settings import DatabaseServer, Settings
from phiward_host.backup.shares import Shares, smallest_first
from phiward_host.backup.tools import LOG, utc_now
from phiward_host.common import paths, records
from phiward_host.common.errors import Failed
from phiward_host.common.faults import Faults
from phiward_host.common.replacing import is_there
from phiward_host.databases.guard import under_guard
from phiward_host.databases.session import ApplicationSession
from phiward_host.databases.waiting import Limits, limited

SERVER_SECONDS = 120
# For all databases in one repository: a job has 12 h, in which there are at most two repositories, each with the files.
DATABASES_SECONDS = 5 * 3600
# No backup has what a manifest is signed with: the vault can read backups.
NEVER_SAVED = f"{os.path.dirname(paths.HOST_KEY)}/ssh_host_*_key"


# Of a manifest, for the descriptions of all databases, as they are kept; what is larger is not read at a restore.
DATABASES_BYTES = MANIFEST_BYTES // 2


@dataclass(frozen=True)
class Dumped:
    """A dump in a repository of this run: what is in it, and the command that reads it back."""

    manifest: DatabaseManifest
    argv: tuple[str, ...]


@dataclass
class Parts:
    """What of a run is in a repository, and what went wrong."""

    snapshots: dict[str, str] = field(default_factory=dict[str, str])
    databases: dict[str, DatabaseManifest] = field(default_factory=dict[str, DatabaseManifest])
    volumes: dict[str, str] = field(default_factory=dict[str, str])
    saved: tuple[str, ...] = ()
    added_bytes: int = 0
    # What the description of one database may take of the manifest.
    most_described: int = DATABASES_BYTES
    faults: Faults = field(default_factory=lambda: Faults(LOG))
    # What people have to hear of although all was saved.
    alerts: list[str] = field(default_factory=list[str])

    def admit(self, part: str, manifest: DatabaseManifest) -> None:
        """Raises Failed where a database's description takes what those of others need: its owner has a hand in it."""
        found = len(json.dumps(_text({part: manifest.to_json()})))
        if found > self.most_described:
            raise Failed(
                f"database {part}: found {found} bytes of names of tables, settings and rights, allowed: "
                f"{self.most_described}, its part of the manifest; look at ALTER DATABASE ... SET, and remove tables "
                "that nobody needs. It is not in this backup"
            )

    def add(self, part: str, saved: Saved) -> None:
        self.snapshots[part] = saved.id
        self.added_bytes += saved.added_bytes


def last_dumps(local: Repository, seconds: int) -> dict[str, Dumped]:
    """The dumps of the last local run, unless it is older than so many seconds or cannot be read."""
    with contextlib.suppress(Failed):
        found = runs.find_run(local)
        age = datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(found.manifest.at)
        if age.total_seconds() < seconds:
            return {
                part: Dumped(found.manifest.databases[part], _read_argv(local, snapshot.id, part))
                for part, snapshot in found.run.parts.items()
                if part in found.manifest.databases
            }
    return {}


def save_run(
    settings: Settings, repository: Repository, run: str, dumped: dict[str, Dumped], trusted: str | None
) -> dict[str, object]:
    """Saves a run; `dumped` has what an earlier repository got, and gets what this one did.

    `trusted` is a snapshot of files that this host added before. Returns facts for the status file. Raises Failed with
    all that went wrong, after everything else was done.
    """
    count = sum(len(server.names) for server in settings.databases)
    parts = Parts(most_described=DATABASES_BYTES // max(1, count))
    shares = Shares(DATABASES_SECONDS, count)
    # Before the files: what a row refers to is then in the files as well.
    for server in smallest_first(settings.databases, known_databases()):
        parts.faults.attempt(lambda server=server: _save_server(repository, run, server, dumped, parts, shares))
    parts.faults.attempt(lambda: _save_files(settings, repository, run, trusted, parts))
    parts.faults.attempt(lambda: _save_manifest(settings, repository, run, parts))
    parts.faults.sentences += parts.alerts
    parts.faults.raise_any()
    return {"run": run, "addedBytes": parts.added_bytes, "signed": True, "files": parts.snapshots[FILES]}


def _save_server(
    repository: Repository, run: str, server: DatabaseServer, dumped: dict[str, Dumped], parts: Parts, shares: Shares
) -> None:
    if any(f"{server.service}/{name}" not in dumped for name in server.names):
        await_server(server.service, SERVER_SECONDS, "check that the container is healthy: docker ps")
    for name in server.names:
        session, share = ApplicationSession(server.service, name), shares.take()
        parts.faults.attempt(
            lambda session=session, share=share: _save_database(repository, run, session, dumped, parts, share)
        )


def _save_database(
    repository: Repository,
    run: str,
    session: ApplicationSession,
    dumped: dict[str, Dumped],
    parts: Parts,
    seconds: float,
) -> None:
    part = f"{session.container}/{session.database}"
    options = ["--stdin-from-command", "--stdin-filename", _file_of(part), "--"]
    earlier = dumped.get(part)
    if earlier is not None:
        with contextlib.suppress(Failed):
            # Where the other repository cannot give it, the database does.
            parts.admit(part, earlier.manifest)
            parts.add(part, repository.save(run, part, *options, *earlier.argv))
            parts.databases[part] = earlier.manifest
            return
    limit = time.monotonic() + seconds

    def save() -> tuple[DatabaseManifest, Saved]:
        with limited(session, Limits(LOCK_SECONDS, limit - time.monotonic())), Reading(session) as reading:
            moment, manifest = reading.export(), reading.manifest()
            argv = dump_argv(session, moment, patients.LEFT_OUT if patients.KEYS in manifest.tables else ())
            parts.admit(part, manifest)
            return manifest, repository.save(run, part, *options, *argv)

    manifest, saved = under_guard(session.container, parts.alerts, save)
    parts.add(part, saved)
    parts.databases[part] = manifest
    dumped.setdefault(part, Dumped(manifest, _read_argv(repository, saved.id, part)))


def _file_of(part: str) -> str:
    return f"{part.replace('/', '.')}.dump"


def _read_argv(repository: Repository, snapshot: str, part: str) -> tuple[str, ...]:
    return tuple(repository.argv("dump", snapshot, f"/{_file_of(part)}"))


def _save_files(settings: Settings, repository: Repository, run: str, trusted: str | None, parts: Parts) -> None:
    for volume in settings.volumes:
        parts.faults.attempt(lambda volume=volume: parts.volumes.update(volume_paths([volume])))
    wanted = [*settings.paths, *parts.volumes.values(), *settings.secrets, settings.escrow]
    absent = [path for path in wanted if not is_there(path)]
    parts.saved = tuple(path for path in wanted if path not in absent)
    words = ["--exclude", NEVER_SAVED, "--", *parts.saved]
    try:
        saved = repository.save(run, FILES, *repository.parent(trusted), *words)
    except Failed:
        # A snapshot that is gone meanwhile is no parent.
        if trusted is None or trusted in repository.trees():
            raise
        saved = repository.save(run, FILES, *repository.parent(None), *words)
    parts.add(FILES, saved)
    if absent:
        raise Failed(
            f"{repository.name}: {', '.join(absent)}: declared in backup.paths and not on the host; all else was saved"
        )
    if not saved.complete:
        raise Failed(
            f"{repository.name}: some files could not be read; all others were saved. "
            f"restic's output is in {LOG.path} on the host"
        )


def _save_manifest(settings: Settings, repository: Repository, run: str, parts: Parts) -> None:
    trees = repository.trees()
    manifest = Manifest(
        run=run,
        at=utc_now(),
        host=settings.host,
        databases=parts.databases,
        volumes=parts.volumes,
        paths=settings.paths,
        secrets=settings.secrets,
        trees={part: trees[snapshot] for part, snapshot in parts.snapshots.items()},
        saved=parts.saved,
    )
    text = _text(manifest.to_json())
    kept = json.dumps(Sealed(text, signature.sign(text)).to_json())
    _require_readable(kept)
    options = ["--stdin", "--stdin-filename", runs.FILE]
    repository.save(run, MANIFEST, *options, whole=not parts.faults.sentences, stdin=kept)
    if repository.name == "local":
        records.write(manifest_path(), text, LOG)


def _text(value: object) -> str:
    return json.dumps(value, indent=1) + "\n"


def _require_readable(kept: str) -> None:
    """Raises Failed unless a restore can read what is going to be kept: a backup is no success without that."""
    if len(kept.encode()) > MANIFEST_BYTES:
        raise Failed(f"the manifest has {len(kept.encode())} bytes, allowed: {MANIFEST_BYTES}; nothing was kept of it")
    Sealed.from_json(json.loads(kept), "manifest").opened("manifest")
