"""How many files a host may have at the vault: whoever is root there can add any number, each of some bytes.

What came after so many of its kind is moved aside, so that neither a job nor a restore has more than that to read.
"""

import heapq
import os
import stat
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from phiward_host.common import files
from phiward_host.common.decode import as_int, dict_of
from phiward_host.common.errors import Failed
from phiward_host.vault.arrivals import MOST_SNAPSHOTS
from phiward_host.vault.layout import FILES, present
from phiward_host.vault.quarantine import begin
from phiward_host.vault.store import Store

# What restic never makes.
OTHER = "other"
# By directory of the repository, far more than a host has: a pack is of 16 MB, a run of some snapshots.
MOST: Mapping[str, int] = MappingProxyType(
    {"data": 400_000, "index": 20_000, "keys": 1_000, "locks": 1_000, "snapshots": MOST_SNAPSHOTS, OTHER: 10_000}
)


def require_bounded(store: Store) -> None:
    """Raises Failed where a host has more files than it may, once those that came last were moved to the quarantine."""
    most = dict(MOST)
    moved = dict_of(as_int)(store.look(lambda: _move_surplus(store.repository, store.quarantine, most)), "surplus")
    if moved:
        counts = ", ".join(f"{count} of {kind}" for kind, count in sorted(moved.items()))
        raise Failed(
            f"{store.host}: its repository had more files than any host's ({counts}); those that came last were moved "
            f"to {store.quarantine}: treat the host as compromised"
        )


def _move_surplus(repository: str, quarantine: str, most: Mapping[str, int]) -> dict[str, int]:
    """How many files of each kind were moved; none is read."""
    moved: dict[str, int] = {}
    # Not where the files lie that are put back once they can be read.
    place = f"{begin(quarantine)}/surplus"
    for kind, path in _surplus(repository, most):
        files.make_directory(os.path.dirname(f"{place}/{path}"))
        files.rename(f"{repository}/{path}", f"{place}/{path}")
        moved[kind] = moved.get(kind, 0) + 1
    return moved


def _surplus(repository: str, most: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Kind and path of what came after so many of its kind, by this machine's clock; only so many are remembered."""
    kept: dict[str, list[tuple[int, str]]] = {}
    for path, found in present(repository):
        is_named = FILES.fullmatch(path) is not None and not stat.S_ISDIR(found.st_mode)
        kind = path.partition("/")[0] if is_named else OTHER
        if kind in most:
            first = kept.setdefault(kind, [])
            heapq.heappush(first, (-found.st_mtime_ns, path))
            if len(first) > most[kind]:
                yield kind, heapq.heappop(first)[1]
