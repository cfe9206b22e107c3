"""What runs or is loaded now: listeners, the firewall's chains, mounts, modules, programs with their owner's rights."""

import re
from collections.abc import Callable, Collection, Iterator

from phiward_host.agent.container import in_container
from phiward_host.common import files, process
from phiward_host.common.log import RootLog
from phiward_host.integrity.finding import UNLOOKED, Finding

LOG = RootLog("integrity")
# What Debian 13 ships with the set-user-ID or set-group-ID bit, and the file capabilities that it gives.
RAISED = frozenset(
    {
        *("/usr/bin/su", "/usr/bin/sudo", "/usr/bin/passwd", "/usr/bin/chsh", "/usr/bin/chfn", "/usr/bin/gpasswd"),
        *("/usr/bin/newgrp", "/usr/bin/mount", "/usr/bin/umount", "/usr/bin/chage", "/usr/bin/expiry"),
        *("/usr/bin/ssh-agent", "/usr/bin/crontab", "/usr/bin/at", "/usr/bin/fusermount3", "/usr/bin/fusermount"),
        *("/usr/bin/newuidmap", "/usr/bin/newgidmap", "/usr/bin/pkexec", "/usr/bin/ntfs-3g", "/usr/bin/dotlockfile"),
        *("/usr/bin/wall", "/usr/bin/write.ul", "/usr/bin/bsd-write", "/usr/bin/mlocate", "/usr/bin/plocate"),
        *("/usr/sbin/unix_chkpwd", "/usr/sbin/exim4", "/usr/sbin/pppd", "/usr/sbin/postdrop", "/usr/sbin/postqueue"),
        *("/usr/lib/openssh/ssh-keysign", "/usr/lib/dbus-1.0/dbus-daemon-launch-helper"),
        *("/usr/lib/polkit-1/polkit-agent-helper-1", "/usr/sbin/mount.nfs", "/usr/lib/landscape/apt-update"),
    }
)
CAPABLE = frozenset({"/usr/bin/ping cap_net_raw=ep", "/usr/bin/mtr-packet cap_net_raw=ep"})
# Containers and their images have files of their own there, which their limits are for.
NOT_SEARCHED = ("/proc", "/sys", "/dev", "/var/lib/docker", "/var/lib/containerd", "/run/docker", "/run/containerd")
SEARCHED = ("/etc", "/opt", "/root", "/srv", "/usr", "/var", "/home", "/tmp")  # noqa: S108
# In which nothing is mounted but what the host was made with: what lies beneath would be hidden.
COVERED = ("/etc", "/usr", "/bin", "/sbin", "/lib", "/boot", "/root", "/var/lib/phiward", "/var/log", "/var/lib/dpkg")
CHAINS = re.compile(r"^(?:ufw6?-|DOCKER|f2b-|phiward-|INPUT$|OUTPUT$|FORWARD$|PREROUTING$|POSTROUTING$)")
BUILT_IN = re.compile(r"^-A (?:INPUT|OUTPUT|FORWARD|PREROUTING|POSTROUTING) ")
# Rules of the kernel's own chains: jumps to the chains above, and what Docker says of its own bridges.
RULES = re.compile(
    r"^-A \S+ (?:.* )?-j (?:ufw6?-|DOCKER|f2b-|phiward-)\S*$"
    r"|^-A (?:FORWARD|POSTROUTING) .*(?:docker0|br-[0-9a-f]{12}).* -j (?:ACCEPT|DROP|MASQUERADE)$"
    r"|^-A POSTROUTING -s (\S+)/32 -d \1/32 .*-j MASQUERADE$"
)
TABLES = re.compile(
    r"^table (?:ip|ip6) (?:filter|nat|mangle|raw|security)$|^table (?:inet|ip|ip6) f2b-table$"
    r"|^table inet phiward_(?:isolation|blocks)$"
)
LISTENER = re.compile(r"^(\S+)\s+(?:LISTEN|UNCONN)\s+\d+\s+\d+\s+(\S+):(\d+)\s+\S+\s*(.*)$")
NAME = re.compile(r'"([^"]+)",pid=')
# A vault has millions of files.
LOOK_SECONDS = 600.0


