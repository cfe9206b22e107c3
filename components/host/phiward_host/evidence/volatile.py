"""What is gone first: memory, processes, sockets, the network's state, the firewall, modules."""

import socket
import struct
from collections.abc import Iterator

from phiward_host.evidence import proc, reading, tools
from phiward_host.evidence.asked import Asked
from phiward_host.evidence.sink import Sink

# Of processes that look like somebody hiding: so many, with so much of each.
MOST_CLOSE, COPY_BYTES, MEMORY_BYTES = 12, 64 << 20, 16 << 20
KERNEL_MEMORY = ("/proc/kcore", "/dev/mem", "/dev/kmem", "/dev/crash")
SOCKETS = ("tcp", "tcp6", "udp", "udp6", "raw", "raw6")
NETWORK = (
    *("unix", "packet", "netlink", "arp", "route", "ipv6_route", "dev", "if_inet6", "igmp", "nf_conntrack", "fib_trie"),
    *("snmp", "netstat"),
)
STATES = {"01": "ESTABLISHED", "02": "SYN_SENT", "06": "TIME_WAIT", "07": "UNCONN", "08": "CLOSE_WAIT", "0A": "LISTEN"}
MODULE_WORDS = ("coresize", "initstate", "refcnt", "srcversion", "taint", "version")


def memory(sink: Sink, asked: Asked) -> None:
    """What the kernel says of its memory, and whether it lets itself be read: with lockdown(7) it does not."""
    sink.item("memory", "/proc and /sys: figures of memory, and whether the kernel's own can be read")
    for path in ("/proc/meminfo", "/proc/vmstat", "/proc/swaps", "/proc/iomem", "/sys/kernel/security/lockdown"):
        sink.line({"path": path, "text": reading.text(path)})
    taken = {path: _readable(path) for path in KERNEL_MEMORY}
    said = "none of it: memory of suspicious processes follows them"
    sink.line({"kernel memory": taken, "taken": "what the item kernel-memory has" if asked.memory else said})
    sink.end()


def _readable(path: str) -> str:
    try:
        return f"opens, {len(reading.device(path))} bytes read"
    except OSError as error:
        return f"locked: {error.strerror}"


def processes(sink: Sink, _: Asked) -> None:
    """All of them; of those that look like somebody hiding also the program itself, and what it wrote to its memory."""
    hashes, close, family = proc.Hashes(), list[tuple[int, str]](), proc.own_family()
    sink.item(
        "processes", "/proc: one row for each; names of the environment, values of those that decide what is loaded"
    )
    listed = proc.pids()
    for pid in listed:
        row = proc.described(pid, hashes)
        why = [] if pid in family else proc.suspicions(row)
        sink.line(row | {"suspicions": why})
        if why:
            close.append((pid, "; ".join(why)))
    for pid in proc.unlisted(set(listed)):
        why = ["it is in a control group, and /proc does not list it"]
        sink.line(proc.described(pid, hashes) | {"suspicions": why})
        close.append((pid, why[0]))
    sink.end(close=len(close))
    for pid, why in close[:MOST_CLOSE]:
        sink.item(f"program-{pid}", f"/proc/{pid}/exe: {why}")
        outcome = "whole"
        try:
            for part in reading.parts(f"/proc/{pid}/exe", COPY_BYTES, follow=True):
                sink.data(part)
        except OSError as error:
            outcome = f"cannot be read: {error.strerror}"
        sink.end(outcome)
        sink.item(f"memory-{pid}", f"/proc/{pid}/mem: what it may write, of no file, at most {MEMORY_BYTES} bytes")
        for part in proc.memory(pid, MEMORY_BYTES):
            sink.data(part)
        sink.end(areas=[f"{begin:x}-{end:x}" for begin, end in list(proc.writable(pid))[:200]])


def _spaces() -> dict[str, list[int]]:
    """Processes by their network."""
    found: dict[str, list[int]] = {}
    for pid in proc.pids():
        if space := reading.link(f"/proc/{pid}/ns/net"):
            found.setdefault(space, []).append(pid)
    return found


def owners(pids: list[int]) -> dict[str, list[int]]:
    """Which of some processes have a socket open, by its inode."""
    found: dict[str, list[int]] = {}
    for pid in pids:
        for target in proc.opened(pid).values():
            if target.startswith("socket:["):
                found.setdefault(target[8:-1], []).append(pid)
    return found


