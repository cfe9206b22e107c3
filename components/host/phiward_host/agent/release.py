"""Ending the management of this host: it stays as it is, and the agent's own state goes."""

import phiward_host
from phiward_host.agent import systemd_units
from phiward_host.agent.transaction import units_with_transaction
from phiward_host.common import files, lock, paths, process, trees
from phiward_host.common.errors import Refused

LOCK_SECONDS = 60


def release() -> list[str]:
    """Removes the agent, its units and what it knows. Returns the paths.

    Raises Refused while a change waits: its way back needs them.
    """
    with lock.hold("lock", "release", LOCK_SECONDS):
        waiting = units_with_transaction()
        if waiting:
            raise Refused(
                f"a change of {', '.join(waiting)} is not confirmed yet; nothing was removed. "
                "Try again when it is confirmed or rolled back"
            )
        process.run(["systemctl", "disable", "--quiet", systemd_units.AT_BOOT])
        own = [f"{systemd_units.DIRECTORY}/{name}" for name in systemd_units.texts()]
        own += [f"{paths.BASE}/{name}" for name in ("agent.pyz", "agent.py")]
        gone = [path for path in own if files.exists(path)]
        for path in gone:
            files.remove(path)
        directories = [
            path
            for path in (*(f"{paths.BASE}/{name}" for name in ("units", "images", "contents")), phiward_host.COMPILED)
            if files.is_directory(path)
        ]
        for path in directories:
            trees.remove_tree(path)
        process.run(["systemctl", "daemon-reload"])
        return gone + directories
