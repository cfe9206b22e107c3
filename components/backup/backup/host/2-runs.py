"""Part 2: which snapshots belong together, which may go, and how much is read. The vault reads the same."""
import datetime
import os
import time

# Clocks differ a little; more than this and somebody made it up.
TOLERANCE = datetime.timedelta(hours=1)
# A repository of up to this size is read whole every day, a larger one a seventh a day.
READ_WHOLE_BYTES = 4 << 30


def taken(snapshot):
    return datetime.datetime.fromisoformat(snapshot["time"])


def tag(snapshot, name):
    return next((text.partition("=")[2] for text in snapshot.get("tags") or [] if text.startswith(f"{name}=")), None)


def complete_runs(snapshots):
    """Runs that came to their end, newest first: each a map of part to snapshot. The files' part, with the manifest, is written last."""
    runs = {}
    for snapshot in sorted(snapshots, key=taken):
        if tag(snapshot, "run") is not None:
            # Of two with one name the first counts: nobody replaces a run by adding to it.
            runs.setdefault(tag(snapshot, "run"), {}).setdefault(tag(snapshot, "part"), snapshot)
    return sorted((run for run in runs.values() if "files" in run), key=lambda run: taken(run["files"]), reverse=True)


def surplus(snapshots, last, days):
    """Ids that retention lets go: older than `days` before the newest, and not of the `last` complete runs.

    Counted from the newest snapshot and not from today, so that nothing goes while no backups are made.
    """
    if not snapshots:
        return []
    limit = max(map(taken, snapshots)) - datetime.timedelta(days=days)
    kept = {snapshot["id"] for run in complete_runs(snapshots)[:last] for snapshot in run.values()}
    return [snapshot["id"] for snapshot in snapshots if taken(snapshot) < limit and snapshot["id"] not in kept]


def from_future(snapshots, now):
    """Snapshots dated ahead of the clock: with them, an intruder could make retention let the good ones go."""
    return [snapshot["id"] for snapshot in snapshots if taken(snapshot) > now + TOLERANCE]


def reading(directory):
    """How much a check of the repository in `directory` reads."""
    size = sum(os.lstat(os.path.join(root, name)).st_size for root, _, files in os.walk(f"{directory}/data") for name in files)
    return ["--read-data"] if size <= READ_WHOLE_BYTES else [f"--read-data-subset={time.gmtime().tm_wday + 1}/7"]
