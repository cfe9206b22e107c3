"""Snapshots one by one: whoever can add to a repository can add any number, each of any size for a few bytes sent."""

import json
from collections.abc import Callable, Iterable

from phiward_host.backup.retention import Snapshot
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Refused
from phiward_host.common.process import Completed

# More than a snapshot of what a host declares has: some paths, and tags of ours.
MOST_BYTES = 64 << 10


def is_bounded(done: Completed) -> bool:
    """Whether restic could read a snapshot, and it is of a size that a host's own are."""
    return done.code == 0 and len(done.stdout) <= MOST_BYTES


def one_by_one(
    ids: Iterable[str], read: Callable[[str], Completed], host: str | None = None
) -> tuple[list[Snapshot], list[str]]:
    """The snapshots of these ids, or of one host's alone; and ids of those that are too large, or are none."""
    found: list[Snapshot] = []
    rest: list[str] = []
    for name in ids:
        done = read(name)
        try:
            if not is_bounded(done):
                raise ValueError
            fields = Fields.of(json.loads(done.stdout), "snapshot")
            if host is None or fields.values.get("hostname") == host:
                found.append(Snapshot.from_json({**fields.values, "id": name}, "snapshot"))
        except (ValueError, RecursionError, Refused):
            rest.append(name)
    return found, rest
