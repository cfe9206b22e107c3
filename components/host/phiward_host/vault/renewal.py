"""A host's repository with an index that is true, and without what retention removes: whatever the host added to it."""

import time
from collections.abc import Sequence

from phiward_host.backup.retention import MOST_IDS, forget_words
from phiward_host.common.errors import Failed
from phiward_host.vault.copies import copied, is_busy, kept_by, take_over
from phiward_host.vault.proof import broken_packs, prove
from phiward_host.vault.quarantine import move_aside
from phiward_host.vault.store import OpenStore, Store

# How long the end of a host's own work is waited for, and how often it may come between.
WAIT_SECONDS, POLL_SECONDS, ATTEMPTS = 2700, 10.0, 3


class Busy(Failed):
    """The host adds to its repository all the time, so nothing was changed."""


def renew(repository: OpenStore, expired: Sequence[str], *, forced: bool) -> list[str]:
    """Removes these snapshots and what only they need; the index is rebuilt from packs that were read.

    Returns what was moved aside: packs that do not hold what they say; what of them is right is kept. Where this fails
    or is cut off, nothing is lost. `forced`: nobody's lock is waited for. Raises Failed, Busy among it.
    """
    for _ in range(ATTEMPTS):
        if not forced:
            _await_quiet(repository.store)
        moved = _renew_once(repository, expired, forced=forced)
        if moved is not None:
            return moved
    raise _busy(repository.store)


def _renew_once(repository: OpenStore, expired: Sequence[str], *, forced: bool) -> list[str] | None:
    store = repository.store
    kept = kept_by(store)
    proven = prove(repository, kept)
    broken = broken_packs(kept, proven)
    snapshots = [path for path in kept if path.startswith("snapshots/")]
    opening = [path for path in kept if path == "config" or path.startswith("keys/")]
    with copied(repository, [*opening, *snapshots, *proven, *broken]) as copy:
        copy.must("its index cannot be rebuilt", "repair", "index", "--read-all-packs", "--quiet")
        ids = [path.rpartition("/")[2] for path in broken]
        for start in range(0, len(ids), MOST_IDS):
            what = "what is right in broken packs cannot be saved"
            copy.must(what, "repair", "packs", "--quiet", *ids[start : start + MOST_IDS])
        for words in forget_words(expired):
            copy.must("could not prune old backups", *words)
        if expired:
            copy.must("what is left is not whole, so nothing was pruned", "check", "--no-lock", "--quiet")
        if not take_over(store, kept, [*snapshots, *proven], forced=forced):
            return None
    return move_aside(store, broken)


def _await_quiet(store: Store) -> None:
    limit = min(store.until, time.monotonic() + WAIT_SECONDS)
    while store.look(lambda: is_busy(store.repository, None)) is True:
        if time.monotonic() > limit:
            raise _busy(store)
        time.sleep(POLL_SECONDS)


def _busy(store: Store) -> Busy:
    return Busy(
        f"{store.host}: the host was adding to its backups, or holds a lock on them, all the time; nothing was removed"
    )
