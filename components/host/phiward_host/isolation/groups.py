"""Containers by the cgroups that the kernel has of them: Docker is not asked, which may hang or lie.

A container is frozen with all that is in it (cgroups(7)): by version 2, by the freezer of version 1, and where there is
neither, by a signal to each of its processes. It keeps its memory, files and connections.
"""

import contextlib
import os
import re
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

PROC = Path("/proc")
MOUNTS = Path("/sys/fs/cgroup")
_ROW = re.compile(r"^\d+:([^:]*):(.*/docker[-/]([0-9a-f]{64})(?:\.scope)?)(?:/.*)?$", re.MULTILINE)
# Of a person's session whatever it is called.
_OF_PEOPLE = "/user.slice/"
SETTLE_SECONDS = 10.0
POLL_SECONDS = 0.02


def first_of_all() -> None:
    """This process is served before others, and not ended for want of memory. What starts it may not allow that."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, -20)
    with contextlib.suppress(OSError):
        (PROC / "self/oom_score_adj").write_text("-1000", encoding="ascii")


@dataclass
class Container:
    """A container that runs: its id, its processes, and the directories of its cgroups that can be frozen."""

    id: str
    pids: set[int] = field(default_factory=set[int])
    unified: Path | None = None
    freezer: Path | None = None

    def is_frozen(self) -> bool:
        if self.unified is not None:
            return "frozen 1" in _text(self.unified / "cgroup.events")
        if self.freezer is not None:
            return _text(self.freezer / "freezer.state").strip() == "FROZEN"
        return bool(self.pids) and all(_is_stopped(pid) for pid in self.pids)

    def set_frozen(self, wanted: bool) -> bool:
        """Freezes or thaws it, and waits for the kernel. False where it is not done in time. Raises OSError."""
        limit = time.monotonic() + SETTLE_SECONDS
        while True:
            self._write(wanted)
            if self.is_frozen() == wanted or not self._is_there():
                return True
            if time.monotonic() > limit:
                return False
            time.sleep(POLL_SECONDS)

    def _write(self, wanted: bool) -> None:
        if self.unified is not None:
            _put(self.unified / "cgroup.freeze", "1" if wanted else "0")
        elif self.freezer is not None:
            _put(self.freezer / "freezer.state", "FROZEN" if wanted else "THAWED")
        else:
            # What they started meanwhile has to stop as well.
            self.pids = found.pids if (found := running().get(self.id)) is not None else set()
            for pid in self.pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP if wanted else signal.SIGCONT)

    def _is_there(self) -> bool:
        group = self.unified or self.freezer
        return bool(self.pids) if group is None else group.exists()


def running() -> dict[str, Container]:
    """Every container that has a process, by its id."""
    found: dict[str, Container] = {}
    for entry in PROC.glob("[0-9]*"):
        try:
            rows = _ROW.findall((entry / "cgroup").read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue  # it ended while this looked
        for controllers, path, name in rows:
            if _OF_PEOPLE in path:
                continue
            container = found.setdefault(name, Container(name))
            container.pids.add(int(entry.name))
            _learn(container, controllers.split(","), path.lstrip("/"))
    return found


def _learn(container: Container, controllers: list[str], path: str) -> None:
    """Notes a directory of the container that can be frozen."""
    if controllers == [""] and container.unified is None:
        for mount in (MOUNTS, MOUNTS / "unified"):
            if (mount / path / "cgroup.freeze").exists():
                container.unified = mount / path
                return
    if (
        "freezer" in controllers
        and container.freezer is None
        and (MOUNTS / "freezer" / path / "freezer.state").exists()
    ):
        container.freezer = MOUNTS / "freezer" / path


def _put(path: Path, word: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.write_text(word, encoding="ascii")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return ""


def _is_stopped(pid: int) -> bool:
    # The name is between brackets, and may hold any character.
    state = _text(PROC / str(pid) / "stat").rpartition(")")[2].split()
    return not state or state[0] in "TtZX"
