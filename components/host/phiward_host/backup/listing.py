"""Snapshots in batches: whoever can add to a repository can add many, each of any size for a few bytes sent.

What restic says of all at once may be more than can be read; of a batch it is little enough once that is small enough.
"""

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from phiward_host.backup.retention import Snapshot
from phiward_host.common.decode import Fields, list_of
from phiward_host.common.errors import Refused
from phiward_host.common.process import Completed

# More than a snapshot of what a host declares has: some paths, and tags of ours.
MOST_BYTES = 64 << 10
# Each batch costs restic the opening of the repository, which takes about a second.
BATCH = 256
# Of those that somebody made too large to be listed with others: this takes some minutes.
MOST_FAILED = 500
# Within this all parts of a run come; a job takes no longer.
RUN_TIME = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Listed:
    """What there is of some ids."""

    found: list[Snapshot] = field(default_factory=list[Snapshot])
    # What restic read and no host makes: it stays so, since its content has its name.
    foreign: list[str] = field(default_factory=list[str])
    # What restic could not list, which another time it may.
    unlisted: list[str] = field(default_factory=list[str])

    @property
    def left_out(self) -> list[str]:
        """All but the snapshots."""
        return [*self.foreign, *self.unlisted]


def near(came: Mapping[str, datetime.datetime], wanted: str | None) -> list[str]:
    """The ids of the snapshots that came at about the time of what is wanted: a run, or the beginning of an id.

    All where none is wanted, or its time is not known. Whatever was added later keeps nobody from an earlier backup.
    """
    named = [at for name, at in came.items() if wanted and name.startswith(wanted)]
    at = named[0] if named else _time_of(wanted or "")
    return [name for name, arrived in came.items() if at is None or abs(arrived - at) < RUN_TIME]


def _time_of(run: str) -> datetime.datetime | None:
    """When a run began: its name says it."""
    try:
        return datetime.datetime.strptime(run.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.UTC)
    except ValueError:
        return None


def in_batches(ids: Sequence[str], ask: Callable[[Sequence[str]], Completed], host: str | None = None) -> Listed:
    """The snapshots of these ids, or of one host's alone, and the others.

    `ask` has restic list those that it is given. A batch that it cannot list is halved, down to a single one. After
    MOST_FAILED that it could not list, the rest is in no list: give what came first first.
    """
    listed = Listed()
    # From its end on.
    pending = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)][::-1]
    failed = 0
    while pending and failed < MOST_FAILED:
        batch = pending.pop()
        answered = _entries(ask(batch))
        failed += answered is None
        if answered is None and len(batch) > 1:
            half = len(batch) // 2
            pending += [batch[half:], batch[:half]]
            continue
        entries = {entry.values.get("id"): entry for entry in answered or []}
        for name in batch:
            entry = entries.get(name)
            snapshot = None if entry is None else _bounded(entry)
            if entry is None:
                listed.unlisted.append(name)
            elif snapshot is None:
                listed.foreign.append(name)
            elif host is None or entry.values.get("hostname") == host:
                listed.found.append(snapshot)
    return listed


def _entries(done: Completed) -> list[Fields] | None:
    """What restic listed; None where it could not, or said too much."""
    if done.code != 0:
        return None
    try:
        return list_of(Fields.of)(json.loads(done.stdout), "snapshots")
    except (ValueError, RecursionError, Refused):
        return None


def _bounded(entry: Fields) -> Snapshot | None:
    if len(json.dumps(entry.values)) > MOST_BYTES:
        return None
    try:
        return Snapshot.from_json(entry.values, "snapshot")
    except Refused:
        return None
