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
# A repository of up to this size is read whole every day, a larger one a seventh a day.
READ_WHOLE_BYTES = 4 << 30


@dataclass(frozen=True)
class Snapshot:
    """A snapshot as `restic snapshots --json` lists it, with our two tags: `run=` and `part=`."""

    id: str
    time: datetime.datetime
    run: str | None
    part: str | None
    paths: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        tags = fields.read_or("tags", optional(as_strs), None) or []
        paths = fields.read_or("paths", optional(as_strs), None) or []
        return cls(fields.text("id"), fields.read("time", as_time), _tag(tags, "run"), _tag(tags, "part"), tuple(paths))


@dataclass(frozen=True)
class Run:
    """The snapshots of one backup that came to its end, by part: `files`, and `SERVICE/DATABASE` for each database."""

    id: str
    parts: Mapping[str, Snapshot]

    @property
    def files(self) -> Snapshot:
        """The part with the files and the manifest. It is written last, so a run without it is not complete."""
        return self.parts["files"]


def as_time(value: object, path: str) -> datetime.datetime:
    """A time as restic writes it: RFC 3339, with up to nine digits after the point."""
    try:
        return datetime.datetime.fromisoformat(as_str(value, path))
    except ValueError:
        raise wrong(value, path, "a time as of RFC 3339") from None


def complete_runs(snapshots: Sequence[Snapshot]) -> list[Run]:
    """Runs that came to their end, newest first."""
    runs: dict[str, dict[str, Snapshot]] = {}
    for snapshot in sorted(snapshots, key=_time):
        if snapshot.run is not None:
            # Of two with one name the first counts: nobody replaces a run by adding to it.
            runs.setdefault(snapshot.run, {}).setdefault(snapshot.part or "", snapshot)
    complete = [Run(name, parts) for name, parts in runs.items() if "files" in parts]
    return sorted(complete, key=lambda run: run.files.time, reverse=True)


def surplus(snapshots: Sequence[Snapshot], last: int, days: int) -> list[str]:
    """Ids that retention removes: older than `days` before the newest, and not of the `last` complete runs.

    Counted from the newest snapshot and not from today, so that nothing is removed while no backups are made.
    """
    if not snapshots:
        return []
    limit = max(map(_time, snapshots)) - datetime.timedelta(days=days)
    kept = {snapshot.id for run in complete_runs(snapshots)[:last] for snapshot in run.parts.values()}
    return [snapshot.id for snapshot in snapshots if snapshot.time < limit and snapshot.id not in kept]


def from_future(snapshots: Sequence[Snapshot], now: datetime.datetime) -> list[str]:
    """Ids of snapshots dated ahead of the clock: with them, an intruder could make retention remove the good ones."""
    return [snapshot.id for snapshot in snapshots if snapshot.time > now + TOLERANCE]


def read_options(directory: str) -> list[str]:
    """The option of `restic check` that says how much it reads of the repository in `directory`."""
    if trees.total_bytes(f"{directory}/data") <= READ_WHOLE_BYTES:
        return ["--read-data"]
    return [f"--read-data-subset={time.gmtime().tm_wday + 1}/7"]


def _tag(tags: Sequence[str], name: str) -> str | None:
    return next((text.partition("=")[2] for text in tags if text.startswith(f"{name}=")), None)


def _time(snapshot: Snapshot) -> datetime.datetime:
    return snapshot.time
