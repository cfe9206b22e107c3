"""The files of the directories that decide what runs: each a package's, unchanged, or declared, or named."""

import hashlib
import os
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from phiward_host.common import files, isolated, process
from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog
from phiward_host.integrity.declared import Declared
from phiward_host.integrity.finding import CHANGED_DECLARED, CHANGED_PACKAGE, DECLARED, Finding
from phiward_host.integrity.kinds import kind_of
from phiward_host.integrity.packages import Packages

LOG = RootLog("integrity")
# Whatever is in them counts, except what `IGNORED` names.
WHOLE = ("/etc", "/usr")
# Of these directories too; one that is not there has nothing.
BESIDES = (
    *("/run/systemd/system", "/run/systemd/system.control", "/run/systemd/user", "/run/systemd/system-generators"),
    *("/run/systemd/network", "/run/systemd/journald.conf.d", "/run/systemd/system.conf.d", "/run/tmpfiles.d"),
    *("/run/modprobe.d", "/run/modules-load.d", "/run/sysctl.d", "/run/udev/rules.d", "/run/systemd/transient"),
    *("/var/spool/cron/crontabs", "/var/spool/cron/atjobs", "/root"),
)
# What hosts write by themselves and nothing runs, and what other parts of the inventory look into.
IGNORED = re.compile(
    r"""^(?:
      /etc/(?:passwd|group|shadow|gshadow|subuid|subgid)-?
    | /etc/(?:\.pwd\.lock|\.updated|\.resolv\.conf\.systemd-resolved\.bak|machine-id|adjtime|mtab)
    | /etc/(?:ld\.so\.cache|mailname|timezone)
    | /etc/apparmor\.d/(?:local|cache(?:\.d)?)/[^/]*
    | /etc/apparmor\.d/tunables/.*
    | /etc/ssl/certs/ca-certificates\.crt
    | /etc/security/opasswd
    | /etc/phiward/(?:tls|alert-token|certificates)(?:/.*)?
    | /etc/phiward/services/[^/]+/tls/(?:authority\.pem|plain\.conf|server|\.server\.[0-9]+/[^/]+)
    | /etc/docker/key\.json
    | /usr/(?:.*/)?__pycache__/.*
    | /usr/share/(?:info/dir|mime/.*|applications/mimeinfo\.cache|glib-2\.0/schemas/gschemas\.compiled|icons/.*)
    | /usr/share/(?:doc|man|locale|info|lintian)/.*
    | /usr/lib/(?:udev/hwdb\.bin|locale/locale-archive|modules/[^/]+/modules\.[a-z.]+)
    | /usr/lib/[^/]+/(?:gconv/gconv-modules\.cache|gio/modules/giomodule\.cache|gdk-pixbuf-2\.0/.*/loaders\.cache)
    | /usr/local/lib/phiward/compiled/[0-9a-f]{16}\.cpython-[0-9]+\.zip
    | /run/systemd/transient/(?!.*\.(?:timer|path|socket)$).*
    | /run/systemd/transient/phiward-rollback-.*
    | /var/spool/cron/atjobs/\.SEQ
    | /root/(?!\.).*
    | /root/\.(?:bash_history|lesshst|viminfo|python_history|rnd|cache/.*|local/.*|docker/.*|ssh/known_hosts(?:\.old)?)
    )$""",
    re.VERBOSE,
)
# Units that Debian brings and no server starts with: the first is a shell of root on a console, without a password.
NEVER_ENABLED = frozenset({"debug-shell.service", "rescue.service", "emergency.service"})
HOPS = 8


@dataclass(frozen=True)
class Entry:
    """A file, or a link with what it says; `changed` is when anything of it changed last, on the system's clock."""

    path: str
    type: str
    mode: int
    owner: tuple[int, int]
    changed: float
    target: str


FORMAT = r"%p\0%y\0%m\0%U\0%G\0%C@\0%l\0"
FIELDS = 7


def entries() -> list[Entry]:
    """All in the directories that count, by find(1). Raises Failed."""
    tops = [top for top in (*WHOLE, *BESIDES) if _is_there(top)]
    out = process.must(
        "the inventory", ["find", *tops, "-xdev", "-ignore_readdir_race", "!", "-type", "d", "-printf", FORMAT], LOG
    )
    return list(_read(out))


