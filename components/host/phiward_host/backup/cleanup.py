"""What a job that was killed leaves: services that it stopped, the temporary server with its password, staged files.

A job removes its own leftovers when it is told to end (`cli.main`), systemd's ExecStopPost those of one that was
killed, and each job, once it holds the lock, those of any before.
"""

import contextlib
from collections.abc import Sequence

from phiward_host.backup import scratch
from phiward_host.backup.restore_record import end_killed
from phiward_host.backup.tools import LOG, must
from phiward_host.common import files, paths, records, trees
from phiward_host.common.decode import as_strs
from phiward_host.common.errors import Damaged


def note_staged(directories: Sequence[str]) -> None:
    """Puts directories on record before files are fetched into them."""
    records.write_json(_staged_path(), list(directories), LOG)


def note_stopped(containers: Sequence[str]) -> None:
    """Puts containers on record before they are stopped."""
    records.write_json(_stopped_path(), list(containers), LOG)


def start_stopped() -> None:
    """Starts the containers on record again, under their restart policy; without a record it does nothing. Raises
    Failed, and the record stays.
    """
    if not files.exists(_stopped_path()):
        return
    try:
        containers = records.read(_stopped_path(), as_strs, [])
    except Damaged:
        containers = _stopped_containers()
    if containers:
        must("could not start the services again", ["docker", "start", *containers])
        policy = "could not change the restart policy of the services"
        must(policy, ["docker", "update", "--restart", "unless-stopped", *containers])
    if files.is_directory(_stopped_path()):
        records.set_aside(_stopped_path(), LOG)
    files.remove(_stopped_path())


def _stopped_containers() -> list[str]:
    """What a job stopped, by the restart policy that it gives them (`mounts.stopped`), where the record is damaged."""
    listed = must("Docker does not answer", ["docker", "ps", "--all", "--quiet"]).split()
    form = "{{.HostConfig.RestartPolicy.Name}} {{.Name}}"
    found = must("Docker does not answer", ["docker", "inspect", "--format", form, *listed]) if listed else ""
    pairs = [line.split(" /", 1) for line in found.splitlines()]
    return [name for policy, name in pairs if policy == "always"]


def remove_leftovers() -> None:
    """Removes all that a killed job left. The caller holds the lock of all jobs. Raises Failed."""
    if files.exists(scratch.password_path()):
        scratch.remove_server()
        files.remove(scratch.password_path())
    _remove_staged()
    start_stopped()
    end_killed()


def _remove_staged() -> None:
    for directory in records.read_or_begin(_staged_path(), as_strs, [], LOG):
        # One that cannot be removed keeps no service from starting; the next restore there tries again.
        with contextlib.suppress(OSError):
            trees.remove_tree(directory)
    files.remove(_staged_path())


def _staged_path() -> str:
    return f"{paths.BASE}/backup/staged.json"


def _stopped_path() -> str:
    return f"{paths.BASE}/backup/stopped.json"
