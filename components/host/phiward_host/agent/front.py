"""The start of an apply: it leaves the agent on the host and moves into a systemd unit that outlives the connection."""

import os
import stat
import sys
from typing import NoReturn

from phiward_host.agent import systemd_units
from phiward_host.agent.command import command
from phiward_host.agent.difference import is_in_place
from phiward_host.agent.transaction import agent_path, units_with_transaction
from phiward_host.common import aside, compiled, files, paths, process
from phiward_host.common.errors import Refused

APPLY_SECONDS = 1800
STAGE = "PHIWARD_STAGE"
IN_UNIT = "unit"
LOG = "agent"
# Directories of the state, of its parts, and of single units and services.
STATE_LEVELS = 3


def is_in_unit() -> bool:
    """Whether this process is the one in the systemd unit."""
    return os.environ.get(STAGE) == IN_UNIT


def install_agent(archive: bytes | None) -> None:
    """Leaves the agent, where one came along, and its systemd units on the host: confirming and rolling back need
    nothing sent along."""
    settle_state()
    files.make_directory(f"{paths.BASE}/units")
    if archive is not None and not is_in_place(agent_path(), archive, (0, 0), 0o700):
        files.write(agent_path(), archive, owner=(0, 0), mode=0o700)
    texts = {f"{systemd_units.DIRECTORY}/{name}": text for name, text in systemd_units.texts().items()}
    outdated = [path for path, text in texts.items() if not is_in_place(path, text.encode(), (0, 0), 0o644)]
    for path in outdated:
        files.write(path, texts[path], owner=(0, 0), mode=0o644)
    if outdated:
        command(LOG, ["systemctl", "daemon-reload"])
    if files.link_target(f"{systemd_units.DIRECTORY}/multi-user.target.wants/{systemd_units.AT_BOOT}") is None:
        command(LOG, ["systemctl", "enable", "--quiet", systemd_units.AT_BOOT])
    remove_former_agent()
    compiled.keep([agent_path(), paths.ARCHIVE])


def settle_state() -> None:
    """Gives root alone the directories of what the agent knows of this host, whoever they were given to.

    A file in their place is kept beside it. Raises Refused for a link, which may lead to the records, and for a file
    system that is read-only.
    """
    found = files.status(paths.BASE)
    if found is not None and stat.S_ISREG(found.st_mode):
        aside.set_aside(paths.BASE)
        found = None
    if found is not None and not stat.S_ISDIR(found.st_mode):
        raise Refused(
            f"{paths.BASE}: found no directory, allowed: a directory; nothing was changed. Put the directory, or "
            "nothing, in its place on the host"
        )
    level = [paths.BASE]
    for _ in range(STATE_LEVELS):
        directories = [path for path in level if files.is_directory(path)]
        for path in directories:
            settle_directory(path)
        level = [f"{path}/{name}" for path in directories for name in files.names(path)]
    if found is not None and files.is_read_only(paths.BASE):
        raise Refused(
            f"{paths.BASE}: its file system is read-only, and nothing was changed. Look in the kernel's log why (a "
            "failing disk makes it so), and mount it for writing"
        )


def settle_directory(path: str) -> None:
    found = files.status(path)
    if found is not None and (found.st_uid, found.st_gid, found.st_mode & 0o7777) != (0, 0, 0o700):
        files.set_directory(path, (0, 0), 0o700)


def remove_former_agent() -> None:
    """Removes the agent of versions that were one file, unless a change waits, whose timer may call it."""
    if not units_with_transaction():
        files.remove(f"{paths.BASE}/agent.py")


def hand_over(unit: str, body: bytes, digest: str) -> NoReturn:
    """Runs this program again, with the same request, as a transient systemd unit; it takes this process's place."""
    os.dup2(files.in_memory("request", f"phiward {len(body)} {digest}\n".encode() + body), 0)
    os.execvpe(
        "systemd-run",
        [
            "systemd-run",
            *["--quiet", "--pipe", "--wait", "--collect"],
            f"--unit=phiward-apply-{unit}-{os.getpid()}",
            f"--description=Apply the plan of {unit}",
            f"--property=RuntimeMaxSec={APPLY_SECONDS}",
            f"--setenv={STAGE}={IN_UNIT}",
            f"--property=OnFailure=phiward-recover@{unit}.service",
            *sys.orig_argv,
        ],
        process.environment(),
    )
