"""The vault's own care of what hosts leave with it: retention and checks, which no host can do here. Runs as root."""

import datetime
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from phiward_host.backup.failures import FailureRecord
from phiward_host.backup.listing import in_batches
from phiward_host.backup.retention import (
    Snapshot,
    as_time,
    complete_runs,
    from_future,
    read_options,
    repeated_parts,
    surplus,
)
from phiward_host.backup.shares import Shares
from phiward_host.backup.tools import utc_now
from phiward_host.common import files, paths, records
from phiward_host.common.decode import as_int, as_object, as_strs, dict_of, list_of
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.faults import Faults
from phiward_host.vault.arrivals import arrivals
from phiward_host.vault.copies import kept_by, remove_old_locks
from phiward_host.vault.limits import require_bounded
from phiward_host.vault.proof import broken_packs, prove, size_of_record
from phiward_host.vault.quarantine import move_aside, move_unexpected, put_back_readable, unreadable_files
from phiward_host.vault.renewal import Busy, renew
from phiward_host.vault.settings import VaultSettings
from phiward_host.vault.store import LOG, OpenStore, Store

PRUNE = "prune"
# In the status file: since when a host keeps the vault from removing anything; and how long it may.
POSTPONED = "postponed"
PATIENCE = datetime.timedelta(days=7)
# A job has 12 hours, of which it may have waited two for another one.
SECONDS = 9 * 3600
COMPROMISED = "Where the disk has no errors, the host forged it: treat the host as compromised"
FAILURES = FailureRecord("vault")

# Does a job for one host; returns facts for the status file.
Work = Callable[[VaultSettings, Store], Mapping[str, object]]


@dataclass(frozen=True)
class Done:
    """The facts of a job, or None where it was not done; the files that had to be moved aside for it.

    `renewed`: the index was not true, and was rebuilt. `failure`: why it was not done all the same.
    """

    facts: Mapping[str, object] | None
    moved: tuple[str, ...]
    renewed: bool = False
    failure: Failed | None = None


class Damaged(Failed):
    """What a repository keeps is not what its index says."""


def prune(settings: VaultSettings, store: Store) -> Mapping[str, object]:
    """Retention, in the vault's own hands. Raises Failed."""
    with store.opened() as repository:
        snapshots = _snapshots(repository)
        early = from_future(snapshots, _now())
        if early:
            raise Refused(
                f"{store.host}: snapshot {early[0][:8]} is dated in the future: the clock is wrong, or someone wants "
                "good backups pruned. Nothing was pruned; find out which, then remove it here with restic forget"
            )
        expired = surplus(snapshots, settings.keep.last, settings.keep.days)
        moved = _renew(repository, expired) if expired else []
        if moved:
            raise Damaged(f"{store.host}: {_found(moved, store)}; all that is right in them was kept. {COMPROMISED}")
        return {"kept": len(snapshots) - len(expired), "letGo": len(expired)}


def check(settings: VaultSettings, store: Store) -> Mapping[str, object]:
    """What is kept is read, and the host must still be adding to it, by the vault's own clock. Raises Failed."""
    with store.opened() as repository:
        _require_sound(repository)
        snapshots = _snapshots(repository)
        newest = max((run.head.at for run in complete_runs(snapshots)), default=None)
        if newest is None or newest < _now() - datetime.timedelta(seconds=settings.limit):
            raise Failed(f"{store.host}: nothing was added for more than {settings.limit // 3600} h")
        repeated = repeated_parts(snapshots)
        if repeated:
            raise Failed(
                f"{store.host}: {len(repeated)} snapshots were added under the name of a part that their run has "
                f"already, the first of them to {repeated[0]}: treat the host as compromised. "
                "Restores use the parts that came first"
            )
        return {"snapshots": len(snapshots)}


def _require_sound(repository: OpenStore) -> None:
    """Raises Damaged unless each pack holds what it says, and the index says of each what it holds.

    Without a lock: one of the host's must not keep the vault from looking.
    """
    store = repository.store
    kept = kept_by(store)
    broken = broken_packs(kept, prove(repository, kept))
    options = as_strs(store.look(lambda: read_options(store.repository)), "options")
    done = repository.tried("check", "--quiet", "--no-lock", *options)
    if broken or done.code != 0:
        raise Damaged(
            f"{store.host}: the check found damage; what is whole can be restored, and the host's next backups add "
            f"again what is missing and still there. {len(broken)} packs do not hold what they say "
            f"(restic exited with status {done.code}); its output is in {LOG.path} on the vault"
        )


def for_each(settings: VaultSettings, job: str, work: Work) -> None:
    """Does a job for every host that has left something; one that fails does not keep the others from theirs.

    Nor does one that takes long: each has its share of the time, the host with the most packs what others left of it.
    Raises Failed with all that failed, and where files had to be moved aside.
    """
    faults = Faults(LOG)
    shares = Shares(SECONDS, len(settings.hosts))
    for host in sorted(settings.hosts, key=size_of_record):
        until = time.monotonic() + shares.take()
        faults.attempt(lambda host=host, until=until: _bound_and_do(settings, host, until, job, work, faults))
    faults.raise_any()


def _bound_and_do(settings: VaultSettings, host: str, until: float, job: str, work: Work, faults: Faults) -> None:
    store = replace(Store.of(host), until=until)
    faults.attempt(lambda: require_bounded(store))
    try:
        _do(settings, store, job, work)
    except Exception as error:
        FAILURES.note(store.host, job, error)
        raise
    FAILURES.clear(store.host, job)


