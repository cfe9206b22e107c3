"""Scheduled jobs of services: `jobs run|clean-up NAME`, as their timers start them; and those at the lock of a person.

A job runs as its service does, in a container of its own. Its unit is what keeps it from running twice at once, and
what alerts people when it fails.
"""

import syslog
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from phiward_host.common import cli, files, lock, records
from phiward_host.common.decode import Fields, as_object, as_strs, dict_of
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.log import RootLog
from phiward_host.containers import initialize, lifecycle, one_off

LOG = RootLog("jobs")
USAGE = "jobs run|clean-up NAME"
SETTINGS = "/etc/phiward/jobs.json"
# An init step that changes the data goes first.
LOCK_SECONDS = 900
# Whoever locks a person waits for what an application does about it.
AT_LOCK_SECONDS = 60


@dataclass(frozen=True)
class Job:
    """A job, and the name that its service keeps."""

    service: str
    # Body of POST /containers/create.
    request: Mapping[str, object]
    seconds: int

    @staticmethod
    def from_json(value: object, path: str) -> "Job":
        """One entry of the settings."""
        fields = Fields.of(value, path)
        return Job(fields.text("service"), fields.read("request", as_object), fields.integer("seconds"))


def declared() -> dict[str, Job]:
    """The jobs of this host, by name."""
    return Fields.of(files.read_json(SETTINGS), "settings").read("jobs", dict_of(Job.from_json))


def container_of(name: str) -> str:
    """The container that a job runs in."""
    return f"phiward-job-{name}"


def run(name: str, job: Job) -> None:
    """Runs a job to its end. Raises Failed where it does not succeed."""
    with lock.hold(initialize.lock_of(job.service), f"the job {name}", LOCK_SECONDS, kind="init step"):
        pass
    kept = one_off.directory(job.service)
    ended = one_off.run(container_of(name), job.request, job.seconds, f"{kept}/job-{name}.log")
    syslog.syslog(syslog.LOG_NOTICE if ended.code == 0 else syslog.LOG_ERR, f"the job {name} {ended.words()}")
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    records.write_json(f"{kept}/job-{name}.json", {"at": at, "exitCode": ended.code, "seconds": ended.seconds}, LOG)
    if ended.code != 0:
        raise Failed(f"the job {name} {ended.words()}; npx phiward logs {name} shows what it said")


def at_lock(person: str) -> Mapping[str, Callable[[], Sequence[str]]]:
    """What services declare to be run when a person is locked, by its name; none where this host has no services.

    Each returns nothing, and raises Failed and OSError where it did not succeed.
    """
    if not files.exists(SETTINGS):
        return {}
    found = Fields.of(files.read_json(SETTINGS), "settings").read_or("atLock", dict_of(Job.from_json), {})
    return {name: lambda name=name, job=job: _told(name, job, person) for name, job in found.items()}


def _told(name: str, job: Job, person: str) -> Sequence[str]:
    command = as_strs(job.request.get("Cmd", []), f"{name}.Cmd")
    run(
        name,
        replace(job, request={**job.request, "Cmd": [*command, person]}, seconds=min(job.seconds, AT_LOCK_SECONDS)),
    )
    return ()


def _clean_up(name: str, _: Job) -> None:
    """After a run that was killed: nothing of it goes on."""
    lifecycle.remove(container_of(name), one_off.GRACE_SECONDS)


ACTIONS: Mapping[str, Callable[[str, Job], None]] = MappingProxyType({"run": run, "clean-up": _clean_up})


def main(words: Sequence[str]) -> int:
    """Exit code 0: the job succeeded. 1: it failed."""
    cli.end_on_sigterm()
    syslog.openlog("phiward-job")
    return cli.main("the program for jobs", LOG, lambda: _main(words))


def _main(words: Sequence[str]) -> int:
    action, rest = cli.choose(words, ACTIONS, USAGE)
    found = declared()
    if len(rest) != 1 or rest[0] not in found:
        raise Refused(f"found {len(rest)} words after {words[0]}, allowed: one of {len(found)} jobs; {USAGE}")
    try:
        action(rest[0], found[rest[0]])
    except OSError as error:
        raise Failed(f"{error.filename or 'jobs'}: {error.strerror}") from error
    return cli.DONE
