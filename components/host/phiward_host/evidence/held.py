"""What stays on a disk: settings, accounts, keys, jobs, programs with rights, packages, and phiward's own record."""

import base64
import os
import re
from collections.abc import Iterator

from phiward_host.evidence import reading, tools
from phiward_host.evidence.asked import Asked
from phiward_host.evidence.sink import Sink

# Where whoever stays on a host has to be; copied whole but for what is secret.
COPIED = (
    *("/etc", "/usr/local/lib/systemd", "/usr/local/bin", "/usr/local/sbin", "/run/systemd/system"),
    *("/run/systemd/transient", "/run/systemd/generator", "/run/systemd/generator.late", "/run/udev/rules.d"),
    *("/var/spool/cron", "/root", "/boot/grub/grub.cfg"),
)
# A deploy's own key, certificates' keys, passwords: of these the hash alone.
SECRET = re.compile(
    r"^/etc/(?:g?shadow-?|phiward/.*|ssl/private/.*|letsencrypt/(?:archive|accounts|keys)/.*|ssh/ssh_host_.*_key"
    r"|\.pwd\.lock|security/opasswd|docker/.*key.*|krb5\.keytab|luks.*|nginx/.*\.(?:htpasswd|key))$"
    r"|^/root/.*(?:id_[a-z0-9]+|\.key|\.pem|\.age|\.docker/.*)$|-cache/"
)
FILE_BYTES, HOME_BYTES = 256 << 10, 1 << 20
# Where keys, shells' settings and what was typed are, in each home.
IN_HOMES = re.compile(
    r"/\.(?:ssh/.*|[a-z_]*(?:rc|profile|history|login|logout|env)|config/systemd/.*|pam_environment)$"
)
SEARCHED = ("/etc", "/opt", "/root", "/srv", "/usr", "/var", "/home", "/tmp", "/boot", "/dev/shm", "/run")  # noqa: S108
NOT_SEARCHED = (
    "/var/lib/docker",
    "/var/lib/containerd",
    "/run/docker",
    "/run/containerd",
    "/srv/vault",
    "/var/log/journal",
)
RAISED = 0o6000
MOST_CHANGED = 60_000
UNITS = (
    ("systemctl", "list-timers", "--all", "--no-pager", "--full"),
    ("systemctl", "list-units", "--all", "--no-pager", "--full", "--plain"),
    ("systemctl", "list-unit-files", "--no-pager", "--full"),
    ("systemctl", "--failed", "--no-pager", "--full"),
    ("loginctl", "list-sessions", "--no-pager"),
    ("timedatectl", "show"),
)


def settings(sink: Sink, _: Asked) -> None:
    """Files that decide what runs and who is let in, with what is in them, but for secrets."""
    sink.item("files", f"{', '.join(COPIED)}, and keys and shells of homes: content in base64, none of what is secret")
    count = 0
    for path, found in _copied():
        row = reading.described(path, found)
        if found.st_mode & 0o170000 == 0o100000:
            row["sha256"] = reading.digest(path, 64 << 20)
            if not SECRET.search(path) and found.st_size <= FILE_BYTES:
                count += 1
                row["content"] = _content(path)
        sink.line(row)
    sink.end(copied=count)


def _copied() -> Iterator[tuple[str, os.stat_result]]:
    yield from reading.walk(COPIED, most=100_000)
    homes = {line.split(":")[5] for line in reading.text("/etc/passwd").splitlines() if line.count(":") == 6}
    for home in sorted(homes - {"/root", "/"}):
        if home.startswith("/home/"):
            for path, found in reading.walk([home], most=20_000):
                if IN_HOMES.search(path):
                    yield path, found


def units(sink: Sink, _: Asked) -> None:
    """As systemd says it, within a bound."""
    sink.item("units", "systemctl(1), loginctl(1)")
    for argv in UNITS:
        tools.row(sink, *argv, seconds=6)
    sink.end()


def accounts(sink: Sink, _: Asked) -> None:
    """Of passwords only whether there is one, and of which kind."""
    sink.item("accounts", "/etc/passwd, group, shadow without passwords")
    for path in ("/etc/passwd", "/etc/group", "/etc/subuid", "/etc/subgid", "/etc/ld.so.preload"):
        sink.line({"path": path, "text": reading.text(path)})
    for path in ("/etc/shadow", "/etc/gshadow"):
        for line in reading.text(path).splitlines():
            name, password, rest = [*line.split(":", 2), "", ""][:3]
            sink.line({"path": path, "name": name, "password": kind_of(password), "rest": rest})
    sink.end()


def kind_of(password: str) -> str:
    """What a field of shadow(5) is, without what is in it."""
    if password == "":
        return "empty"
    if password[:1] in ("!", "*"):
        return f"locked ({password[:1]})"
    return f"hash {password[:3]}…" if password.startswith("$") else "another form"


def programs(sink: Sink, asked: Asked) -> None:
    """Every program with rights of another, by its hash; and every path that changed since, by its times."""
    sink.item("raised", f"{', '.join(SEARCHED)}: set-user-ID, set-group-ID, capabilities")
    changed: list[dict[str, object]] = []
    count = 0
    for path, found in reading.walk(SEARCHED, NOT_SEARCHED):
        is_file = found.st_mode & 0o170000 == 0o100000
        rights = reading.capabilities(path) if is_file and found.st_mode & 0o111 else b""
        if is_file and (found.st_mode & RAISED or rights):
            sink.line(reading.described(path, found) | {"sha256": reading.digest(path), "capabilities": rights.hex()})
        if found.st_ctime >= asked.since and not path.startswith(("/run/", "/var/lib/phiward/log/")):
            count += 1
            if count <= MOST_CHANGED:
                changed.append(reading.described(path, found))
    sink.end()
    sink.item("changed", "the same directories: what changed since, by the time that only the kernel sets")
    for row in changed:
        sink.line(row)
    sink.end("whole" if count <= MOST_CHANGED else f"cut off at {MOST_CHANGED} paths", paths=count)


def packages(sink: Sink, _: Asked) -> None:
    """What dpkg has on record; whether files are as it says is in the findings."""
    sink.item("packages", "/var/lib/dpkg/status")
    for part in reading.parts("/var/lib/dpkg/status", 32 << 20):
        sink.data(part)
    sink.end()


def state(sink: Sink, _: Asked) -> None:
    """What phiward has on record on this host, but for secrets."""
    sink.item("phiward", "/var/lib/phiward without secrets and contents, /usr/local/lib/phiward by hash")
    for path, found in reading.walk(
        ["/var/lib/phiward", "/usr/local/lib/phiward"], ("/var/lib/phiward/secrets",), 20_000
    ):
        row = reading.described(path, found)
        if found.st_mode & 0o170000 == 0o100000:
            row["sha256"] = reading.digest(path, 64 << 20)
            if _is_record(path) and found.st_size <= HOME_BYTES:
                row["content"] = _content(path)
        sink.line(row)
    sink.end()


def _is_record(path: str) -> bool:
    kept = ("/var/lib/phiward/integrity/", "/var/lib/phiward/units/", "/var/lib/phiward/status/")
    return path.startswith(kept) and path.endswith(".json")


def _content(path: str) -> str:
    try:
        return base64.b64encode(reading.content(path, HOME_BYTES)).decode()
    except OSError:
        return ""