def findings(listeners: Collection[str]) -> Iterator[Finding]:
    """Of this host; `listeners` are the declared ones, as `tcp/443`."""
    say = Said()
    yield from of_raised(
        say("find", *SEARCHED, *_pruned(), "-xdev", "-type", "f", "-perm", "/6000", "-printf", r"%m %p\0", end="\0")
    )
    # Of what can be started alone: to ask a key file for its rights would be an access to it, on record each time.
    executable = ("-xdev", "-type", "f", "-perm", "/111")
    yield from of_capable(
        say("find", *filter(_is_there, SEARCHED), *_pruned(), *executable, "-exec", "getcap", "{}", "+")
    )
    yield from of_immutable(say("lsattr", "-R", "-a", "/etc", "/usr/local", "/root", "/var/spool/cron"))
    yield from of_listeners(
        say("ss", "--listening", "--numeric", "--tcp", "--udp", "--processes", "--no-header"), listeners
    )
    yield from of_mounts(say("findmnt", "--noheadings", "--raw", "--output=TARGET,FSTYPE,SOURCE"))
    yield from of_tables(say("nft", "list", "tables"))
    for program in ("iptables-save", "ip6tables-save"):
        yield from of_rules(program, say(program))
    if not in_container():
        yield from of_modules(say("lsmod"), _module_path)
    yield from say.gone


class Said:
    """What programs say; of one that was not there, did not end in time or said too much there is a finding."""

    def __init__(self) -> None:
        self.gone: list[Finding] = []

    def __call__(self, *argv: str, end: str = "\n") -> str:
        """Its lines. One that fails for a directory that is not there has said what it could."""
        done = process.logged(argv, LOG, timeout=LOOK_SECONDS)
        if done.code in (process.NOT_FOUND, process.TIMED_OUT, process.TOO_MUCH):
            # Whoever fills a directory must not hide by that what is elsewhere.
            self.gone.append(Finding(UNLOOKED, argv[0], str(done.code)))
        # A path may hold a line end.
        return done.stdout if end == "\n" else done.stdout.replace("\n", "?").replace(end, "\n")


def _out(*argv: str) -> str:
    return process.logged(argv, LOG).stdout


def _is_there(path: str) -> bool:
    try:
        return files.exists(path)
    except OSError:
        return True


def _pruned() -> list[str]:
    words: list[str] = []
    for path in NOT_SEARCHED:
        words += ["-path", path, "-prune", "-o"]
    return words


def of_raised(out: str) -> Iterator[Finding]:
    for line in out.splitlines():
        mode, _, path = line.partition(" ")
        if path not in RAISED:
            yield Finding("program with its owner's rights (SUID, SGID)", path, mode)


def of_capable(out: str) -> Iterator[Finding]:
    for line in out.splitlines():
        if line not in CAPABLE and "=" in line:
            path, _, rights = line.rpartition(" ")
            yield Finding("program with capabilities", path, rights)


def of_immutable(out: str) -> Iterator[Finding]:
    """lsattr(1): a file that is immutable, or can only be appended to, keeps a deploy from changing it."""
    for line in out.splitlines():
        flags, _, path = line.partition(" ")
        if path.startswith("/") and ("i" in flags or "a" in flags):
            yield Finding("immutable flag", path, flags)


def of_listeners(out: str, declared: Collection[str]) -> Iterator[Finding]:
    for line in out.splitlines():
        match = LISTENER.match(line)
        if match is None:
            continue
        protocol, address, port, rest = match.groups()
        program = NAME.search(rest)
        name = program.group(1) if program else "unknown"
        loopback = address in ("127.0.0.1", "[::1]", "127.0.0.53%lo", "127.0.0.54")
        if f"{protocol}/{port}" not in declared and not (loopback and f"{protocol}/{port}/loopback" in declared):
            yield Finding("listener", f"{protocol} {address}:{port}", name)


def of_mounts(out: str) -> Iterator[Finding]:
    for line in out.splitlines():
        target, _, rest = line.partition(" ")
        if any(f"{target}/".startswith(f"{covered}/") for covered in COVERED):
            yield Finding("mount over the system", target, rest)


def of_tables(out: str) -> Iterator[Finding]:
    for line in out.splitlines():
        if line.strip() and not TABLES.match(line.strip()):
            yield Finding("table of nftables", line.strip().removeprefix("table "))


def of_rules(program: str, out: str) -> Iterator[Finding]:
    """Chains that are not ours, and rules in the kernel's own chains: of ours, the checks of the firewall ask."""
    table = ""
    for line in out.splitlines():
        if line.startswith("*"):
            table = line[1:]
        elif line.startswith(":") and not CHAINS.match(line[1:].split(" ")[0]):
            yield Finding("chain of the firewall", f"{program} {table} {line[1:].split(' ')[0]}")
        elif BUILT_IN.match(line) and not RULES.match(line):
            yield Finding("rule of the firewall", f"{program} {table} {line}")


def of_modules(out: str, path_of: Callable[[str], str]) -> Iterator[Finding]:
    """Modules that are loaded, and come from no file of a kernel's package."""
    for line in out.splitlines()[1:]:
        name = line.split(" ")[0]
        path = path_of(name)
        if not path.startswith(("/usr/lib/modules/", "/lib/modules/", "(builtin)")):
            yield Finding("loaded module", name, path)


def _module_path(name: str) -> str:
    return _out("modinfo", "--field=filename", name).strip()
