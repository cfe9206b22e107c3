"""What the timers start: back up, check, and test a restore."""

import secrets
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from phiward_host.backup.databases import load
from phiward_host.backup.locations import deliver_password, repository_named
from phiward_host.backup.losses import known_databases, losses, remember, saved_databases
from phiward_host.backup.manifest import DatabaseManifest
from phiward_host.backup.postgres import ask_cluster
from phiward_host.backup.repository import Repository
from phiward_host.backup.retention import FILES, Snapshot, read_options
from phiward_host.backup.runs import Found, find_run
from phiward_host.backup.saving import Dumped, last_dumps, save_run
from phiward_host.backup.scratch import scratch_server
from phiward_host.backup.settings import DatabaseServer, Job, Settings
from phiward_host.backup.shares import Shares, smallest_first
from phiward_host.backup.sizes import nodes
from phiward_host.backup.status import in_each, last_success, require_newest
from phiward_host.backup.tools import LOG, must
from phiward_host.common.decode import as_int, as_str, optional
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.faults import Faults
from phiward_host.databases.session import ApplicationSession
from phiward_host.databases.sql import identifier

# How many files a restore test reads back.
SAMPLES = 4
# A restore test of all databases in one repository; its job has 12 h, in which there are at most two.
TEST_SECONDS = 5 * 3600


def _new_id() -> str:
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{secrets.token_hex(3)}"


@dataclass(frozen=True)
class Begun:
    """A run that goes into one repository after the other: its id, and the dumps that an earlier repository got."""

    run: str = field(default_factory=_new_id)
    dumped: dict[str, Dumped] = field(default_factory=dict[str, Dumped])


def back_up(settings: Settings, begun: Begun | None = None, names: Sequence[str] | None = None) -> None:
    """All databases, each in one moment, then the files and the signed manifest, into every repository or `names`.

    What fails, of whatever kind, keeps nothing else from being saved, and expired backups from making room. Raises
    Failed.
    """
    _save(settings, begun or Begun(), settings.repositories if names is None else names)


def back_up_here(settings: Settings, unit: str) -> None:
    """The same into the local repository; then starts the unit that sends it to the vault. Raises Failed."""
    faults = Faults(LOG)
    faults.attempt(lambda: _save(settings, Begun(), ["local"]))
    faults.attempt(lambda: must("offsite: its backup could not be started", ["systemctl", "start", "--no-block", unit]))
    faults.raise_any()


def send_offsite(settings: Settings) -> None:
    """The last local dumps, and the files as they are, into the repository at the vault. Raises Failed."""
    dumped = last_dumps(repository_named(settings, "local"), settings.limits[Job.BACKUP])
    _save(settings, Begun(dumped=dumped), ["offsite"])


def _save(settings: Settings, begun: Begun, names: Sequence[str]) -> None:
    before = known_databases()

    def work(repository: Repository) -> dict[str, object]:
        repository.prepare()
        faults = Faults(LOG)
        faults.attempt(lambda: deliver_password(repository))
        facts = faults.attempt(lambda: save_run(settings, repository, begun.run, begun.dumped, _trusted(repository)))
        if repository.name == "local":
            keep, full = settings.keep, bool(faults.sentences)
            faults.attempt(lambda: repository.forget(keep.last, keep.days, full=full))
        faults.raise_any()
        return facts or {}

    faults = Faults(LOG)
    faults.attempt(lambda: in_each(settings, Job.BACKUP, work, names))
    if "local" in names:
        faults.attempt(lambda: _compare(before))
    faults.raise_any()


def _compare(before: Mapping[str, DatabaseManifest]) -> None:
    """Raises Failed where a database has lost something since it was last saved."""
    now = saved_databases()
    remember({**before, **now})
    lost = losses(before, now)
    if lost:
        raise Failed(f"what is there was saved, but {'; '.join(lost)}")


def check(settings: Settings, names: Sequence[str] | None = None) -> None:
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

    in_each(settings, Job.CHECK, work, names)


def test_restore(settings: Settings, names: Sequence[str] | None = None) -> None:
    """Restores the last backup of every database into a temporary one and compares each table. Raises Failed.

    Only a signed backup counts. What is newer and not this host's own, or damaged, is a failure too.
    """

    def work(repository: Repository) -> dict[str, object]:
        repository.require()
        found = find_run(repository)
        faults = Faults(LOG)
        faults.sentences += found.passed_over
        faults.attempt(lambda: require_newest(repository.name, found.run.id))
        shares = Shares(TEST_SECONDS, sum(len(server.names) for server in settings.databases))
        # Files are read back while the temporary servers start.
        with ThreadPoolExecutor(1) as beside:
            reading = beside.submit(lambda: read_samples(repository, found.run.parts[FILES]))
            rows = [
                faults.attempt(
                    lambda server=server, name=name: _restore_database(repository, found, server, name, shares.take())
                )
                for server in smallest_first(settings.databases, found.manifest.databases)
                for name in server.names
            ]
            samples = faults.attempt(reading.result)
        faults.raise_any()
        total = sum(count for count in rows if count is not None)
        return {"run": found.run.id, "rows": total, "files": samples or 0, "signed": True}

    in_each(settings, Job.RESTORE_TEST, work, names)


def read_samples(repository: Repository, snapshot: Snapshot) -> int:
    """Reads some files back, spread over the snapshot; restic compares each with its checksum. Returns how many."""
    # A name that is not UTF-8 has U+FFFD in restic's JSON, and by that it cannot be asked for.
    listed = [
        (entry.text("path"), entry.read_or("size", as_int, 0))
        for entry in nodes(repository, snapshot, [])
        if entry.values.get("type") == "file" and "\ufffd" not in entry.text("path")
    ]
    chosen = listed[:: max(1, len(listed) // SAMPLES)]
    for path, expected in chosen:
        with repository.reading(snapshot.id, path) as blocks:
            size = sum(map(len, blocks))
        if size != expected:
            raise Failed(f"{repository.name}: {path} cannot be read back")
    return len(chosen)


def _trusted(repository: Repository) -> str | None:
    """The snapshot of files that this host itself added last, by its own record."""
    last = last_success(repository.name, Job.BACKUP)
    return None if last is None else last.read_or("files", optional(as_str), None)


def _restore_database(repository: Repository, found: Found, server: DatabaseServer, name: str, seconds: float) -> int:
    """Restores a database into a temporary server of its own. Returns the number of its rows.

    Code of its owner's runs there, which may take all the server's memory, disk and time: no other is there with it.
    """
    part = f"{server.service}/{name}"
    expected = found.manifest.databases.get(part)
    if expected is None or part not in found.run.parts:
        raise Refused(
            f"{repository.name}: the last backup has no database {name}; it was declared later. Run npx phiward backup"
        )
    with scratch_server(server.image, f"database {name}", seconds) as cluster:
        ask_cluster(cluster, f"database {name}: its role cannot be created", f"CREATE ROLE {identifier(name)};")
        load(repository, found.run.parts[part], expected, ApplicationSession(cluster.container, name), name)
    return expected.rows
