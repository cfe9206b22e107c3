"""Packages that a plan wants."""

import re
import time
from collections.abc import Sequence

from phiward_host.agent.command import COMMAND_SECONDS
from phiward_host.agent.plan import Plan
from phiward_host.common import files, paths, process
from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog

INSTALL_SECONDS = 1800
# Another program, mostly the daily upgrades, may hold the packages for this long.
LOCK_SECONDS = 300
POLL_SECONDS = 2
# How apt and dpkg say that it does; of them, only apt-get install waits by itself, and not for each of its locks.
LOCKED = re.compile(
    r"(?:Could not get lock|Unable to (?:acquire|lock)|lock was locked by)"
    r"(?:.*process(?: with pid)? (?P<holder>\d+))?"
)
# What a log of packages is called that no one unit asked for.
EARLY = "packages"
# Older lists are fetched again before anything is installed.
LISTS_SECONDS = 3600
OPTIONS = [
    *["-y", "--no-install-recommends"],
    *["-o", f"DPkg::Lock::Timeout={LOCK_SECONDS}"],
    *["-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"],
]


def install(plan: Plan) -> list[str]:
    """Installs missing packages; finishes what an interrupted dpkg left. Returns what was installed, for people."""
    return [f"package {name}" for name in _install(plan.unit, plan.packages)]


def install_early(wanted: Sequence[str]) -> None:
    """Installs what several plans are going to ask for, at once. Each asks again, and says why one cannot be had."""
    try:
        _install(EARLY, wanted)
    except Failed as failure:
        RootLog(EARLY).write(str(failure))


def _install(unit: str, wanted: Sequence[str]) -> list[str]:
    missing = missing_packages(wanted)
    if missing:
        run(unit, ["dpkg", "--configure", "-a"])
        if time.time() - _lists_fetched() > LISTS_SECONDS:
            update(unit)
        argv = ["apt-get", "install", *OPTIONS, *missing]
        if unlocked(argv, INSTALL_SECONDS).code != 0:
            update(unit)
            run(unit, argv, INSTALL_SECONDS)
    return missing


def missing_packages(wanted: Sequence[str]) -> list[str]:
    if not wanted:
        return []
    listed = process.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\\n", *wanted]).stdout
    return [name for name in wanted if f"{name} installed" not in listed.splitlines()]


def _lists_fetched() -> float:
    """When the lists were, at the latest. What apt fetched itself has the archive's time: perhaps months ago."""
    found = (files.status(path) for path in [_stamp(), *files.matching("/var/lib/apt/lists/*Packages*")])
    return max((status.st_mtime for status in found if status is not None), default=0)


def update(unit: str) -> None:
    run(unit, ["apt-get", "update", "-q"])
    files.make_directory(paths.BASE)
    files.write(_stamp(), b"", mode=0o600)


def _stamp() -> str:
    return f"{paths.BASE}/lists-fetched"


def run(unit: str, argv: Sequence[str], timeout: float = COMMAND_SECONDS) -> None:
    """Runs apt or dpkg once no other program holds the packages. Raises Failed; the output is in the unit's log."""
    done = unlocked(argv, timeout)
    if done.code != 0:
        log = RootLog(unit)
        log.write(f"{list(argv)!r} exited {done.code}:", done.stdout, done.stderr)
        raise Failed(f"{process.ended(argv[0], done.code, done.stderr)}; its output is in {log.path} on the host")


def unlocked(argv: Sequence[str], timeout: float) -> process.Completed:
    """How a command ended that found the packages unlocked.

    Raises Failed, which names the holder, after LOCK_SECONDS.
    """
    limit = time.monotonic() + LOCK_SECONDS
    while True:
        done = process.run(argv, timeout=timeout)
        locked = LOCKED.search(done.stderr) if done.code != 0 else None
        if locked is None:
            return done
        if time.monotonic() > limit:
            raise Failed(
                f"another program is installing packages ({holder(locked['holder'])}); gave up after {LOCK_SECONDS} s. "
                "Try again once it has ended"
            )
        time.sleep(POLL_SECONDS)


def holder(number: str | None) -> str:
    """What a process is called, as far as it can be told."""
    if number is None:
        return "its process is not known"
    try:
        return f"{files.read_text(f'/proc/{number}/comm').strip()}, process {number}"
    except (OSError, ValueError):
        return f"process {number}"
