"""The system's settings as lynis(8) judges them, each week: its index, its warnings and its suggestions, on record."""

import re
import time
from dataclasses import asdict, dataclass
from typing import Self

from phiward_host.common import files, paths, process, records
from phiward_host.common.decode import Fields, as_float, optional
from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog
from phiward_host.common.text import ascii_of
from phiward_host.scans import child

LOG = RootLog("scans")
PROGRAM = "/usr/sbin/lynis"
RUNNING = "/run/lynis.pid"
SECONDS = 1800
MOST_BYTES = 8 << 20
MOST_FINDINGS, MOST_TEXT = 200, 200
# `warning[]=TEST-1234|words|more|`.
FINDING = re.compile(r"(warning|suggestion)\[\]=([A-Z0-9-]{1,20})\|([^|]*)")
INDEX = re.compile(r"hardening_index=([0-9]{1,3})")


@dataclass(frozen=True)
class Judged:
    """`dropped` is by how much the index is below that of the week before; 0 where it is not."""

    at: float
    version: str
    index: int
    dropped: int
    warnings: tuple[str, ...]
    suggestions: tuple[str, ...]

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(
            fields.read("at", as_float),
            fields.text("version"),
            fields.integer("index"),
            fields.integer("dropped"),
            tuple(fields.texts("warnings")),
            tuple(fields.texts("suggestions")),
        )

    def to_json(self) -> dict[str, object]:
        return asdict(self)


def path() -> str:
    return f"{paths.BASE}/scans/lynis.json"


def last() -> Judged | None:
    """None before the first, and where its record was damaged. Raises OSError."""
    return records.read_or_begin(path(), optional(Judged.from_json), None, LOG)


def judge() -> Judged:
    """Has the system judged; it is kept. Raises Failed, OSError."""
    before = last()
    report, log = f"{paths.BASE}/scans/lynis-report.dat", f"{paths.BASE}/scans/lynis.log"
    files.remove(report)
    # Of one that was ended: it would begin no more. Its unit runs once at a time.
    files.remove(RUNNING)
    argv = [PROGRAM, "audit", "system", "--cronjob", "--quiet", "--report-file", report, "--log-file", log]
    done = process.logged(argv, LOG, timeout=SECONDS)
    try:
        data = files.read(report, MOST_BYTES)
    except FileNotFoundError:
        raise Failed(f"lynis made no report: {process.ended(PROGRAM, done.code)}; see {LOG.path}") from None
    fields = Fields.of(child.ask("the report of lynis", lambda: parsed(data)), "report")
    index = fields.integer("index")
    version = fields.text("version")
    # Another version asks other things.
    drop = 0 if before is None or before.version != version else max(0, before.index - index)
    warnings, suggestions = (tuple(fields.texts(name)) for name in ("warning", "suggestion"))
    found = Judged(time.time(), version, index, drop, warnings, suggestions)
    records.write_json(path(), found.to_json(), LOG)
    return found


def parsed(data: bytes) -> dict[str, object]:
    """What a report says; it has names of programs and files of others. Raises ValueError where it has no index."""
    found: dict[str, list[str]] = {"warning": [], "suggestion": []}
    index, version = None, "unknown"
    for line in data.decode("utf-8", "replace").split("\n"):
        finding, said = FINDING.match(line), INDEX.fullmatch(line)
        if finding is not None and len(found[finding[1]]) < MOST_FINDINGS:
            found[finding[1]].append(ascii_of(f"{finding[2]}: {finding[3]}", MOST_TEXT))
        elif said is not None and int(said[1]) <= 100:
            index = int(said[1])
        elif line.startswith("lynis_version="):
            version = ascii_of(line.partition("=")[2], MOST_TEXT)
    if index is None:
        raise ValueError
    return {"index": index, "version": version, **found}
