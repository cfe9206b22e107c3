"""`phiward.pyz backup VERB`: what the backups' units and the operator's commands start."""

import contextlib
import datetime
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from phiward_host.backup import approval, jobs, known, settings, status
from phiward_host.backup.cleanup import remove_leftovers
from phiward_host.backup.first import do_first
from phiward_host.backup.kept import kept
from phiward_host.backup.request import RestoreRequest
from phiward_host.backup.restore import restore, sealed_masters
from phiward_host.backup.restore_record import last_line
from phiward_host.backup.settings import Job, Settings
from phiward_host.backup.status import JOB_SECONDS, Overdue, turn
from phiward_host.backup.tools import LOG
from phiward_host.common import cli, isolated, lock, memory
from phiward_host.common.errors import Failed, Refused

USAGE = (
    "run, check, restore-test, first, fresh [JOB], status, restore, last-restore, clean-up, new-repository REPOSITORY"
)


def main(words: Sequence[str]) -> int:
    """Exit codes as of cli.main; one that is 0 may come with an answer on standard output."""
    cli.end_on_sigterm()
    memory.bound()
    return cli.main("the backup program", LOG, lambda: _run(words))


def first(config: Settings) -> None:
    """What a new host needs to have done once: each job that is overdue somewhere, or failed last. Raises Failed."""
    do_first(config, {late.job for late in _overdue(config)} | _failed(config))


def fresh(config: Settings, wanted: Sequence[str]) -> str:
    """`fresh` if all jobs, or the one that is named, have succeeded in time and not failed since. Raises Failed."""
    job = cli.choose(wanted, {job.value: job for job in Job}, ", ".join(Job))[0] if wanted else None
    late = [entry.sentence() for entry in _overdue(config) if job is None or entry.job is job]
    failed = status.FAILURES.sentences(config.repositories, job)
    found = [*failed, *late, *(status.damage() if late else [])]
    if found:
        raise Failed("; ".join(found))
    return "fresh"


def _failed(config: Settings) -> set[Job]:
    found = status.FAILURES.read()
    return {job for job in Job if any(job.value in found.get(name, {}) for name in config.repositories)}


def _run(words: Sequence[str]) -> int:
    verb, rest = cli.choose(words, VERBS, USAGE)
    answer = verb(settings.load(), rest)
    with contextlib.suppress(BrokenPipeError):
        if answer is not None:
            print(answer, flush=True)
    return cli.DONE


def _job(work: Callable[[Settings], None]) -> Callable[[Settings, Sequence[str]], None]:
    return lambda config, _: work(config)


def _run_backup(config: Settings, words: Sequence[str]) -> None:
    """`run`: as declared. `run offsite`: what is here goes to the vault."""
    if list(words) == ["offsite"]:
        jobs.send_offsite(config)
    elif config.offsite_unit is not None:
        jobs.back_up_here(config, config.offsite_unit)
    else:
        jobs.back_up(config)


def _clean_up(_: Settings, __: Sequence[str]) -> None:
    """After a unit of ours ended, however it did; where another job runs by now, that one has done it."""
    with contextlib.suppress(Refused), lock.hold("backup.lock", "clean-up", 0, kind="job"):
        remove_leftovers()


def _new_repository(config: Settings, words: Sequence[str]) -> None:
    """Takes a repository off the record, on an operator's word."""
    if len(words) != 1 or words[0] not in config.repositories:
        found, allowed = " ".join(words) or "nothing", " or ".join(config.repositories)
        raise Refused(f"new-repository: found {found}, allowed: {allowed}")
    with turn(words[0], "new-repository", JOB_SECONDS, uses_host=words[0] == "local"):
        known.forget(words[0])


def _status(config: Settings, _: Sequence[str]) -> str:
    answer: dict[str, object] = {"host": config.host, "status": status.read()}
    more = {
        "failed": status.FAILURES.sentences(config.repositories),
        "kept": [entry.sentence() for entry in kept(config)],
    }
    return json.dumps({**answer, **{name: sentences for name, sentences in more.items() if sentences}})


def _last_restore(_: Settings, __: Sequence[str]) -> str:
    return last_line()


def _restore(config: Settings, _: Sequence[str]) -> str:
    isolated.require_open("restore")
    request = RestoreRequest.from_json(json.loads(sys.stdin.read()), "restore")
    # With passwords handed over, the repository may be of a host that this one replaces.
    if request.approval is None and not request.passwords and approval.needs_two(config, request):
        return json.dumps({"request": approval.ask(config, request)})
    # Whoever has the recovery key opens them first.
    if request.passwords and request.masters is not None and not request.masters:
        sealed = sealed_masters(config, request)
        if sealed:
            return json.dumps({"sealed": sealed})
    return json.dumps(restore(config, request).to_json())


def _overdue(config: Settings) -> list[Overdue]:
    return status.overdue(config, status.read(), datetime.datetime.now(datetime.UTC))


VERBS: Mapping[str, Callable[[Settings, Sequence[str]], str | None]] = MappingProxyType(
    {
        "run": _run_backup,
        "check": _job(jobs.check),
        "restore-test": _job(jobs.test_restore),
        "first": _job(first),
        "fresh": fresh,
        "status": _status,
        "restore": _restore,
        "last-restore": _last_restore,
        "clean-up": _clean_up,
        "new-repository": _new_repository,
    }
)
