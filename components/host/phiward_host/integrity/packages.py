"""What dpkg has on record of the packages' files."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from phiward_host.common import files

RECORDS = "/var/lib/dpkg/info"
STATUS = "/var/lib/dpkg/status"
# Of the settings that packages write for themselves, ucf(1).
UCF = "/var/lib/ucf/hashfile"
# Debian 13 has merged these into /usr; records of packages still name some of their files as before.
MERGED = ("/bin/", "/sbin/", "/lib/", "/lib32/", "/lib64/", "/libx32/")
CONFFILE = re.compile(r"^ (/\S+) ([0-9a-f]{32})( obsolete)?$", re.MULTILINE)
MOST_BYTES = 256 << 20


@dataclass(frozen=True)
class Packages:
    """Every path that a package has, and the MD5 of those files that dpkg has one of: its only record of a content."""

    paths: frozenset[str]
    md5: Mapping[str, str]


def merged(path: str) -> str:
    """Where a file of a package is, whose record may name it by the link."""
    return f"/usr{path}" if path.startswith(MERGED) else path


def packages() -> Packages:
    """What is installed. Raises OSError."""
    paths: set[str] = set()
    md5: dict[str, str] = {}
    for name in files.names(RECORDS):
        if name.endswith(".list"):
            paths.update(merged(line) for line in _text(name).splitlines())
        elif name.endswith(".md5sums"):
            for line in _text(name).splitlines():
                digest, _, path = line.partition("  ")
                md5[merged(f"/{path}")] = digest
    status = files.read(STATUS, MOST_BYTES).decode("utf-8", "replace")
    for path, digest, _ in CONFFILE.findall(status):
        md5[merged(path)] = digest
        paths.add(merged(path))
    for line in (files.read_text_if_any(UCF) or "").splitlines():
        digest, _, path = line.partition("  ")
        md5[path] = digest
        paths.add(path)
    return Packages(frozenset(paths), md5)


def _text(name: str) -> str:
    return files.read(f"{RECORDS}/{name}").decode("utf-8", "replace")


# As of dpkg(1), `--verify`: what it can say of a file is a question mark, a 5 where the MD5 is another, or `missing`.
CHANGED = re.compile(r"^(?:\S*5\S*|missing)\s+(?:c )?(/.*)$", re.MULTILINE)


def changed_paths(answer: str) -> list[str]:
    """Paths of the files that `dpkg --verify` says are not as their package brought them."""
    return [merged(path) for path in CHANGED.findall(answer)]
