"""When backups came to the vault, by its own clock: what hosts say of their age and order counts for nothing here."""

import heapq
import re
import stat

from phiward_host.common import trees

# Name of a file that restic keeps under the checksum of its content.
ID = re.compile("[0-9a-f]{64}")
# More than a host has within its retention. Of any more, those that came first count: nobody hides them by adding.
MOST_SNAPSHOTS = 50_000


def arrivals(repository: str) -> dict[str, int]:
    """For each snapshot in a repository's directory, when its file was written, in seconds since 1970; in this order.

    The server that writes these files gives them the time of this machine; no request of a host can set it.
    """
    found = (
        (at.st_mtime_ns, name)
        for name, at in trees.entries(f"{repository}/snapshots")
        if ID.fullmatch(name) and stat.S_ISREG(at.st_mode)
    )
    return {name: at // 10**9 for at, name in heapq.nsmallest(MOST_SNAPSHOTS, found)}
