"""What a service runs before its new version gets requests, such as migrations: `initialize run|done|clean-up`.

It is run once for each definition of the service's container, as a container of the same image, user, secrets,
networks and volumes. Where it fails, the version that runs goes on. One that was cut off is run again.
"""

import syslog
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from phiward_host.backup import before_init
from phiward_host.common import cli, files, lock, process, records
from phiward_host.common.decode import Fields, as_object, dict_of
from phiward_host.common.errors import Damaged, Failed, Refused
from phiward_host.common.log import RootLog
from phiward_host.containers import lifecycle, one_off

LOG = RootLog("initialize")
USAGE = "initialize run|done|clean-up"
SETTINGS = "/etc/phiward/initialize.json"
BACKUP_UNIT = "phiward-backup.service"
BACKUP_SETTINGS = "/etc/phiward/backup.json"
BACKUP_SECONDS = 12 * 3600
LOCK_SECONDS = 60


@dataclass(frozen=True)
class Initialization:
    """The init step of one service."""

    # What the service is called now; its records go by the name that it keeps.
    called: str
    # SHA-256 of the definition of the container that waits for it.
    definition: str
    # Body of POST /containers/create.
    request: Mapping[str, object]
    seconds: int
    # Whether its databases and volumes are backed up before, where something was initialized before.
    backs_up: bool
    # Whether the former container is stopped before: then `handover` runs it in between.
    stops_first: bool

    @staticmethod
    def from_json(value: object, path: str) -> "Initialization":
        """One entry of the settings."""
        fields = Fields.of(value, path)
        return Initialization(
            called=fields.text("called"),
            definition=fields.text("definition"),
            request=fields.read("request", as_object),
            seconds=fields.integer("seconds"),
            backs_up=fields.flag("backup"),
            stops_first=fields.flag("stopFirst"),
        )


def declared() -> dict[str, Initialization]:
    """The init steps of this host's services, by the name that each keeps."""
    found = files.read_json(SETTINGS)
    return {} if found is None else dict_of(Initialization.from_json)(found, "initialize")


def container_of(service: str) -> str:
    """The container that an init step runs in. It has no label of a service: it is none of its containers."""
    return f"phiward-init-{service}"


def log_of(service: str) -> str:
    """What the last one said; for root alone."""
    return f"{one_off.directory(service)}/initialize.log"


def is_done(service: str, step: Initialization) -> bool:
    """Whether the step succeeded for this definition."""
    return _recorded(service) == step.definition


def run(service: str, step: Initialization) -> None:
    """Runs the step unless it is done. Raises Failed where it does not succeed; nothing is on record then."""
    with lock.hold(lock_of(service), "the init step", LOCK_SECONDS, kind="init step"):
        if is_done(service, step):
            return
        # Also where `handover` runs it.
        syslog.openlog("phiward-initialize")
        saved = back_up(service, step) if step.backs_up and _recorded(service) is not None else None
        if saved is not None:
            before = f"{service}: before the init step of {step.definition[:12]}, {saved.words()}"
            syslog.syslog(syslog.LOG_NOTICE, before)
        ended = one_off.run(container_of(service), step.request, step.seconds, log_of(service))
        syslog.syslog(
            syslog.LOG_NOTICE if ended.code == 0 else syslog.LOG_ERR,
            f"{service}: the init step of {step.definition[:12]} {ended.words()}",
        )
        if ended.code != 0:
            back = "" if saved is None else f". Before it, {saved.words()}; {saved.command()} brings it back"
            raise Failed(
                f"{step.called}: its init step {ended.words()}, so the new version was not started; npx phiward logs "
                f"{step.called} --init shows what it said. What it changed in data stays changed; the next deploy runs "
                f"it again{back}"
            )
        _keep(service, step, ended, saved)


def lock_of(service: str) -> str:
    """The lock that is held while data of a service is being initialized."""
    return f"init-{service}.lock"


def back_up(service: str, step: Initialization) -> before_init.Saved | None:
    """A backup of this host, by its own unit, so that a migration can be undone by a restore. Raises Failed.

    None where this host has no backups.
    """
    if not files.exists(BACKUP_SETTINGS):
        return None
    done = process.run(["systemctl", "start", BACKUP_UNIT], timeout=BACKUP_SECONDS)
    if done.code != 0:
        raise Failed(
            f"{step.called}: the backup before its init step failed, so nothing was changed; npx phiward logs backup "
            "shows why"
        )
    return before_init.saved(service, step.called, step.request)


def forget() -> None:
    """Has the next deploy run each init step again: other data is there than the one that was initialized."""
    for service in declared():
        files.remove(_record_path(service))


def _record_path(service: str) -> str:
    return f"{one_off.directory(service)}/initialize.json"


def _recorded(service: str) -> str | None:
    """The definition that was initialized last; None where there was none, or its record is damaged."""
    try:
        return records.read(_record_path(service), lambda value, path: Fields.of(value, path).text("definition"), None)
    except Damaged:
        return None


def _keep(service: str, step: Initialization, ended: one_off.Ended, saved: before_init.Saved | None) -> None:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    value: dict[str, object] = {
        "definition": step.definition,
        "at": at,
        "exitCode": ended.code,
        "seconds": ended.seconds,
    }
    if saved is not None:
        value["backup"] = saved.to_json()
    records.write_json(_record_path(service), value, LOG)


def _run_all() -> int:
    for service, step in declared().items():
        if not step.stops_first:
            run(service, step)
    return cli.DONE


def _done() -> int:
    waiting = [step for service, step in declared().items() if not is_done(service, step)]
    for step in waiting:
        cli.complain(f"{step.called}: its init step has not succeeded for the declared version")
    return cli.FAILED if waiting else cli.DONE


def _clean_up() -> int:
    """After a deploy that was cut off: what it ran goes on for nobody."""
    for service in declared():
        lifecycle.remove(container_of(service), one_off.GRACE_SECONDS)
    return cli.DONE


ACTIONS: Mapping[str, Callable[[], int]] = MappingProxyType({"run": _run_all, "done": _done, "clean-up": _clean_up})


def main(words: Sequence[str]) -> int:
    """Exit code 0: done, now or before. 1: it failed, or waits to be done."""
    cli.end_on_sigterm()
    return cli.main("the program for init steps", LOG, lambda: _main(words))


def _main(words: Sequence[str]) -> int:
    action, rest = cli.choose(words, ACTIONS, USAGE)
    if rest:
        raise Refused(f"found {len(rest)} words after {words[0]}, allowed: {USAGE}")
    try:
        return action()
    except OSError as error:
        raise Failed(f"{error.filename or 'initialize'}: {error.strerror}") from error
