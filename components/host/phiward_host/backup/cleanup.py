"""What a job that was killed leaves: services that it stopped, the temporary server with its password, staged files.

A job removes its own leftovers when it is told to end (`cli.main`), systemd's ExecStopPost those of one that was
killed, and each job, once it holds the lock, those of any before.
"""

import os
import shutil
from collections.abc import Sequence

from phiward_host.backup import scratch
from phiward_host.backup.tools import call, must
from phiward_host.common import files, paths
from phiward_host.common.decode import as_strs


def staging_path() -> str:
    """Where files are fetched to, before they are put in place."""
    return f"{paths.BASE}/restores/new"


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
    if os.path.lexists(scratch.password_path()):
        call(["docker", "rm", "--force", "--volumes", scratch.CONTAINER])
        files.remove(scratch.password_path())
    shutil.rmtree(staging_path(), ignore_errors=True)
    start_stopped()


def _stopped_path() -> str:
    return f"{paths.BASE}/backup/stopped.json"
