"""Finding a backup: which run is meant, and whether it is this host's own, as its signed manifest proves."""

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from phiward_host.backup.manifest import MOST_BYTES, Manifest, Sealed, manifest_path
from phiward_host.backup.repository import Repository
from phiward_host.backup.retention import MANIFEST, Run, Snapshot, complete_runs, from_future
from phiward_host.backup.signature import is_signed
from phiward_host.common.errors import Failed, Refused

# Name of the file in a manifest's snapshot.
FILE = "manifest.json"
# Newer runs that are passed over before a search ends: whoever can add to a repository can add any number.
MOST_PASSED = 50
UNSIGNED = (
    "it is not signed by this host or one that it replaces (formerHostKeys), so nothing proves who made it. "
    "A backup of an earlier version is restored with --unsigned, which goes on record"
)


@dataclass(frozen=True)
class Found:
    """A run with its manifest. Where it is signed, each part is the very content that the host signed.

    `passed_over` says which newer runs were not taken, and why: somebody else added them, or they are damaged.
    """

    run: Run
    manifest: Manifest
    signed: bool
    passed_over: tuple[str, ...] = ()


def find_run(
    repository: Repository,
    wanted: str | None = None,
    *,
    needs: Sequence[str] = (),
    unsigned: bool = False,
    before: datetime.datetime | None = None,
) -> Found:
    """The newest complete run of this host that has the parts `needs`; or the run that `wanted` names.

    `wanted` is a run's id, or the beginning of the id of a snapshot: then that snapshot is in what is returned. With
    `unsigned`, a run that nobody signed will do. `before`: a run counts that was whole by then, by the record
    of who keeps it where there is one, and by what its host signed. Raises Refused where there is none.
    """
    snapshots = [entry for entry in _arrived(repository, wanted) if before is None or entry.at < before]
    if wanted is not None:
        return _named(repository, snapshots, wanted, unsigned=unsigned)
    passed: list[str] = []
    for run in complete_runs(snapshots):
        try:
            found = _open(repository, run, snapshots, unsigned=unsigned)
            _require_before(found, before, repository.name)
        except Failed as failure:
            passed.append(str(failure))
            if len(passed) == MOST_PASSED:
                break
            continue
        if all(part in found.run.parts for part in needs):
            return replace(found, passed_over=tuple(passed))
    raise Refused(passed[0] if passed else _none(repository, "" if before is None else f" before {before.isoformat()}"))


def _require_before(found: Found, before: datetime.datetime | None, name: str) -> None:
    if before is not None and datetime.datetime.fromisoformat(found.manifest.at) >= before:
        raise Refused(f"{name}: backup {found.run.id} is of {found.manifest.at}, as its host signed it")


def _arrived(repository: Repository, wanted: str | None) -> list[Snapshot]:
    """What may be restored. What the keeper has no record of came after it was asked, and is left out."""
    snapshots = repository.snapshots(wanted)
    forged = set(from_future(snapshots, datetime.datetime.now(datetime.UTC)))
    dated = [snapshot for snapshot in snapshots if snapshot.id not in forged]
    arrivals = repository.arrivals()
    if arrivals is None:
        return dated
    return [replace(entry, arrived=arrivals[entry.id]) for entry in dated if entry.id in arrivals]


def _named(repository: Repository, snapshots: Sequence[Snapshot], wanted: str, *, unsigned: bool) -> Found:
    runs = {run.id: run for run in complete_runs(snapshots)}
    if wanted in runs:
        return _open(repository, runs[wanted], snapshots, unsigned=unsigned)
    named = [snapshot for snapshot in snapshots if wanted and snapshot.id.startswith(wanted)]
    if len(named) > 1:
        raise Refused(f"{repository.name}: {len(named)} snapshots begin with {wanted}; give more of the id")
    run = runs.get(named[0].run or "") if named else None
    if run is None:
        raise Refused(_none(repository, f" {wanted}"))
    snapshot = named[0]
    if snapshot.part == MANIFEST:
        # The run that it describes, whatever came before it under the run's name.
        run = Run(run.id, {**run.parts, MANIFEST: snapshot})
    found = _open(repository, run, snapshots, unsigned=unsigned)
    if snapshot not in (run.head, *found.run.parts.values()):
        raise Refused(f"{repository.name}: snapshot {snapshot.id[:8]} is not in the run {run.id} as it was made")
    return found


def _open(repository: Repository, run: Run, snapshots: Sequence[Snapshot], *, unsigned: bool) -> Found:
    """The run with its manifest, once that is proven to be this host's. Raises Failed."""
    where = f"{repository.name}: the manifest in snapshot {run.head.id[:8]}"
    sealed = _read(repository, run.head, where)
    former = repository.settings.former_host_keys
    signed = sealed.signature is not None and is_signed(sealed.text, sealed.signature, former)
    if not signed and not unsigned:
        raise Refused(f"{repository.name}: backup {run.id}: {UNSIGNED}")
    manifest = sealed.opened(where)
    if manifest.run != run.id:
        raise Refused(f"{where} is another run's; choose another backup with --snapshot")
    if manifest.host != repository.settings.host:
        raise Refused(f"{where} is the host {manifest.host}'s; choose another backup with --snapshot")
    if not signed:
        return Found(run, manifest, signed)
    # By their content, whoever else added parts of the same names.
    by_tree = {entry.tree: entry for entry in reversed(snapshots) if entry.run == run.id}
    parts = {part: by_tree[tree] for part, tree in manifest.trees.items() if tree in by_tree}
    return Found(Run(run.id, parts), manifest, signed)


def _read(repository: Repository, head: Snapshot, where: str) -> Sealed:
    if head.part != MANIFEST:
        return Sealed(repository.read_bounded(head.id, manifest_path(), MOST_BYTES), None)
    try:
        text = json.loads(repository.read_bounded(head.id, f"/{FILE}", MOST_BYTES))
    except (ValueError, RecursionError):
        raise Refused(f"{where} cannot be read; choose another backup with --snapshot") from None
    return Sealed.from_json(text, where)


def _none(repository: Repository, which: str) -> str:
    return f"{repository.name}: found no complete backup{which}; list them with restic snapshots on the host"
