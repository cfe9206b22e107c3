"""The data of Debian's security tracker, as debsecan(1) takes them: which versions of a package have which CVE.

A unit of its own brings it, without rights; here it is only read, and by a child without rights.
"""

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from phiward_host.common import files, paths
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed, Refused
from phiward_host.scans import child
from phiward_host.scans.packages import VERSION, Package

# Debian's is 3 MB, and 20 when it is unpacked.
MOST_BYTES, MOST_UNPACKED = 32 << 20, 128 << 20
CVE = re.compile(r"(?:CVE-[0-9]{4}-[0-9]{4,8}|TEMP-[0-9A-F-]{1,30}|DSA-[0-9]{1,6}-[0-9]{1,3})")
URGENCIES: Mapping[str, str] = {"H": "high", "M": "medium", "L": "low", " ": "unknown"}


@dataclass(frozen=True)
class Known:
    """One vulnerability that may be one of an installed package's source, or of a package itself.

    `before` is the version of unstable from which on it is mended; empty where it is mended nowhere. Versions that the
    release itself mended it in are left out by the tracker.
    """

    name: str
    version: str
    cve: str
    urgency: str
    remote: bool
    mended: bool
    before: str

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        """Raises Refused."""
        fields = Fields.of(value, path)
        texts = [fields.text(name) for name in ("name", "version", "cve", "urgency", "before")]
        name, version, cve, urgency, before = texts
        if CVE.fullmatch(cve) is None or urgency not in URGENCIES.values():
            raise Refused(f"{path}: found another form, allowed: a CVE and its urgency")
        if before and VERSION.fullmatch(before) is None:
            raise Refused(f"{path}.before: found another form, allowed: a version")
        return cls(name, version, cve, urgency, fields.flag("remote"), fields.flag("mended"), before)


def path() -> str:
    return f"{paths.BASE}/scans/tracker"


def take() -> float | None:
    """When the data that there are were brought: what came last, where it is whole; else what came before."""
    new = f"{path()}.new"
    found = files.status(new)
    if found is not None and found.st_size > 0:
        data = files.read(new, MOST_BYTES)
        try:
            child.ask("the tracker's data", lambda: len(unpacked(data)))
            files.write(path(), data)
        except Failed:
            # Half of it, or a page of a proxy.
            pass
        files.write(new, b"")
    kept = files.status(path())
    return None if kept is None else kept.st_mtime


def known(installed: Sequence[Package]) -> list[Known]:
    """What the tracker has of these packages. Raises Failed."""
    data = files.read(path(), MOST_BYTES)
    sources = {(package.source, package.source_version) for package in installed}
    binaries = {(package.name, package.version) for package in installed}
    rows = child.ask("the tracker's data", lambda: {"rows": matching(unpacked(data), sources, binaries)})
    return Fields.of(rows, "tracker").items("rows", Known.from_json)


def unpacked(data: bytes) -> str:
    """Raises ValueError where it is not whole, or another thing."""
    unpack = zlib.decompressobj()
    text = unpack.decompress(data, MOST_UNPACKED).decode("utf-8", "replace")
    if not unpack.eof or not text.startswith("VERSION 1\n"):
        raise ValueError
    return text


def matching(text: str, sources: set[tuple[str, str]], binaries: set[tuple[str, str]]) -> list[dict[str, object]]:
    """Those of these names and versions, as JSON has them, without those that a release mended in that very version."""
    _, _, rest = text.partition("\n")
    names, _, rest = rest.partition("\n\n")
    cves = [line.split(",", 1)[0] for line in names.split("\n")]
    versions: dict[tuple[bool, str], list[str]] = {}
    for is_binary, wanted in ((False, sources), (True, binaries)):
        for name, version in sorted(wanted):
            versions.setdefault((is_binary, name), []).append(version)
    rows: list[dict[str, object]] = []
    for line in rest.partition("\n\n")[0].split("\n"):
        parts = line.split(",", 4)
        if len(parts) == 5 and len(parts[2]) == 4 and parts[1].isdecimal():
            name, number, flags, before, others = parts
            of = versions.get((flags[0] == "B", name), [])
            kept = {"name": name, "cve": cves[int(number)], "urgency": URGENCIES.get(flags[1], "unknown")}
            more = {"remote": flags[2] == "R", "mended": flags[3] == "F", "before": before}
            rows.extend({**kept, **more, "version": each} for each in of if each not in others.split(" "))
    return rows
