"""What the timers start: back up, check, and test a restore."""

import contextlib
import json
import os
import secrets
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from phiward_host.backup.databases import load
from phiward_host.backup.locations import deliver_password
from phiward_host.backup.losses import last_databases, losses
from phiward_host.backup.manifest import DatabaseManifest, Manifest, manifest_path
from phiward_host.backup.mounts import volume_paths
from phiward_host.backup.postgres import Reading, ask_cluster, await_server, dump_argv
from phiward_host.backup.repository import Repository
from phiward_host.backup.retention import Run, Snapshot, read_options
from phiward_host.backup.scratch import scratch_server
from phiward_host.backup.settings import DatabaseServer, Job, Settings
from phiward_host.backup.status import in_each
from phiward_host.backup.tools import LOG, json_lines, utc_now
from phiward_host.common import files, process
from phiward_host.common.decode import Fields, as_int
from phiward_host.common.errors import Failed, Refused
from phiward_host.databases.session import ApplicationSession
from phiward_host.databases.sql import identifier

SERVER_SECONDS = 120
# How many files a restore test reads back.
SAMPLES = 4


@dataclass(frozen=True)
class Dump:
    """A database, held at one moment, and the command that dumps it as it was then."""

    service: str
    database: str
    argv: tuple[str, ...]

    @property
    def part(self) -> str:
        return f"{self.service}/{self.database}"


def back_up(settings: Settings) -> None:
    """All databases in one moment each, then the files and the manifest, into every repository. Raises Failed."""
    before = last_databases()
    run = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{secrets.token_hex(3)}"
    with contextlib.ExitStack() as held:
        dumps: list[Dump] = []
        databases: dict[str, DatabaseManifest] = {}
        for server in settings.databases:
            await_server(server.service, SERVER_SECONDS, "check that the container is healthy: docker ps")
            for name in server.names:
                session = ApplicationSession(server.service, name)
                reading = held.enter_context(Reading(session))
                dump = Dump(server.service, name, tuple(dump_argv(session, reading.export())))
                databases[dump.part] = reading.manifest()
                dumps.append(dump)
        volumes = volume_paths(settings.volumes)
        _write_manifest(settings, run, databases, volumes)
        paths = [*settings.paths, *volumes.values(), *settings.secrets, settings.escrow, manifest_path()]
        in_each(settings, Job.BACKUP, lambda repository: _save_all(settings, repository, run, dumps, paths))
    lost = losses(before, databases)
    if lost:
        raise Failed(f"all was saved, but {'; '.join(lost)}")


def check(settings: Settings) -> None:
    """Reads the local repository; the vault reads its own, and here only its structure is checked. Raises Failed."""

    def work(repository: Repository) -> dict[str, object]:
        repository.require()
        repository.unlock()
        options = read_options(settings.repository) if repository.name == "local" else []
        repository.must(
            "the check found damage; restore from the other repository, then create this one again",
            "check",
            "--quiet",
            *options,
        )
        return {}

    in_each(settings, Job.CHECK, work)


def test_restore(settings: Settings) -> None:
    """Restores the last backup of every database into a temporary one and compares each table. Raises Failed."""

    def work(repository: Repository) -> dict[str, object]:
        repository.require()
        run, manifest = repository.find_run()
        rows = sum(_restore_server(repository, run, manifest, server) for server in settings.databases)
        return {"run": manifest.run, "rows": rows, "files": read_samples(repository, run.files)}

    in_each(settings, Job.RESTORE_TEST, work)


def read_samples(repository: Repository, snapshot: Snapshot) -> int:
    """Reads some files back, spread over the snapshot; restic compares each with its checksum. Returns how many."""
    entries = json_lines(repository.must("the files cannot be listed", "ls", "--json", snapshot.id))
    found = [Fields.of(entry, "restic ls") for entry in entries]
    listed = [entry for entry in found if entry.values.get("type") == "file"]
    chosen = listed[:: max(1, len(listed) // SAMPLES)]
    for entry in chosen:
        path = entry.text("path")
        if _read_bytes(repository, snapshot, path) != entry.read_or("size", as_int, 0):
            raise Failed(f"{repository.name}: {path} cannot be read back")
    return len(chosen)


def _write_manifest(
    settings: Settings, run: str, databases: Mapping[str, DatabaseManifest], volumes: Mapping[str, str]
) -> None:
    manifest = Manifest(run, utc_now(), settings.host, databases, volumes, settings.paths, settings.secrets)
    files.make_directory(os.path.dirname(manifest_path()))
    files.write(manifest_path(), json.dumps(manifest.to_json(), indent=1) + "\n")


def _save_all(
    settings: Settings, repository: Repository, run: str, dumps: Sequence[Dump], paths: Sequence[str]
) -> dict[str, object]:
    repository.prepare()
    deliver_password(repository)
    added = 0
    for dump in dumps:
        name = f"{dump.service}.{dump.database}.dump"
        options = ["--stdin-from-command", "--stdin-filename", name]
        added += repository.save(run, dump.part, *options, "--", *dump.argv).added_bytes
    absent = [path for path in paths if not os.path.lexists(path)]
    saved = repository.save(run, "files", "--", *(path for path in paths if path not in absent))
    if absent:
        raise Failed(
            f"{repository.name}: {', '.join(absent)}: declared in backup.paths and not on the host; all else was saved"
        )
    if not saved.complete:
        raise Failed(
            f"{repository.name}: some files could not be read; all others were saved. "
            f"restic's output is in {LOG.path} on the host"
        )
    if repository.name == "local":
        repository.forget(settings.keep.last, settings.keep.days)
    return {"run": run, "addedBytes": added + saved.added_bytes}


def _restore_server(repository: Repository, run: Run, manifest: Manifest, server: DatabaseServer) -> int:
    """Restores all databases of one server into a temporary one. Returns the number of their rows."""
    rows = 0
    with scratch_server(server.image) as cluster:
        for name in server.names:
            part = f"{server.service}/{name}"
            expected = manifest.databases.get(part)
            if expected is None:
                raise Refused(
                    f"{repository.name}: the last backup has no database {name}; it was declared later. "
                    "Run npx phiward backup"
                )
            ask_cluster(cluster, f"database {name}: its role cannot be created", f"CREATE ROLE {identifier(name)};")
            load(repository, run.parts[part], expected, ApplicationSession(cluster.container, name), name)
            rows += expected.rows
    return rows


def _read_bytes(repository: Repository, snapshot: Snapshot, path: str) -> int | None:
    """How many bytes of a file restic reads back; None where it fails."""
    with LOG.open() as output:
        child = subprocess.Popen(
            repository.argv("dump", snapshot.id, path),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            env=process.environment(),
            cwd="/",
            pass_fds=repository.password.descriptors,
        )
        size = 0
        if child.stdout is not None:
            with child.stdout as stream:
                while block := stream.read(1 << 20):
                    size += len(block)
        return size if child.wait() == 0 else None
