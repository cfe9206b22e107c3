"""Which snapshots belong together, which may be removed, and how much a check reads; for hosts and for the vault."""

import datetime
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from phiward_host.common import trees
from phiward_host.common.decode import Fields, as_str, as_strs, optional, wrong

# Clocks differ a little; a snapshot that is further ahead has a forged date.
TOLERANCE = datetime.timedelta(hours=1)
# Years in which a date is computed with; any other is no date.
YEARS = range(1970, 9000)
# A repository of up to this size is read whole every day, a larger one a seventh a day.
READ_WHOLE_BYTES = 4 << 30
# Ids in one command line.
MOST_IDS = 1000
# The parts of a run beside its databases.
FILES, MANIFEST = "files", "manifest"
# Of the manifest's snapshot: all that was declared is in the run.
WHOLE = "state=whole"
# Of a run whose manifest is a part of its own; before, it was among the files.
FORM = "2"
EARLIEST = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class Snapshot:
    """A snapshot as `restic snapshots --json` lists it, with our tags: `run=`, `part=`, `form=`, `state=`.

    `time` and tags are what whoever added it says. `tree` is the SHA-256 of the whole content, which restic compares
    when it reads. `arrived` is when the place that keeps it got it, where that place has a record of its own.
    """

    id: str
    time: datetime.datetime | None
    run: str | None
    part: str | None
    paths: tuple[str, ...] = ()
    tree: str = ""
    form: str | None = None
    whole: bool = False
    arrived: datetime.datetime | None = None

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        tags = fields.read_or("tags", optional(as_strs), None) or []
        paths = fields.read_or("paths", optional(as_strs), None) or []
        return cls(
            id=fields.text("id"),
            time=_time_or_none(fields.text("time")),
            run=_tag(tags, "run"),
            part=_tag(tags, "part"),
            paths=tuple(paths),
            tree=fields.read_or("tree", as_str, ""),
            form=_tag(tags, "form"),
            whole=WHOLE in tags,
        )

    @property
    def at(self) -> datetime.datetime:
        """What order and age go by: the arrival, where it is on record."""
        return self.arrived or self.time or EARLIEST


@dataclass(frozen=True)
class Run:
    """The snapshots of one backup that came to its end, by part: `SERVICE/DATABASE` for each database, and the rest."""

    id: str
    parts: Mapping[str, Snapshot]

    @property
    def files(self) -> Snapshot:
        """The part with the files."""
        return self.parts[FILES]

    @property
    def head(self) -> Snapshot:
        """The part that is written last, so a run without it is not complete: the manifest, or the files with it."""
        return self.parts.get(MANIFEST) or self.files

    @property
    def whole(self) -> bool:
        """Whether its host said that nothing of what was declared is missing in it."""
        return self.head.whole or self.head.part == FILES


def as_time(value: object, path: str) -> datetime.datetime:
    """A time as restic writes it: RFC 3339, with up to nine digits after the point."""
    found = _time_or_none(as_str(value, path))
    if found is None:
        raise wrong(value, path, "a time as of RFC 3339, in the years 1970 to 8999")
    return found


def complete_runs(snapshots: Sequence[Snapshot]) -> list[Run]:
    """Runs that came to their end, newest first."""
    runs: dict[str, dict[str, Snapshot]] = {}
    for snapshot in sorted(snapshots, key=_at):
        if snapshot.run is not None:
            # Of two with one name the first counts: nobody replaces a run by adding to it.
            runs.setdefault(snapshot.run, {}).setdefault(snapshot.part or "", snapshot)
    complete = [Run(name, parts) for name, parts in runs.items() if _is_complete(parts)]
    return sorted(complete, key=lambda run: run.head.at, reverse=True)


def surplus(snapshots: Sequence[Snapshot], last: int, days: int) -> list[str]:
    """Ids that retention removes: older than `days` before the newest, and not of the `last` complete runs.

    Counted from the newest snapshot and not from today, so that nothing is removed while no backups are made. A run in
    which something is missing does not push out one that has it.
    """
    if not snapshots:
        return []
    limit = max(map(_at, snapshots)) - datetime.timedelta(days=days)
    whole = [run for run in complete_runs(snapshots) if run.whole]
    kept = {snapshot.id for run in whole[:last] for snapshot in run.parts.values()}
    return [snapshot.id for snapshot in snapshots if snapshot.at < limit and snapshot.id not in kept]


def forget_words(expired: Sequence[str], *options: str) -> list[list[str]]:
    """The commands of restic that remove snapshots and then what only they needed; one command line holds so many."""
    batches = [expired[start : start + MOST_IDS] for start in range(0, len(expired), MOST_IDS)]
    ends = [[] if batch is not batches[-1] else ["--prune", *options] for batch in batches]
    return [["forget", *end, "--quiet", *batch] for batch, end in zip(batches, ends, strict=True)]


def from_future(snapshots: Sequence[Snapshot], now: datetime.datetime) -> list[str]:
    """Ids of snapshots dated ahead of the clock, or in no year that is one: whoever added them forged their dates."""
    return [snapshot.id for snapshot in snapshots if snapshot.time is None or snapshot.time > now + TOLERANCE]


def repeated_parts(snapshots: Sequence[Snapshot]) -> list[str]:
    """Parts that a run has more than once, as `RUN PART`: somebody added to a run that had come to its end."""
    seen: set[tuple[str, str]] = set()
    found: list[str] = []
    for snapshot in snapshots:
        if snapshot.run is not None:
            key = (snapshot.run, snapshot.part or "")
            if key in seen:
                found.append(f"{snapshot.run} {snapshot.part or 'without a name'}")
            seen.add(key)
    return found


def read_options(directory: str) -> list[str]:
    """The option of `restic check` that says how much it reads of the repository in `directory`."""
    if trees.total_bytes(f"{directory}/data") <= READ_WHOLE_BYTES:
        return ["--read-data"]
    return [f"--read-data-subset={time.gmtime().tm_wday + 1}/7"]


def _tag(tags: Sequence[str], name: str) -> str | None:
    return next((text.partition("=")[2] for text in tags if text.startswith(f"{name}=")), None)


def _is_complete(parts: Mapping[str, Snapshot]) -> bool:
    return MANIFEST in parts or (FILES in parts and parts[FILES].form is None)


def _time_or_none(text: str) -> datetime.datetime | None:
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None and found.year in YEARS else None


def _at(snapshot: Snapshot) -> datetime.datetime:
    return snapshot.at