def connections(pid: int, owned: dict[str, list[int]]) -> Iterator[dict[str, object]]:
    """The sockets of the network that a process is in (proc_pid_net(5))."""
    for protocol in SOCKETS:
        for line in reading.text(f"/proc/{pid}/net/{protocol}", 16 << 20).splitlines()[1:]:
            words = line.split()
            if len(words) > 9:
                state = STATES.get(words[3], words[3])
                yield {
                    "protocol": protocol,
                    "local": address(words[1]),
                    "remote": address(words[2]),
                    "state": state,
                    "uid": int(words[7]),
                    "inode": words[9],
                    "pids": owned.get(words[9], []),
                }


def address(text: str) -> str:
    """Of proc_net_tcp(5): words in the machine's byte order, and a port."""
    host, _, port = text.partition(":")
    count = len(host) // 8
    data = struct.pack(f"={count}I", *[int(host[at : at + 8], 16) for at in range(0, len(host), 8)])
    if count == 1:
        return f"{socket.inet_ntop(socket.AF_INET, data)}:{int(port, 16)}"
    return f"[{socket.inet_ntop(socket.AF_INET6, data)}]:{int(port, 16)}"


def sockets(sink: Sink, _: Asked) -> None:
    """Every network's, containers' too, with the processes that have them open."""
    sink.item("sockets", "/proc/PID/net of one process of each network: decoded")
    spaces = _spaces()
    for space, pids in spaces.items():
        owned = owners(pids)
        for row in connections(pids[0], owned):
            sink.line({"network": space, **row})
    sink.end(networks=len(spaces))
    sink.item("network", "/proc/PID/net of one process of each network: as it is")
    for space, pids in spaces.items():
        for name in NETWORK:
            sink.line({"network": space, "path": name, "text": reading.text(f"/proc/{pids[0]}/net/{name}", 4 << 20)})
    sink.end()
    sink.item("neighbours", "ip(8), and conntrack(8) where it is installed")
    for words in (("-details", "address"), ("route", "show", "table", "all"), ("rule",), ("neighbour",)):
        tools.row(sink, "ip", *words)
    tools.row(sink, "ip", "-6", "rule")
    tools.row(sink, "conntrack", "-L")
    sink.end()


def firewall(sink: Sink, _: Asked) -> None:
    """The kernel's rules, by the programs that alone can ask for them."""
    sink.item("firewall", "nft(8), iptables-save(8)")
    for argv in (("nft", "--stateless", "list", "ruleset"), ("iptables-save", "-c"), ("ip6tables-save", "-c")):
        tools.row(sink, *argv)
    sink.end()


def kernel(sink: Sink, _: Asked) -> None:
    """Modules as the list and as /sys have them, what taints the kernel, its settings, and what is mounted."""
    sink.item("modules", "/proc/modules and /sys/module; what only one of them has may hide")
    listed = {line.split(" ")[0] for line in reading.text("/proc/modules", 4 << 20).splitlines()}
    sink.line({"path": "/proc/modules", "text": reading.text("/proc/modules", 4 << 20)})
    for name in reading.names("/sys/module"):
        words = {word: reading.text(f"/sys/module/{name}/{word}").strip() for word in MODULE_WORDS}
        # What is built in has no state.
        if words["initstate"]:
            sink.line({"module": name, "listed": name in listed, **words})
    for path in ("tainted", "modules_disabled", "randomize_va_space", "core_pattern", "unprivileged_bpf_disabled"):
        sink.line({"path": f"/proc/sys/kernel/{path}", "text": reading.text(f"/proc/sys/kernel/{path}").strip()})
    for path in ("/proc/cmdline", "/proc/version", "/proc/uptime", "/sys/kernel/tracing/enabled_functions"):
        sink.line({"path": path, "text": reading.text(path)})
    sink.end()
    sink.item("mounts", "/proc/1/mountinfo and our own, and how full each is")
    for path in ("/proc/1/mountinfo", "/proc/self/mountinfo", "/proc/filesystems", "/proc/mdstat", "/proc/locks"):
        sink.line({"path": path, "text": reading.text(path)})
    for path in ("/", "/run", "/tmp", "/var", "/var/log", "/var/lib/docker", "/srv", "/home"):  # noqa: S108
        sink.line({"path": path, "room": reading.room(path)})
    sink.end()
    sink.item("settings", "/proc/sys")
    for path, found in reading.walk(["/proc/sys"], most=20_000):
        # Some act when they are read, or are for writing alone.
        if found.st_mode & 0o400 and not found.st_mode & 0o040000:
            sink.line({"path": path, "text": reading.text(path, 4096).strip()})
    sink.end()
