"""What changed on this host, held against what the operator's machine declares of it.

Nothing here believes the host's own copy of programs or settings. What only the host knows is marked so.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator

from phiward_host.agent.container import in_container
from phiward_host.common import docker
from phiward_host.common.errors import Failed
from phiward_host.evidence import docker as engine
from phiward_host.evidence import held, proc, reading, volatile
from phiward_host.evidence.asked import Asked
from phiward_host.evidence.sink import Sink
from phiward_host.integrity import accounts, authorities, baseline, containers, running, settings
from phiward_host.integrity.declared import Declared, declared
from phiward_host.integrity.finding import CHANGED_DECLARED, DECLARED, UNLOOKED, UNSEALED, Finding
from phiward_host.integrity.kinds import kind_of
from phiward_host.integrity.packages import packages
from phiward_host.integrity.tree import Look, entries

HIDDEN_MODULE, HIDDEN_PROCESS = "module that the list hides", "process that /proc hides"
SUSPICIOUS = "process that seems to hide"
TAINTED = "kernel that something not of its package changed"
WEBSHELL_KIND = "program of a site that runs what it is sent"
WEBSHELL = re.compile(
    rb"\b(?:eval|assert|system|shell_exec|passthru|exec|popen|proc_open)\s*\(|base64_decode", re.ASCII
)
PAGES = (".php", ".phtml", ".php5", ".phar", ".jsp", ".jspx")
SITES = ("/var", "/srv", "/opt", "/home", "/tmp", "/usr/local")  # noqa: S108
# Bits of /proc/sys/kernel/tainted: forced, out of tree, unsigned, live patched.
TAINTS = {
    1: "a module was forced",
    12: "a module out of the kernel's tree",
    13: "an unsigned module",
    15: "patched live",
}
MODULES = ("/usr/lib/modules/", "/lib/modules/")
MOST_FOUND = 5000


def findings(sink: Sink, asked: Asked) -> None:
    """A row for each, with the times of what is at its path; a part that fails is a finding of its own."""
    sink.item("findings", "files, packages, accounts, containers, listeners, modules and processes nobody declared")
    known, accepted = _known(asked), asked.declared.accepted
    today = settings.today()
    count = 0
    for finding in _each(asked):
        is_known = finding in known or any(entry.covers(finding, today) for entry in accepted)
        if is_known or count >= MOST_FOUND:
            continue
        count += 1
        sink.line(finding.to_json() | _times(finding, asked))
    sink.end("whole" if count < MOST_FOUND else f"cut off at {MOST_FOUND} findings", found=count)


def _known(asked: Asked) -> baseline.Known:
    """What was there at first, by the host's own record; none of it where the operator's seal is of another one."""
    try:
        return frozenset() if asked.declared.seal not in (None, baseline.seal()) else baseline.known()
    except (Failed, OSError):
        return frozenset()


def _each(asked: Asked) -> Iterator[Finding]:
    seen: set[Finding] = set()
    parts: tuple[tuple[str, Callable[[Asked], Iterable[Finding]]], ...] = (
        ("the baseline", _seal),
        ("what is running", of_processes),
        ("the kernel", of_kernel),
        ("listeners", of_listeners),
        ("containers", of_containers),
        ("accounts", lambda each: accounts.findings(each.declared.people, each.declared.with_password)),
        ("programs with rights", lambda _: of_programs()),
        ("the firewall and mounts", lambda _: of_tools()),
        ("authorities of certificates", lambda _: authorities.findings(packages())),
        ("files", of_files),
    )
    for name, part in parts:
        try:
            for finding in part(asked):
                if finding not in seen:
                    seen.add(finding)
                    yield finding
        except (Failed, OSError, ValueError) as error:
            words = getattr(error, "strerror", None) or str(error) or type(error).__name__
            yield Finding(UNLOOKED, name, str(words)[:200])


def _seal(asked: Asked) -> Iterator[Finding]:
    if asked.declared.seal is not None and asked.declared.seal != baseline.seal():
        yield Finding(UNSEALED, baseline.path())


def of_files(asked: Asked) -> Iterator[Finding]:
    """Every file where code or settings are: its package's, by every byte, or a plan's, by the operator's own."""
    own = _own()
    shipped = packages()
    # Of several that are allowed the one that is there, else the first, which then is missed.
    wanted = {path: _allowed(path, allowed) for path, allowed in asked.digests.items() if allowed}
    there = frozenset(asked.digests) | own.paths
    by_host = {path: digest for path, digest in own.sha256.items() if path not in wanted}
    look = Look(shipped, Declared(there, by_host | wanted), 0)
    for finding in look.findings(entries()):
        is_hosts_own = finding.kind == DECLARED and finding.path not in asked.digests
        yield Finding(CHANGED_DECLARED, finding.path, finding.digest) if is_hosts_own else finding


def _own() -> Declared:
    """What the host has on record of its plans: believed only where the operator's machine cannot know it."""
    try:
        return declared()
    except (Failed, OSError):
        return Declared(frozenset(), {})


def _allowed(path: str, allowed: list[str]) -> str:
    if len(allowed) == 1:
        return allowed[0]
    found = reading.digest(path)
    return found if found in allowed else allowed[0]


