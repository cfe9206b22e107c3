"""A copy of a host's repository that the host cannot reach: hard links to the same files, with an index of its own.

Whoever is root on a host can add index files that say anything. So nothing is removed by what they say: it is first
done in a copy, whose index is made from packs that were read, and what came of it is then taken over.
"""

import contextlib
import os
import stat
import time
from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import replace

from phiward_host.common import files, trees
from phiward_host.common.decode import as_str, dict_of
from phiward_host.common.errors import Failed
from phiward_host.vault.layout import KEPT, present
from phiward_host.vault.store import OpenStore, Store

# restic writes its lock again every five minutes, and takes one of this age for a dead program's.
LOCK_SECONDS = 1800


def listed(directory: str) -> dict[str, str]:
    """What restic keeps in a directory: by path, with what tells whether it is still the same file."""
    return {
        path: f"{found.st_size} {found.st_mtime_ns} {found.st_ino}"
        for path, found in present(directory)
        if KEPT.fullmatch(path) and stat.S_ISREG(found.st_mode)
    }


def kept_by(store: Store) -> dict[str, str]:
    """As `listed`, of a host's repository. Raises Failed."""
    return dict_of(as_str)(store.look(lambda: listed(store.repository)), f"{store.host}: repository")


@contextlib.contextmanager
def copied(repository: OpenStore, paths: Collection[str]) -> Generator[OpenStore]:
    """A copy that has these files, given relative to the repository. It is removed in the end; so is an earlier one."""
    store = repository.store
    place = store.copy
    store.look(lambda: _link_all(store.repository, place, paths))
    try:
        yield replace(repository, directory=place)
    finally:
        store.look(lambda: trees.remove_tree(place))


def _link_all(source: str, target: str, paths: Collection[str]) -> None:
    trees.remove_tree(target)
    for kind in ("data", "index", "keys", "locks", "snapshots"):
        files.make_directory(f"{target}/{kind}")
    for path in paths:
        _link(source, target, path)


def _link(source: str, target: str, path: str) -> None:
    files.make_directory(os.path.dirname(f"{target}/{path}"))
    files.link_same(f"{source}/{path}", f"{target}/{path}")


def take_over(store: Store, before: Mapping[str, str], expendable: Sequence[str], *, forced: bool) -> bool:
    """Makes a host's repository what its copy has become. False where the host adds to it: then it is as it was.

    `before` is what it kept when the copy was made; of that, index files make way for the copy's, and those of
    `expendable` that the copy no longer has are removed. Cut off at any moment, it lacks nothing that a snapshot needs.
    `forced`: locks and new snapshots of the host do not count. Raises Failed.
    """
    done = store.look(lambda: _take_over(store.repository, store.copy, before, expendable, forced=forced))
    if done is None:
        raise Failed(f"{store.host}: restic made no index, so nothing was changed")
    return done is True


def _take_over(
    live: str, copy: str, before: Mapping[str, str], expendable: Sequence[str], *, forced: bool
) -> bool | None:
    after = listed(copy)
    old = [path for path in before if path.startswith("index/") and path not in after]
    if any(path.startswith("data/") for path in after) and not any(path.startswith("index/") for path in after):
        return None
    if not forced and is_busy(live, before):
        return False
    # Sorted: packs are there before the index that lists them.
    new = sorted(path for path in after.keys() - before.keys() if not files.exists(f"{live}/{path}"))
    for path in new:
        _link(copy, live, path)
    for directory in {os.path.dirname(path) for path in new}:
        files.sync(f"{live}/{directory}")
    # Whoever begins a backup after this knows nothing of what is going to be removed; whoever did before has a lock.
    for path in old:
        files.make_directory(os.path.dirname(f"{copy}/replaced/{path}"))
        files.rename(f"{live}/{path}", f"{copy}/replaced/{path}")
    if not forced and is_busy(live, before):
        for path in old:
            files.rename(f"{copy}/replaced/{path}", f"{live}/{path}")
        return False
    # Snapshots go before their packs.
    for path in sorted(set(expendable) - after.keys(), reverse=True):
        files.remove(f"{live}/{path}")
    return True


def is_busy(directory: str, before: Mapping[str, str] | None) -> bool:
    """Whether somebody works in a repository, or has added a snapshot to what it kept `before`."""
    if any(age < LOCK_SECONDS for age in _locks(directory).values()):
        return True
    snapshots = {f"snapshots/{name}" for name in files.names_if_any(f"{directory}/snapshots")}
    return before is not None and not {path for path in snapshots if KEPT.fullmatch(path)} <= before.keys()


def remove_old_locks(store: Store) -> None:
    """Removes locks whose files are old by this machine's clock: a host can write any time into them. Raises Failed."""

    def remove() -> None:
        for name, age in _locks(store.repository).items():
            if age >= LOCK_SECONDS:
                files.remove(f"{store.repository}/locks/{name}")

    store.look(remove)


def _locks(directory: str) -> dict[str, float]:
    """The age of each lock, in seconds; one from the future has none."""
    now = time.time()
    found = trees.entries(f"{directory}/locks")
    return {name: now - at.st_mtime for name, at in found if not stat.S_ISDIR(at.st_mode)}