def _do(settings: VaultSettings, store: Store, job: str, work: Work) -> None:
    """Does a job for one host and records its success. Raises Failed."""
    if not has_repository(store):
        if store.host in read_status() or store.sealed():
            raise Failed(f"{store.host}: its repository {store.repository} is gone; find out why and put it back")
        return
    remove_old_locks(store)
    back = put_back_readable(store) if job == PRUNE else []
    done = with_quarantine(settings, store, job, work)
    if done.facts is not None:
        record(store.host, job, {"at": utc_now(), **done.facts})
    told = [] if done.failure is None else [str(done.failure)]
    if done.renewed:
        raise Failed("; ".join([_forged(store, done.moved), *told]))
    if done.moved:
        result = f"the {job} succeeded without them" if done.facts is not None else "nothing was pruned in this run"
        found = (
            f"{store.host}: found {len(done.moved)} unexpected or unreadable files in its repository "
            f"(possible tampering); quarantined in {store.quarantine}"
        )
        raise Failed("; ".join([found, *told] if told else [f"{found}, and {result}"]))
    if back:
        raise Failed(f"{store.host}: {len(back)} files that were quarantined can be read, and were put back")


def has_repository(store: Store) -> bool:
    return store.look(lambda: files.exists(f"{store.repository}/config")) is True


def with_quarantine(settings: VaultSettings, store: Store, job: str, work: Work) -> Done:
    """Does a job; where restic cannot, what it cannot read is moved aside, and it is done again. Raises Failed.

    Where anything was moved, nothing is pruned: it may have been good, and what it needs must stay.
    """
    moved = tuple(move_unexpected(store, time.time()))
    if moved and job == PRUNE:
        return Done(None, moved)
    try:
        return Done(work(settings, store), moved)
    except Failed as failure:
        broken = move_aside(store, unreadable_files(store, time.time()))
        renewed = not broken and isinstance(failure, Damaged) and job != PRUNE
        if renewed:
            with store.opened() as repository:
                broken = _renew(repository, [])
        elif not broken:
            if not moved:
                raise
            return Done(None, moved, failure=failure)
    moved = (*moved, *broken)
    try:
        return Done(None if job == PRUNE else work(settings, store), moved, renewed)
    except Failed as failure:
        return Done(None, moved, renewed, failure)


def _renew(repository: OpenStore, expired: Sequence[str]) -> list[str]:
    """As renewal.renew. A host that keeps it from that for days is no longer waited for. Raises Failed."""
    host = repository.store.host
    since = read_status().get(host, {}).get(POSTPONED, {}).get("at")
    forced = isinstance(since, str) and _now() - as_time(since, "status") > PATIENCE
    try:
        moved = renew(repository, expired, forced=forced)
    except Busy:
        if since is None:
            record(host, POSTPONED, {"at": utc_now()})
        raise
    record(host, POSTPONED, None)
    return moved


def _forged(store: Store, moved: Sequence[str]) -> str:
    packs = f", and {_found(moved, store)}" if moved else ""
    return f"{store.host}: its index did not say what is there, and was rebuilt from that{packs}. {COMPROMISED}"


def _found(moved: Sequence[str], store: Store) -> str:
    return f"{len(moved)} packs that do not hold what they say were moved to {store.quarantine}"


def _snapshots(repository: OpenStore) -> list[Snapshot]:
    store = repository.store
    done = repository.tried("snapshots", "--json", "--no-lock")
    if done.code == 0:
        found = list_of(Snapshot.from_json)(json.loads(done.stdout), f"{store.host}: snapshots")
    else:
        found = _in_batches(repository, list(_came(store)))
    came = _came(store)
    return [
        replace(entry, arrived=datetime.datetime.fromtimestamp(came[entry.id], datetime.UTC))
        if entry.id in came
        else entry
        for entry in found
    ]


def _came(store: Store) -> dict[str, int]:
    return dict_of(as_int)(store.look(lambda: arrivals(store.repository)), f"{store.host}: arrivals")


def _in_batches(repository: OpenStore, ids: Sequence[str]) -> list[Snapshot]:
    """The snapshots where restic cannot list all. Raises Failed for one that a host never makes: it is moved aside."""
    listed = in_batches(ids, lambda batch: repository.tried("snapshots", "--json", "--no-lock", *batch))
    if foreign := listed.left_out:
        raise Failed(
            f"{repository.store.host}: found {len(foreign)} snapshots that are none, or larger than any of a host, the "
            f"first of them {foreign[0][:8]}"
        )
    return listed.found


def record(host: str, what: str, entry: Mapping[str, object] | None) -> None:
    """Puts an entry of a host into the status file, or takes it out."""
    status: dict[str, dict[str, Mapping[str, object]]] = {name: dict(found) for name, found in read_status().items()}
    of_host = status.setdefault(host, {})
    if entry is None and of_host.pop(what, None) is None:
        return
    if entry is not None:
        of_host[what] = entry
    records.write(_status_path(), json.dumps(status, indent=2) + "\n", LOG)


def read_status() -> dict[str, dict[str, dict[str, object]]]:
    return records.read_or_begin(_status_path(), dict_of(dict_of(as_object)), {}, LOG)


def _status_path() -> str:
    return f"{paths.BASE}/status/vault.json"


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
