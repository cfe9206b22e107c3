"""Sessions as sudo records them: a directory each, on a file system of their own in memory, until they are sealed."""

import re
import stat
import time

from phiward_host.common import files, process
from phiward_host.common.errors import Failed

TOP = "/run/phiward/sessions"
# As iolog_file in /etc/sudoers makes them: whose session, when it began (UTC), and what tells two of one second apart.
NAME = re.compile(r"[a-z_][a-z0-9_-]{0,31}-[0-9]{8}T[0-9]{6}-[A-Za-z0-9]{6}", re.ASCII)
# Between making the directory and opening a file in it.
BEGINNING_SECONDS = 60
# Of its 64 MB, from which on the next session may not be recorded whole.
LEAST_FREE = 6 << 20
SCAN_SECONDS = 60


def present() -> list[str]:
    """All that are there, the oldest first within one person."""
    return [name for name in files.names_if_any(TOP) if NAME.fullmatch(name) is not None]


def finished() -> list[str]:
    """Those that nothing is added to any more."""
    names = present()
    written = _written() if names else set[str]()
    return [name for name in names if is_complete(name) or (name not in written and _age(name) > BEGINNING_SECONDS)]


def is_complete(name: str) -> bool:
    """Whether sudo ended it: then it takes the right to write from the file of times (sudoreplay(8), option -F)."""
    found = files.status(f"{TOP}/{name}/timing")
    return found is not None and not found.st_mode & 0o222


def age(name: str) -> float:
    """Seconds since anything was last written of it."""
    times = [
        found.st_mtime
        for found in (files.status(f"{TOP}/{name}/{each}") for each in files.names_if_any(f"{TOP}/{name}"))
        if found
    ]
    return time.time() - max(times, default=time.time())


def _age(name: str) -> float:
    found = files.status(f"{TOP}/{name}")
    return 0.0 if found is None else time.time() - found.st_mtime


def _written() -> set[str]:
    """Sessions of which a process has a file open, such as sudo's own. Killed, it completes none."""
    prefix = f"{TOP}/"
    return {target[len(prefix) :].partition("/")[0] for target in _open_files() if target.startswith(prefix)}


def _open_files() -> list[str]:
    """Of each process. Some end meanwhile, which find(1) says by its exit code. Raises Failed where it did not end."""
    argv = ["find", "/proc", "-mindepth", "3", "-maxdepth", "3", "-path", "/proc/[0-9]*/fd/*"]
    done = process.run([*argv, "-lname", f"{TOP}/*", "-printf", "%l\\n"], timeout=SCAN_SECONDS)
    # Of half a list a session that goes on would be taken for a finished one, and what follows in it lost.
    if done.code not in (0, 1):
        raise Failed(f"which sessions go on is not known: {process.ended('find', done.code)}")
    return done.stdout.splitlines()


def trouble() -> str | None:
    """What is wrong with the place where sudo writes, or None."""
    found = files.status(TOP)
    above, _, _ = TOP.rpartition("/")
    if found is None or files.device(TOP) == files.device(above):
        return f"{TOP} is not a file system of its own: systemctl start run-phiward-sessions.mount"
    if found.st_uid != 0 or stat.S_IMODE(found.st_mode) != 0o700:
        return f"{TOP} is not root's alone"
    if files.free_bytes(TOP) < LEAST_FREE:
        return f"{TOP} is full: what follows in open sessions is not recorded, until one of them ends"
    return None