def of_processes(_: Asked) -> Iterator[Finding]:
    """Processes that look like somebody hiding, and those that are not listed."""
    hashes, family, listed = proc.Hashes(), proc.own_family(), proc.pids()
    for pid in listed:
        row = {
            "exe": reading.link(f"/proc/{pid}/exe"),
            "environment": proc.environment(pid),
            "mapped": proc.mapped(pid),
        }
        why = [] if pid in family or row["exe"] == "" else proc.suspicions(row)
        if why:
            yield Finding(SUSPICIOUS, f"{pid} {row['exe']}: {'; '.join(why)}", hashes.of(f"/proc/{pid}/exe"))
    for pid in proc.unlisted(set(listed)):
        yield Finding(HIDDEN_PROCESS, str(pid), reading.link(f"/proc/{pid}/exe"))


def of_kernel(_: Asked) -> Iterator[Finding]:
    """Modules that the list leaves out, and what taints the kernel: of a host that has one of its own."""
    if in_container():
        return
    listed = {line.split(" ")[0] for line in reading.text("/proc/modules", 4 << 20).splitlines()}
    for name in reading.names("/sys/module"):
        if reading.text(f"/sys/module/{name}/initstate") and name not in listed:
            yield Finding(HIDDEN_MODULE, name)
    word = reading.text("/proc/sys/kernel/tainted").strip()
    bits = int(word) if word.isdigit() else 0
    why = [words for bit, words in TAINTS.items() if bits >> bit & 1]
    if why:
        yield Finding(TAINTED, "; ".join(why), word)


def of_listeners(asked: Asked) -> Iterator[Finding]:
    """Of the host's own network, by proc(5)."""
    owned = volatile.owners(proc.pids())
    lines: list[str] = []
    for row in volatile.connections(1, owned):
        protocol, pids = str(row["protocol"]).removesuffix("6"), row["pids"]
        if protocol not in ("tcp", "udp") or row["state"] not in ("LISTEN", "UNCONN"):
            continue
        first = pids[0] if isinstance(pids, list) and pids else 0  # pyright: ignore[reportUnknownVariableType]
        name = reading.text(f"/proc/{first}/comm").strip() or "unknown"
        lines.append(f'{protocol} {row["state"]} 0 0 {row["local"]} *:* users:(("{name}",pid={first},fd=0))')
    yield from running.of_listeners("\n".join(lines).replace("127.0.0.53:", "127.0.0.53%lo:"), asked.declared.listeners)


def of_containers(asked: Asked) -> Iterator[Finding]:
    """By Docker, where it answers soon; by its files, and by what the kernel runs, in any case."""
    names = asked.declared.names
    if reading.status(docker.SOCKET) is None:
        return
    try:
        docker.ask("GET", "/_ping", timeout=engine.ANSWER_SECONDS)
        yield from containers.findings(names)
    except (Failed, OSError, ValueError):
        yield Finding("Docker", "it does not answer: containers are by its files and by what the kernel runs")
    by_kernel = engine.by_kernel()
    for row in engine.on_disk():
        found = row["config.v2.json"]
        if isinstance(found, dict):
            name = str(found.get("Name", "")).lstrip("/")  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
            config = found.get("Config")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            image = str(config.get("Image", "")) if isinstance(config, dict) else ""  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
            is_one_off = isinstance(config, dict) and any(label in json.dumps(config) for label in containers.ONE_OFF)
            if name not in names.containers and not is_one_off:
                yield Finding("container", name, image)
            by_kernel.pop(str(row["id"]), None)
    for number, pids in by_kernel.items():
        yield Finding("container", f"{number[:12]}, of which Docker has no file", f"processes {pids[:5]}")


def of_programs() -> Iterator[Finding]:
    """Programs with rights of another, by our own walk; and pages of sites that run what they are sent."""
    for path, found in reading.walk(held.SEARCHED, held.NOT_SEARCHED):
        if found.st_mode & 0o170000 != 0o100000:
            continue
        if found.st_mode & held.RAISED:
            yield from running.of_raised(f"{found.st_mode & 0o7777:o} {path}")
        rights = reading.capabilities(path).hex() if found.st_mode & 0o111 else ""
        if rights not in ("", NET_RAW if f"{path} cap_net_raw=ep" in running.CAPABLE else ""):
            yield Finding("program with capabilities", path, rights)
        if path.endswith(PAGES) and path.startswith(SITES) and WEBSHELL.search(reading.content(path, 1 << 20)):
            yield Finding(WEBSHELL_KIND, path, reading.digest(path))


# VFS_CAP_REVISION_2 with cap_net_raw permitted and effective.
NET_RAW = "0100000200200000000000000000000000000000"


def of_tools() -> Iterator[Finding]:
    """Where only programs of the host can ask the kernel."""
    say = running.Said()
    yield from running.of_immutable(say("lsattr", "-R", "-a", "/etc", "/usr/local", "/root", "/var/spool/cron"))
    yield from running.of_tables(say("nft", "list", "tables"))
    for program in ("iptables-save", "ip6tables-save"):
        yield from running.of_rules(program, say(program))
    rows = [line.split(" ") for line in reading.text("/proc/1/mountinfo", 4 << 20).splitlines()]
    mounts = [f"{words[4]} {' '.join(words[words.index('-') + 1 :])}" for words in rows if "-" in words]
    yield from running.of_mounts("\n".join(mounts))
    yield from say.gone


def _times(finding: Finding, asked: Asked) -> dict[str, object]:
    """What is at a finding's path now; `record` says whose word it was held against."""
    path = finding.path if finding.path.startswith("/") else None
    found = None if path is None else reading.status(path)
    record = "operator" if path in asked.digests else "host"
    if found is None:
        return {"what": finding.kind, "record": record}
    return {
        "what": "kernel module" if (path or "").startswith(MODULES) else kind_of(path or ""),
        "record": record,
        "modified": found.st_mtime,
        "changed": found.st_ctime,
        "isNew": found.st_ctime >= asked.since,
    }
