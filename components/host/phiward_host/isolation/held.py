"""What is held back on an isolated host: units that would change it, or what is kept of it, and containers.

Backups are held because what is on the host may be the intruder's: a copy of it would count among those that are kept,
and push a good one out. Cleaning is held because it is evidence that would be cleaned. What records goes on: journal,
seals, sessions, audit, metrics.
"""

import json
from collections.abc import Callable, Mapping, Sequence

from phiward_host.common import files, isolated, paths, process
from phiward_host.common.decode import as_strs
from phiward_host.common.errors import Failed
from phiward_host.isolation import groups

DROP_INS = isolated.DROP_INS
# By their names, or by what their names begin with (systemd.unit(5): `NAME-.service.d`).
JOBS = (
    *("phiward-backup.service", "phiward-backup-first.service", "phiward-backup-check.service"),
    *(
        "phiward-restore-test.service",
        "phiward-job-.service",
        "phiward-retention.service",
        "phiward-certificates.service",
        "phiward-encryption.service",
    ),
    *("phiward-vault-prune.service", "phiward-vulnerabilities.service", "phiward-vulnerability-data.service"),
    *("phiward-lynis.service", "apt-daily.service", "apt-daily-upgrade.service", "fstrim.service", "logrotate.service"),
    *("systemd-tmpfiles-clean.service", "e2scrub_all.service", "man-db.service"),
)
# Not ended, but not begun again: after a restart no container is to go on.
ENGINE = ("docker.socket", "docker.service")
SYSTEMCTL_SECONDS = 30.0


def _frozen() -> str:
    # Frozen containers end with the boot, and so does this.
    return f"{paths.RUN}/isolation-frozen.json"


def known() -> set[str]:
    """Ids of the containers that were frozen here: those that somebody paused before stay so afterwards."""
    try:
        return set(as_strs(json.loads(files.read(_frozen())), _frozen()))
    except (OSError, ValueError, Failed):
        return set()


def freeze() -> list[str]:
    """Freezes every container that runs. Returns those that were not in time, a sentence each."""
    mine, trouble = known(), list[str]()
    found = {id: one for id, one in groups.running().items() if not one.is_frozen()}
    # On record first: what is cut off here is thawed all the same.
    if set(found) - mine:
        files.make_directory(paths.RUN)
        files.write_json(_frozen(), sorted(mine | set(found)))
    for id, one in found.items():
        try:
            done = one.set_frozen(True)
        except OSError as error:
            trouble.append(f"container {id[:12]} goes on: {error.strerror}")
            continue
        if not done:
            trouble.append(f"container {id[:12]} goes on: the kernel did not stop all of it in time")
    return trouble


def thaw() -> list[str]:
    """Has the containers go on that were frozen here. Returns what went wrong, a sentence each; it is tried again."""
    mine, trouble = known(), list[str]()
    for id, one in groups.running().items():
        if id not in mine:
            continue
        try:
            done = one.set_frozen(False)
        except OSError as error:
            trouble.append(f"container {id[:12]} is still frozen: {error.strerror}")
            continue
        if not done:
            trouble.append(f"container {id[:12]} is still frozen: the kernel did not let it go on in time")
    if not trouble:
        files.remove(_frozen())
    return trouble


def is_held() -> bool:
    return all(files.exists(_drop_in(unit)) for unit in (*JOBS, *ENGINE))


def is_free() -> bool:
    return not any(files.exists(_drop_in(unit)) for unit in (*JOBS, *ENGINE))


def hold() -> list[str]:
    """Holds the units until the next restart, and ends jobs that run. Returns what went wrong."""
    text = isolated.hold_text()
    for unit in (*JOBS, *ENGINE):
        files.make_directory(f"{DROP_INS}/{unit}.d", 0o755)
        files.write(_drop_in(unit), text, mode=0o644)
    # A prefix is no unit that could be stopped.
    stop = [unit.replace("-.service", "-*.service") for unit in JOBS]
    return [*_systemctl("daemon-reload"), *_systemctl("stop", "--no-block", *stop)]


def release() -> list[str]:
    """Lets the units start again. Returns what went wrong."""
    for unit in (*JOBS, *ENGINE):
        files.remove(_drop_in(unit))
        directory = f"{DROP_INS}/{unit}.d"
        if files.is_directory(directory) and not files.names(directory):
            files.remove_empty(directory)
    return _systemctl("daemon-reload")


def start_engine() -> list[str]:
    """Starts Docker where it is installed and was held by a restart."""
    enabled = [unit for unit in ENGINE if process.run(["systemctl", "--quiet", "is-enabled", unit]).code == 0]
    if not enabled:
        return []
    process.run(["systemctl", "reset-failed", *enabled], timeout=SYSTEMCTL_SECONDS)
    return _systemctl("start", "--no-block", *enabled)


def start_ssh() -> list[str]:
    """Administrators come in by it: whoever stopped it is answered by a start."""
    if process.run(["systemctl", "--quiet", "is-active", "ssh.service"], timeout=SYSTEMCTL_SECONDS).code == 0:
        return []
    return _systemctl("start", "--no-block", "ssh.service")


def attempts(works: Mapping[str, Callable[[], Sequence[str]]]) -> list[str]:
    """Does each, whatever became of the others. Returns what went wrong, a sentence each."""
    trouble: list[str] = []
    for what, work in works.items():
        try:
            trouble += work()
        except (Failed, OSError) as error:
            trouble.append(f"{what}: {error.strerror if isinstance(error, OSError) else error}")
    return trouble


def _drop_in(unit: str) -> str:
    return f"{DROP_INS}/{unit}.d/{isolated.DROP_IN}"


def _systemctl(*words: str) -> list[str]:
    done = process.run(["systemctl", *words], timeout=SYSTEMCTL_SECONDS)
    if done.code == 0 or (words[0] == "stop" and "not loaded" in done.stderr):
        return []
    return [f"systemctl {words[0]}: {process.ended('systemctl', done.code, done.stderr)}"]
