"""Whether the files that the vault keeps of a host's journal join: each begins with the number after the last one's.

systemd-journal-remote numbers records as they come, over all files, until one is damaged: from then on they may be
those of another series, with an id of its own. So of what was here at the last look all is here, but what is past its
years; and of each series nothing is missing in between. Only the beginning of a file is read.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

from phiward_host.common import files
from phiward_host.common.decode import Fields, as_float
from phiward_host.journal import stored
from phiward_host.sealing.header import BYTES, Header

# A file may be renamed while the directory is read: what is missing is missing at each of these looks.
LOOKS = 3
MOST_SAID = 5


@dataclass(frozen=True)
class Run:
    """Records of a series without a gap: the first and the last number, and when each was written (seconds)."""

    series: str
    first: int
    last: int
    begin: float
    end: float

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        numbers = fields.integer("first"), fields.integer("last")
        return cls(fields.text("series"), *numbers, fields.read("begin", as_float), fields.read("end", as_float))


def runs(host: str, limit: float) -> list[Run]:
    """What is here of a host's journal, but for files that are past their years. Raises OSError."""
    return joined(run for path in stored.listed(host) if stored.written(path) >= limit for run in _run(path))


def joined(found: Iterable[Run]) -> list[Run]:
    """The same in order, those as one that follow each other."""
    done: list[Run] = []
    for run in sorted(found, key=lambda run: (run.series, run.first)):
        last = done[-1] if done else None
        if last is None or last.series != run.series or run.first > last.last + 1:
            done.append(run)
        elif run.last > last.last:
            done[-1] = Run(run.series, last.first, run.last, last.begin, run.end)
    return done


def missing(known: Sequence[Run], found: Sequence[Run]) -> list[Run]:
    """What is not among `found`: of what was known, and between the records of a series that came since."""
    return [hole for run in _expected(known, found) for hole in _holes(run, found)]


def look(host: str, known: Sequence[Run], limit: float) -> tuple[list[Run], list[str]]:
    """What is here now, and a sentence for each hole that was not known. Raises OSError."""
    found: list[Run] = []
    holes: list[Run] = []
    for _ in range(LOOKS):
        found = runs(host, limit)
        # What ends before that was removed as it was past its years.
        holes = [hole for hole in missing(known, found) if hole.end >= limit]
        if not holes:
            break
    said = [_sentence(hole) for hole in sorted(holes, key=lambda hole: hole.begin)]
    if len(said) > MOST_SAID:
        said = [*said[:MOST_SAID], f"records are missing in {len(said) - MOST_SAID} more places"]
    return found, said


def _run(path: str) -> Sequence[Run]:
    """What one file has; nothing where it is empty, gone or no journal."""
    try:
        with files.reading_beneath(stored.TOP, path) as descriptor:
            header = Header.of(os.pread(descriptor, BYTES, 0))
    except FileNotFoundError:
        return ()
    if header is None or header.records == 0:
        return ()
    return (Run(header.series, header.first, header.last, header.head, header.tail),)


def _expected(known: Sequence[Run], found: Sequence[Run]) -> list[Run]:
    """What has to be here: all that was, and in each series what came since, without a gap."""
    expected = list(known)
    for series in {run.series for run in found}:
        here = [run for run in found if run.series == series]
        before = [run for run in known if run.series == series]
        first = before[-1] if before else here[0]
        if here[-1].last > first.last or not before:
            expected.append(Run(series, first.first, max(first.last, here[-1].last), first.begin, here[-1].end))
    return joined(expected)


def _holes(run: Run, found: Sequence[Run]) -> list[Run]:
    here = [each for each in found if each.series == run.series and each.last >= run.first and each.first <= run.last]
    # Bounds before and after: what is between two neighbours is what is missing.
    before = Run(run.series, run.first - 1, run.first - 1, run.begin, run.begin)
    after = Run(run.series, run.last + 1, run.last + 1, run.end, run.end)
    return [
        Run(run.series, one.last + 1, other.first - 1, one.end, other.begin)
        for one, other in pairwise([before, *here, after])
        if other.first > one.last + 1
    ]


def _sentence(hole: Run) -> str:
    begin, end = stored.time_of(hole.begin), stored.time_of(hole.end)
    return f"of the records from {begin} to {end}, {hole.last - hole.first + 1} that were here are missing"
