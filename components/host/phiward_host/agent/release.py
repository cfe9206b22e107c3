"""Ending the management of this host: it stays as it is, and the agent's own state goes."""

import glob
import os
import shutil

from phiward_host.agent import systemd_units
from phiward_host.common import files, lock, paths, process
from phiward_host.common.errors import Refused

LOCK_SECONDS = 60


def waiting_units() -> list[str]:
    """Units whose last change is not confirmed yet, or was interrupted."""
    return sorted(path.split("/")[-2] for path in glob.glob(f"{paths.BASE}/units/*/transaction"))


def release() -> list[str]:
    """Removes the agent, its units and what it knows. Returns the paths.

    Raises Refused while a change waits: its way back needs them.
    """
    with lock.hold("lock", "release", LOCK_SECONDS):
        waiting = waiting_units()
        if waiting:
            raise Refused(
                f"a change of {', '.join(waiting)} is not confirmed yet; nothing was removed. "
                "Try again when it is confirmed or rolled back"
            )
        process.run(["systemctl", "disable", "--quiet", systemd_units.AT_BOOT])
        own = [f"{systemd_units.DIRECTORY}/{name}" for name in systemd_units.texts()]
        own += [f"{paths.BASE}/{name}" for name in ("agent.pyz", "agent.py")]
        gone = [path for path in own if os.path.lexists(path)]
        for path in gone:
            files.remove(path)
        trees = [path for path in (f"{paths.BASE}/units", f"{paths.BASE}/images") if os.path.isdir(path)]
        for path in trees:
            shutil.rmtree(path)
        process.run(["systemctl", "daemon-reload"])
        return gone + trees
