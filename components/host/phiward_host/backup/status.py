"""When each job last succeeded in each repository, for people, checks and metrics; and what is overdue."""

import contextlib
import datetime
import json
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass

from phiward_host.backup.cleanup import remove_leftovers
from phiward_host.backup.failures import FailureRecord
from phiward_host.backup.locations import repository_named
from phiward_host.backup.repository import Repository
from phiward_host.backup.settings import Job, Settings
from phiward_host.backup.tools import LOG, utc_now
from phiward_host.common import files, lock, paths, records
from phiward_host.common.decode import Fields, as_bool, as_object, as_str, dict_of, optional
from phiward_host.common.errors import Damaged, Refused
from phiward_host.common.faults import Faults

METRICS_DIRECTORY = "/var/lib/prometheus/node-exporter"
# A clock that was set back may be so much behind the last success.
CLOCK_SECONDS = 300
# How long a job waits for another one that is running, or for another one's record.
JOB_SECONDS, STATUS_SECONDS = 7200, 60
METRIC = "phiward_backup_last_success_timestamp_seconds"

# By repository and job: `at`, and facts of the job.
Status = dict[str, dict[str, dict[str, object]]]
FAILURES = FailureRecord("backup")


@dataclass(frozen=True)
class Overdue:
    """A job that has not succeeded in time: when it last did, and after how many seconds that is too old."""

    repository: str
    job: Job
    last: str | None
    limit: int
    future: bool = False

    def sentence(self) -> str:
        """For people; programs read the fields."""
        if self.last is None:
            return f"{self.repository}: no successful {self.job} yet"
        hours = self.limit // 3600
        if self.future:
            return (
                f"{self.repository}: the last successful {self.job} is dated {self.last}, in the future; see the clock"
            )
        return f"{self.repository}: the last successful {self.job} was at {self.last}, more than {hours} h ago"


def read() -> Status:
    """The status file; empty where there is none yet, or it is damaged: then every job is due again."""
    try:
        return records.read(_status_path(), DECODE, {})
    except Damaged:
        return {}


def damage() -> list[str]:
    """A sentence where the status file is damaged; the next job begins it anew."""
    try:
        records.read(_status_path(), DECODE, {})
    except Damaged as damaged:
        return [f"{damaged}. The next job of the backups begins a new one: npx phiward backup"]
    return []


def _entry(value: object, path: str) -> dict[str, object]:
    entry = as_object(value, path)
    datetime.datetime.fromisoformat(_at(entry))
    return entry


def record(repository: str, job: Job, facts: Mapping[str, object]) -> None:
    """Records that a job succeeded now."""
    # A job of the other repository may end at the same time.
    with lock.hold("status.lock", job.value, STATUS_SECONDS):
        status = records.read_or_begin(_status_path(), DECODE, {}, LOG)
        status.setdefault(repository, {})[job.value] = {"at": utc_now(), **facts}
        records.write(_status_path(), json.dumps(status, indent=2) + "\n", LOG)
    FAILURES.clear(repository, job.value)
    # For whoever collects them; where that was removed, jobs succeed all the same.
    try:
        files.make_directory(METRICS_DIRECTORY, 0o755)
        files.write(f"{METRICS_DIRECTORY}/phiward-backup.prom", metrics(status), mode=0o644)
    except OSError as error:
        LOG.write(f"{error.filename}: {error.strerror}: the metrics of the backups cannot be written")


def metrics(status: Status) -> str:
    """The status as node-exporter's textfile collector reads it."""
    lines = [f"# TYPE {METRIC} gauge\n"]
    for repository, jobs in sorted(status.items()):
        for job, entry in sorted(jobs.items()):
            stamp = int(datetime.datetime.fromisoformat(_at(entry)).timestamp())
            lines.append(f'{METRIC}{{repository="{repository}",job="{job}"}} {stamp}\n')
    return "".join(lines)


def overdue(settings: Settings, status: Status, now: datetime.datetime) -> list[Overdue]:
    """What has not happened in time: repository by repository, in the order of Job.

    A success in the future is none: the clock was wrong. Nor is a backup that is not signed, which an earlier version
    made, or a restore test of one.
    """
    found: list[Overdue] = []
    for repository in settings.repositories:
        for job in Job:
            last = _counted(job, status.get(repository, {}).get(job.value))
            limit = settings.limits[job]
            age = None if last is None else (now - datetime.datetime.fromisoformat(last)).total_seconds()
            if age is None or not -CLOCK_SECONDS <= age <= limit:
                found.append(Overdue(repository, job, last, limit, future=age is not None and age < 0))
    return found


def _counted(job: Job, entry: Mapping[str, object] | None) -> str | None:
    if entry is None:
        return None
    signed = job is Job.CHECK or Fields(entry, "status").read_or("signed", as_bool, False)
    return _at(entry) if signed else None


def in_each(
    settings: Settings,
    job: Job,
    work: Callable[[Repository], Mapping[str, object]],
    names: Sequence[str] | None = None,
) -> None:
    """Does a job in every repository, or those of `names`, and records each success with the facts that `work` returns.

    One that fails does not keep the others from theirs. Raises Failed with all that failed.
    """
    faults = Faults(LOG)
    for name in settings.repositories if names is None else names:
        faults.attempt(lambda name=name: _in_one(settings, name, job, work))
    faults.raise_any()


def last_success(repository: str, job: Job) -> Fields | None:
    """The facts of a job's last success in a repository; None where it never succeeded."""
    entry = read().get(repository, {}).get(job.value)
    return None if entry is None else Fields(entry, "status")


def require_newest(repository: str, run: str) -> None:
    """Raises Refused where a run, the newest that a repository shows, is older than the last one saved there."""
    last = last_success(repository, Job.BACKUP)
    recorded = None if last is None else last.read_or("run", optional(as_str), None)
    if recorded is not None and run < recorded:
        raise Refused(
            f"{repository}: the backup {recorded}, which this host made there, is gone; the newest is {run}. "
            f"Find out why; --snapshot {run} restores that one"
        )


def _in_one(settings: Settings, name: str, job: Job, work: Callable[[Repository], Mapping[str, object]]) -> None:
    repository = repository_named(settings, name)
    with turn(name, job.value, JOB_SECONDS, uses_host=name == "local" or job is Job.RESTORE_TEST):
        start = time.monotonic()
        try:
            with repository.connected():
                facts = work(repository)
        except Exception as error:
            FAILURES.note(name, job.value, error)
            raise
        record(name, job, {**facts, "seconds": round(time.monotonic() - start, 1)})


@contextlib.contextmanager
def turn(repository: str, who: str, seconds: float, *, uses_host: bool) -> Generator[None]:
    """Holds a repository for one job; and with `uses_host` what there is one of on a host: the local repository, the
    temporary database, the services that are held stopped. So a slow way to the vault delays no local backup.
    """
    with contextlib.ExitStack() as held:
        if repository == "offsite":
            held.enter_context(lock.hold("offsite.lock", who, seconds, kind="job"))
        if uses_host:
            held.enter_context(lock.hold("backup.lock", who, seconds, kind="job"))
            remove_leftovers()
        yield


def _at(entry: Mapping[str, object]) -> str:
    return Fields(entry, "status").text("at")


DECODE = dict_of(dict_of(_entry))


def _status_path() -> str:
    return f"{paths.BASE}/status/backup.json"
