"""When each job last succeeded in each repository, for people, checks and metrics; and what is overdue."""

import datetime
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from phiward_host.backup.locations import repository_named
from phiward_host.backup.repository import Repository
from phiward_host.backup.settings import Job, Settings
from phiward_host.backup.tools import LOG, utc_now
from phiward_host.common import files, paths
from phiward_host.common.decode import Fields, as_object, dict_of
from phiward_host.common.errors import Failed

METRICS_DIRECTORY = "/var/lib/prometheus/node-exporter"
METRIC = "phiward_backup_last_success_timestamp_seconds"

# By repository and job: `at`, and facts of the job.
Status = dict[str, dict[str, dict[str, object]]]


@dataclass(frozen=True)
class Overdue:
    """A job that has not succeeded in time: when it last did, and after how many seconds that is too old."""

    repository: str
    job: Job
    last: str | None
    limit: int

    def sentence(self) -> str:
        """For people; programs read the fields."""
        if self.last is None:
            return f"{self.repository}: no successful {self.job} yet"
        hours = self.limit // 3600
        return f"{self.repository}: the last successful {self.job} was at {self.last}, more than {hours} h ago"


def read() -> Status:
    """The status file; empty where there is none yet."""
    found = files.read_json(_status_path())
    return {} if found is None else dict_of(dict_of(as_object))(found, "status")


def record(repository: str, job: Job, facts: Mapping[str, object]) -> None:
    """Records that a job succeeded now."""
    status = read()
    status.setdefault(repository, {})[job.value] = {"at": utc_now(), **facts}
    files.make_directory(f"{paths.BASE}/status")
    files.write(_status_path(), json.dumps(status, indent=2) + "\n")
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
    """What has not happened in time: repository by repository, in the order of Job."""
    found: list[Overdue] = []
    for repository in settings.repositories:
        for job in Job:
            entry = status.get(repository, {}).get(job.value)
            last = None if entry is None else _at(entry)
            limit = settings.limits[job]
            if last is None or (now - datetime.datetime.fromisoformat(last)).total_seconds() > limit:
                found.append(Overdue(repository, job, last, limit))
    return found


def in_each(settings: Settings, job: Job, work: Callable[[Repository], Mapping[str, object]]) -> None:
    """Does a job in every repository and records each success with the facts that `work` returns.

    One that fails does not keep the others from theirs. Raises Failed with all that failed.
    """
    failed: list[str] = []
    for name in settings.repositories:
        start = time.monotonic()
        try:
            repository = repository_named(settings, name)
            with repository.connected():
                facts = work(repository)
            record(name, job, {**facts, "seconds": round(time.monotonic() - start, 1)})
        except Failed as failure:
            failed.append(str(failure))
    if failed:
        raise Failed("; ".join(failed))


def _at(entry: Mapping[str, object]) -> str:
    return Fields(entry, "status").text("at")


def _status_path() -> str:
    return f"{paths.BASE}/status/backup.json"
