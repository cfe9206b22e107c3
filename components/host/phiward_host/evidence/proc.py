"""Processes as the kernel shows them in proc(5), and what of them looks like somebody hiding."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from phiward_host.evidence import reading

# Their values say where code comes from; of all others the names alone, since values are secrets.
SHOWN = (
    *("PATH", "HOME", "SHELL", "PWD", "USER", "TERM", "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "SSH_CONNECTION"),
    *("PYTHONPATH", "PYTHONSTARTUP", "PERL5LIB", "PERL5OPT", "NODE_OPTIONS", "BASH_ENV", "ENV", "PROMPT_COMMAND"),
)
STATUS = (
    *("Name", "State", "PPid", "TracerPid", "Uid", "Gid", "Groups", "NSpid", "CapEff", "CapBnd", "NoNewPrivs"),
    *("Seccomp", "Threads", "VmRSS"),
)
MOST_TARGETS, MOST_MAPS, MOST_WORDS = 2048, 4096, 1 << 14
PASSING = ("/tmp/", "/var/tmp/", "/dev/shm/", "/run/user/", "/memfd:")  # noqa: S108


@dataclass
class Hashes:
    """Of programs that run, each once: many processes have one."""

    known: dict[tuple[int, int, int], str] = field(default_factory=dict[tuple[int, int, int], str])

    def of(self, path: str) -> str:
        found = reading.status(path, follow=True)
        if found is None:
            return "cannot be read"
        key = (found.st_dev, found.st_ino, found.st_ctime_ns)
        if key not in self.known:
            self.known[key] = reading.digest(path, 1 << 29, follow=True)
        return self.known[key]


def pids() -> list[int]:
    """All processes that proc(5) lists."""
    return sorted(int(name) for name in reading.names("/proc") if name.isdigit())


def unlisted(listed: set[int]) -> Iterator[int]:
    """Processes that control groups have, and the listing of proc(5) has not: a listing can be lied about."""
    for path, _ in reading.walk(["/sys/fs/cgroup"], most=20_000):
        if path.endswith("/cgroup.procs"):
            for word in reading.text(path).split():
                pid = int(word) if word.isdigit() else 0
                # One that ended meanwhile is none that hides.
                if pid > 0 and pid not in listed and reading.status(f"/proc/{pid}") is not None:
                    yield pid


def described(pid: int, hashes: Hashes) -> dict[str, object]:
    """All of a process but its memory."""
    top = f"/proc/{pid}"
    exe = reading.link(f"{top}/exe")
    said: dict[str, object] = {
        "pid": pid,
        "status": fields(reading.text(f"{top}/status")),
        "started": started(reading.text(f"{top}/stat")),
        "argv": reading.text(f"{top}/cmdline", MOST_WORDS).split("\0")[:-1],
        "exe": exe,
        "sha256": hashes.of(f"{top}/exe") if exe else "",
        "cwd": reading.link(f"{top}/cwd"),
        "root": reading.link(f"{top}/root"),
        "environment": environment(pid),
        "cgroup": reading.text(f"{top}/cgroup").strip(),
        "session": [reading.text(f"{top}/{name}").strip() for name in ("loginuid", "sessionid")],
        "namespaces": {name: reading.link(f"{top}/ns/{name}") for name in reading.names(f"{top}/ns")},
        "open": opened(pid),
        "mapped": mapped(pid),
    }
    return said


def fields(text: str) -> dict[str, str]:
    """Of proc_pid_status(5)."""
    rows = (line.partition(":") for line in text.splitlines())
    return {name: value.strip() for name, _, value in rows if name in STATUS}


def started(text: str) -> int:
    """When a process began, in ticks since the boot (proc_pid_stat(5)); 0 where it is gone."""
    rest = text.rpartition(")")[2].split()
    return int(rest[19]) if len(rest) > 19 else 0


def environment(pid: int) -> dict[str, str | None]:
    """The names of its environment, with values of those that decide what it loads."""
    rows = (row.partition("=") for row in reading.text(f"/proc/{pid}/environ", MOST_WORDS).split("\0") if row)
    return {name: value if name in SHOWN else None for name, _, value in rows}


def opened(pid: int) -> dict[str, str]:
    """Where its descriptors lead."""
    top = f"/proc/{pid}/fd"
    return {name: reading.link(f"{top}/{name}") for name in reading.names(top)[:MOST_TARGETS]}


def mapped(pid: int) -> list[str]:
    """What of its memory can be run: files, each once, and `anonymous` for code that is of none."""
    found: dict[str, None] = {}
    for line in reading.text(f"/proc/{pid}/maps", 4 << 20).splitlines()[:MOST_MAPS]:
        words = line.split(None, 5)
        if len(words) >= 5 and "x" in words[1]:
            found[words[5] if len(words) == 6 else "anonymous"] = None
    return list(found)


def suspicions(row: Mapping[str, object]) -> list[str]:
    """Why a process is worth a closer look; mostly nothing."""
    exe, environment_of = str(row["exe"]), row["environment"]
    why: list[str] = []
    if exe.endswith(" (deleted)"):
        why.append("its program was deleted or replaced")
    if exe.startswith(PASSING):
        why.append("its program is where anybody can write")
    if isinstance(environment_of, dict) and ("LD_PRELOAD" in environment_of or "LD_AUDIT" in environment_of):
        why.append("it was made to load a library")
    code = row["mapped"]
    if isinstance(code, list) and any(str(path).startswith(PASSING) for path in code):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        why.append("it runs code from where anybody can write")
    return why


def writable(pid: int) -> Iterator[tuple[int, int]]:
    """The areas of its memory that it may write and that are of no file, as begin and end."""
    for line in reading.text(f"/proc/{pid}/maps", 4 << 20).splitlines()[:MOST_MAPS]:
        words = line.split(None, 5)
        is_own = len(words) == 5 or words[5] in ("[heap]", "[stack]") or words[5].startswith("/memfd:")
        if len(words) >= 5 and words[1].startswith("rw") and is_own:
            begin, _, end = words[0].partition("-")
            yield int(begin, 16), int(end, 16)


def memory(pid: int, most: int) -> Iterator[bytes]:
    """What is in those areas, one after the other, at most so much."""
    left = most
    with contextlib.suppress(OSError), reading.opened(f"/proc/{pid}/mem") as descriptor:
        for begin, end in writable(pid):
            at = begin
            while at < end and left > 0:
                with contextlib.suppress(OSError):
                    part = os.pread(descriptor, min(reading.PART_BYTES, end - at, left), at)
                    left -= len(part)
                    yield part
                at += reading.PART_BYTES


def own_family() -> list[int]:
    """This process and those above it."""
    found: list[int] = []
    pid = os.getpid()
    while pid > 1 and len(found) < 64:
        found.append(pid)
        parent = fields(reading.text(f"/proc/{pid}/status")).get("PPid", "0")
        pid = int(parent) if parent.isdigit() else 0
    return found
