"""Docker's volumes, and the containers that use a path: they are stopped while it is restored."""

import contextlib
import json
import re
import shutil
from collections.abc import Generator, Sequence

from phiward_host.backup.cleanup import note_stopped, start_stopped
from phiward_host.backup.tools import must
from phiward_host.common import files, process
from phiward_host.common.decode import Fields, as_list, as_str


def volume_paths(volumes: Sequence[str]) -> dict[str, str]:
    """Where Docker keeps each volume. Raises Failed."""
    return {
        name: must(
            f"volume {name}: Docker does not know it; deploy the services first",
            ["docker", "volume", "inspect", "--format", "{{.Mountpoint}}", name],
        ).strip()
        for name in volumes
    }


def users_of(paths: Sequence[str]) -> list[str]:
    """Running containers that have one of these paths mounted, or something under or around it."""
    if shutil.which("docker", path=process.ENVIRONMENT["PATH"]) is None:
        return []
    listed = must("Docker does not answer", ["docker", "ps", "--quiet", "--no-trunc"]).split()
    if not listed or not paths:
        return []
    text = must("Docker does not answer", ["docker", "inspect", *listed])
    found = [Fields.of(entry, "docker inspect") for entry in as_list(json.loads(text), "docker inspect")]
    return [entry.text("Name").lstrip("/") for entry in found if _uses(entry, paths)]


def mount_points() -> list[str]:
    """Directories at which file systems are mounted, by proc_pid_mountinfo(5)."""
    lines = files.read_text("/proc/self/mountinfo").splitlines()
    return [re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), line.split(" ")[4]) for line in lines]


def is_within(path: str, directory: str) -> bool:
    """Whether a path is the directory or below it, by their names."""
    return directory != "" and f"{path}/".startswith(f"{directory}/")


@contextlib.contextmanager
def stopped(containers: Sequence[str]) -> Generator[None]:
    """Holds containers stopped.

    Docker does not start again what was stopped by hand: so that a power cut does not leave them down, their restart
    policy is `always` meanwhile.
    """
    if not containers:
        yield
        return
    note_stopped(containers)
    try:
        must(
            "could not change the restart policy of the services",
            ["docker", "update", "--restart", "always", *containers],
        )
        must("could not stop the services", ["docker", "stop", *containers])
        yield
    finally:
        start_stopped()


def _uses(container: Fields, paths: Sequence[str]) -> bool:
    mounts = container.items("Mounts", Fields.of)
    sources = [mount.read_or("Source", as_str, "") for mount in mounts]
    return any(is_within(source, path) or is_within(path, source) for source in sources for path in paths)
