"""Packages that a plan wants."""

import time

from phiward_host.agent.command import command
from phiward_host.agent.plan import Plan
from phiward_host.common import files, process

INSTALL_SECONDS = 1800
# Older lists are fetched again before anything is installed.
LISTS_SECONDS = 3600
OPTIONS = [
    *["-y", "--no-install-recommends"],
    *["-o", "DPkg::Lock::Timeout=300"],
    *["-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"],
]


def install(plan: Plan) -> list[str]:
    """Installs missing packages; finishes what an interrupted dpkg left. Returns what was installed, for a person."""
    missing = missing_packages(plan)
    if missing:
        command(plan.unit, ["dpkg", "--configure", "-a"])
        found = (files.status(path) for path in files.matching("/var/lib/apt/lists/*Packages*"))
        lists = max((status.st_mtime for status in found if status is not None), default=0)
        if time.time() - lists > LISTS_SECONDS:
            update(plan.unit)
        argv = ["apt-get", "install", *OPTIONS, *missing]
        if process.run(argv, timeout=INSTALL_SECONDS).code != 0:
            update(plan.unit)
            command(plan.unit, argv, timeout=INSTALL_SECONDS)
    return [f"package {name}" for name in missing]


def missing_packages(plan: Plan) -> list[str]:
    if not plan.packages:
        return []
    listed = process.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\\n", *plan.packages]).stdout
    return [name for name in plan.packages if f"{name} installed" not in listed.splitlines()]


def update(unit: str) -> None:
    command(unit, ["apt-get", "update", "-q"])
