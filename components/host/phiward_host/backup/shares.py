"""How the time of a job is divided among databases, or hosts, so that none can take what the others need."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from phiward_host.backup.manifest import DatabaseManifest
from phiward_host.backup.settings import DatabaseServer


class Shares:
    """So many seconds from now on for so many parts: what one leaves is divided among those after it."""

    def __init__(self, seconds: float, parts: int) -> None:
        self._end = time.monotonic() + seconds
        self._parts = parts

    def take(self) -> float:
        """Seconds that the next part may take. Asked once for each."""
        share = max(0.0, self._end - time.monotonic()) / max(1, self._parts)
        self._parts -= 1
        return share


def smallest_first(servers: Sequence[DatabaseServer], known: Mapping[str, DatabaseManifest]) -> list[DatabaseServer]:
    """Servers, and the databases of each, by their size when they were last saved: the largest has what others left.

    One that was never saved counts as empty.
    """

    def size(service: str, name: str) -> int:
        found = known.get(f"{service}/{name}")
        return 0 if found is None else found.bytes

    ordered = sorted(servers, key=lambda server: sum(size(server.service, name) for name in server.names))
    return [
        replace(server, names=tuple(sorted(server.names, key=lambda name: size(server.service, name))))
        for server in ordered
    ]