def _is_there(path: str) -> bool:
    try:
        return files.is_directory(path)
    except OSError:
        return False


def _read(out: str) -> Iterator[Entry]:
    fields = out.split("\0")
    for at in range(0, len(fields) - FIELDS, FIELDS):
        path, type, mode, uid, gid, changed, target = fields[at : at + FIELDS]
        yield Entry(path, type, int(mode, 8), (int(uid), int(gid)), float(changed), target)


@dataclass(frozen=True)
class Look:
    """An inventory of files. Of packages' files in /usr it reads what changed after `since`, when all were compared."""

    packages: Packages
    declared: Declared
    since: float

    def findings(self, found: list[Entry]) -> Iterator[Finding]:
        known = {entry.path: entry for entry in found}
        for entry in found:
            if IGNORED.match(entry.path):
                continue
            yield from self._of_link(entry, known) if entry.type == "l" else self._of_file(entry)

    def _of_file(self, entry: Entry) -> Iterator[Finding]:
        path = entry.path
        if path in self.declared.paths:
            yield from self._of_declared(entry)
        elif path in self.packages.paths:
            yield from self._of_package(entry)
        elif not _is_hold(path):
            yield Finding(kind_of(path), path, content(path))
        if entry.mode & 0o002 or (entry.owner[0] != 0 and path.startswith("/etc/")):
            yield Finding("file that others than root can change", path, f"{entry.mode:o} {entry.owner}")

    def _of_declared(self, entry: Entry) -> Iterator[Finding]:
        wanted = self.declared.sha256.get(entry.path)
        found = content(entry.path)
        # Applied before its content was recorded: held against what was there at the beginning.
        if found != wanted:
            yield Finding(CHANGED_DECLARED if wanted else DECLARED, entry.path, found)

    def _of_package(self, entry: Entry) -> Iterator[Finding]:
        wanted = self.packages.md5.get(entry.path)
        is_read = entry.path.startswith("/etc/") or entry.changed > self.since
        if wanted is not None and is_read and md5(entry.path) != wanted:
            yield Finding(CHANGED_PACKAGE, entry.path, content(entry.path))

    def _of_link(self, entry: Entry, known: dict[str, Entry]) -> Iterator[Finding]:
        target = resolved(entry, known)
        name = posixpath.basename(entry.path)
        accounted = target in self.packages.paths or target in self.declared.paths or _is_ours(target)
        if name in NEVER_ENABLED or not (accounted or entry.path in self.packages.paths):
            yield Finding(kind_of(entry.path), entry.path, f"link to {entry.target}")


def _is_ours(path: str) -> bool:
    """Whether a path is of the agent itself, which is in no plan."""
    return path in ("/etc/systemd/system/phiward-recover.service", "/etc/systemd/system/phiward-recover@.service")


def _is_hold(path: str) -> bool:
    """Whether this is by what isolation holds a unit back: with any other content it may keep a unit from its work."""
    directory, name = posixpath.split(path)
    if posixpath.dirname(directory) != isolated.DROP_INS or name != isolated.DROP_IN:
        return False
    return content(path) == hashlib.sha256(isolated.hold_text().encode()).hexdigest()


def resolved(entry: Entry, known: dict[str, Entry]) -> str:
    """Where a link leads in the end, as far as the inventory knows."""
    path = entry.path
    for _ in range(HOPS):
        here = known.get(path)
        if here is None or here.type != "l":
            break
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), here.target))
    return _merged(path)


def _merged(path: str) -> str:
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    return f"/usr{path}" if first in ("bin", "sbin", "lib", "lib64") else path


def content(path: str) -> str:
    """SHA-256 of a file's content; in words why it cannot be read."""
    return _digest(path, "sha256")


def md5(path: str) -> str:
    """MD5 of a file's content, as dpkg records it; in words why it cannot be read."""
    return _digest(path, "md5")


def _digest(path: str, algorithm: str) -> str:
    try:
        with files.reading(path) as descriptor, os.fdopen(descriptor, "rb", closefd=False) as file:
            return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def require_found(found: list[Entry]) -> None:
    """Raises Failed for an inventory of nothing: a look that saw no file says nothing about the host."""
    if len(found) < len(WHOLE) * 100:
        raise Failed(f"the inventory found {len(found)} files, allowed: all of {' and '.join(WHOLE)}")
