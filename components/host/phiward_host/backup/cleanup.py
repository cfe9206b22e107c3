"""What a job that was killed leaves: services that it stopped, the temporary server with its password, staged files.

A job removes its own leftovers when it is told to end (`cli.main`), systemd's ExecStopPost those of one that was
killed, and each job, once it holds the lock, those of any before.
"""

import contextlib
import os
from collections.abc import Sequence

from phiward_host.backup import scratch
from phiward_host.backup.tools import must
from phiward_host.common import files, paths, trees
from phiward_host.common.decode import as_strs


def note_staged(directories: Sequence[str]) -> None:
    """Puts directories on record before files are fetched into them."""
    files.make_directory(os.path.dirname(_staged_path()))
    files.write_json(_staged_path(), list(directories))


def note_stopped(containers: Sequence[str]) -> None:
    """Puts containers on record before they are stopped."""
    files.make_directory(os.path.dirname(_stopped_path()))
    files.write_json(_stopped_path(), list(containers))


def start_stopped() -> None:
    """Starts the containers on record again, under their restart policy; without a record it does nothing. Raises
    Failed, and the record stays.
    """
    found = files.read_json(_stopped_path())
    if found is None:
        return
    containers = as_strs(found, "stopped containers")
    must("could not start the services again", ["docker", "start", *containers])
    policy = "could not change the restart policy of the services"
    must(policy, ["docker", "update", "--restart", "unless-stopped", *containers])
    files.remove(_stopped_path())


def remove_leftovers() -> None:
    """Removes all that a killed job left. The caller holds the lock of all jobs. Raises Failed."""
    if files.exists(scratch.password_path()):
        scratch.remove_server()
        files.remove(scratch.password_path())
    _remove_staged()
    start_stopped()


def _remove_staged() -> None:
    found = files.read_json(_staged_path())
    if found is None:
        return
    for directory in as_strs(found, "staged directories"):
        # One that cannot be removed keeps no service from starting; the next restore there tries again.
        with contextlib.suppress(OSError):
            trees.remove_tree(directory)
    files.remove(_staged_path())


def _staged_path() -> str:
    return f"{paths.BASE}/backup/staged.json"


def _stopped_path() -> str:
    return f"{paths.BASE}/backup/stopped.json"
