"""The vault's own care of what hosts leave with it: retention and checks, which no host can do here. Runs as root."""

import datetime
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from phiward_host.backup.retention import Snapshot, from_future, read_options, surplus
from phiward_host.backup.tools import utc_now
from phiward_host.common import files, paths
from phiward_host.common.decode import as_object, as_strs, dict_of, list_of
from phiward_host.common.errors import Failed, Refused
from phiward_host.vault.quarantine import move_aside, unexpected_files, unreadable_files
from phiward_host.vault.settings import VaultSettings
from phiward_host.vault.store import OpenStore, Store

# Does a job for one host; returns facts for the status file.
Work = Callable[[VaultSettings, Store], Mapping[str, object]]


@dataclass(frozen=True)
class Done:
    """The facts of a job, and the files that had to be moved aside for it."""

    facts: Mapping[str, object]
    moved: tuple[str, ...]


def prune(settings: VaultSettings, store: Store) -> Mapping[str, object]:
    """Retention, in the vault's own hands. Raises Failed."""
    with store.opened() as repository:
        repository.must("stale locks cannot be removed", "unlock")
        snapshots = _snapshots(repository)
        early = from_future(snapshots, _now())
        if early:
            raise Refused(
                f"{store.host}: snapshot {early[0][:8]} is dated in the future: the clock is wrong, or someone wants "
                "good backups pruned. Nothing was pruned; find out which, then remove it here with restic forget"
            )
        expired = surplus(snapshots, settings.keep.last, settings.keep.days)
        if expired:
            repository.must("could not prune old backups", "forget", "--prune", "--quiet", *expired)
        return {"kept": len(snapshots) - len(expired), "letGo": len(expired)}


def check(settings: VaultSettings, store: Store) -> Mapping[str, object]:
    """What is kept is read, and the host must still be adding to it. Raises Failed."""
    with store.opened() as repository:
        repository.must("stale locks cannot be removed", "unlock")
        repository.must(
            "the check found damage; move the repository away, and the host's next backup creates a new one",
            "check",
            "--quiet",
            *as_strs(store.look(lambda: read_options(store.repository)), "options"),
        )
        snapshots = _snapshots(repository)
        newest = max((snapshot.time for snapshot in snapshots), default=None)
        if newest is None or newest < _now() - datetime.timedelta(seconds=settings.limit):
            raise Failed(f"{store.host}: nothing was added for more than {settings.limit // 3600} h")
        return {"snapshots": len(snapshots)}


def for_each(settings: VaultSettings, job: str, work: Work) -> None:
    """Does a job for every host that has left something; one that fails does not keep the others from theirs.

    Raises Failed with all that failed, and where files had to be moved aside.
    """
    failed: list[str] = []
    status = _read_status()
    for store in map(Store.of, settings.hosts):
        if not has_repository(store):
            continue
        try:
            done = with_quarantine(settings, store, work)
        except Failed as failure:
            failed.append(str(failure))
            continue
        status.setdefault(store.host, {})[job] = {"at": utc_now(), **done.facts}
        if done.moved:
            failed.append(
                f"{store.host}: found {len(done.moved)} unexpected or unreadable files in its repository "
                f"(possible tampering); quarantined in {store.quarantine}, and the {job} succeeded without them"
            )
    files.make_directory(os.path.dirname(_status_path()))
    files.write(_status_path(), json.dumps(status, indent=2) + "\n")
    if failed:
        raise Failed("; ".join(failed))


def has_repository(store: Store) -> bool:
    return store.look(lambda: files.exists(f"{store.repository}/config")) is True


def with_quarantine(settings: VaultSettings, store: Store, work: Work) -> Done:
    """Does a job; where restic cannot, what it cannot read is moved aside, and it is done again. Raises Failed."""
    unexpected = as_strs(store.look(lambda: unexpected_files(store.repository, time.time())), "unexpected files")
    moved = move_aside(store, unexpected)
    try:
        return Done(work(settings, store), tuple(moved))
    except Failed:
        broken = move_aside(store, unreadable_files(store, time.time()))
        if not broken:
            raise
        return Done(work(settings, store), (*moved, *broken))


def _snapshots(repository: OpenStore) -> list[Snapshot]:
    text = repository.must("the snapshots cannot be listed", "snapshots", "--json")
    return list_of(Snapshot.from_json)(json.loads(text), f"{repository.store.host}: snapshots")


def _read_status() -> dict[str, dict[str, dict[str, object]]]:
    found = files.read_json(_status_path())
    return {} if found is None else dict_of(dict_of(as_object))(found, "status")


def _status_path() -> str:
    return f"{paths.BASE}/status/vault.json"


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
