"""`phiward.pyz backup VERB`: what the backups' units and the operator's commands start."""

import contextlib
import datetime
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from phiward_host.backup import jobs, settings, status
from phiward_host.backup.request import RestoreRequest
from phiward_host.backup.restore import restore
from phiward_host.backup.settings import Job, Settings
from phiward_host.backup.status import Overdue
from phiward_host.backup.tools import LOG
from phiward_host.common import cli, lock
from phiward_host.common.errors import Failed

# How long a job waits for another one that is running.
JOB_SECONDS = 7200
# Does a job in all repositories; raises Failed.
Work = Callable[[Settings], None]
USAGE = "run, check, restore-test, first, fresh [JOB], status, restore"
WORK: Mapping[Job, Work] = MappingProxyType(
    {Job.BACKUP: jobs.back_up, Job.CHECK: jobs.check, Job.RESTORE_TEST: jobs.test_restore}
)


def main(words: Sequence[str]) -> int:
    """Exit codes as of cli.main; one that is 0 may come with an answer on standard output."""
    return cli.main("the backup program", LOG, lambda: _run(words))


def first(config: Settings) -> None:
    """What a new host needs to have done once: each job that is overdue somewhere. Raises Failed."""
    due = {late.job for late in _overdue(config)}
    for job, work in WORK.items():
        if job in due:
            work(config)


def fresh(config: Settings, wanted: Sequence[str]) -> str:
    """`fresh` if all jobs, or the one that is named, have succeeded in time. Raises Failed."""
    job = cli.choose(wanted, {job.value: job for job in Job}, ", ".join(Job))[0] if wanted else None
    late = [entry for entry in _overdue(config) if job is None or entry.job is job]
    if late:
        raise Failed("; ".join(entry.sentence() for entry in late))
    return "fresh"


def _run(words: Sequence[str]) -> int:
    verb, rest = cli.choose(words, VERBS, USAGE)
    answer = verb(settings.load(), rest)
    with contextlib.suppress(BrokenPipeError):
        if answer is not None:
            print(answer, flush=True)
    return cli.DONE


def _job(name: str, work: Work) -> Callable[[Settings, Sequence[str]], None]:
    def alone(config: Settings, _: Sequence[str]) -> None:
        with lock.hold("backup.lock", name, JOB_SECONDS, kind="job"):
            work(config)

    return alone


def _status(config: Settings, _: Sequence[str]) -> str:
    return json.dumps({"host": config.host, "status": status.read()})


def _restore(config: Settings, _: Sequence[str]) -> str:
    request = RestoreRequest.from_json(json.loads(sys.stdin.read()), "restore")
    return json.dumps(restore(config, request).to_json())


def _overdue(config: Settings) -> list[Overdue]:
    return status.overdue(config, status.read(), datetime.datetime.now(datetime.UTC))


VERBS: Mapping[str, Callable[[Settings, Sequence[str]], str | None]] = MappingProxyType(
    {
        "run": _job("run", jobs.back_up),
        "check": _job("check", jobs.check),
        "restore-test": _job("restore-test", jobs.test_restore),
        "first": _job("first", first),
        "fresh": fresh,
        "status": _status,
        "restore": _restore,
    }
)
