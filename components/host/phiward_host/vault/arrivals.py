"""When backups came to the vault, by its own clock: what hosts say of their age and order counts for nothing here."""

import os
import re

# Name of a file that restic keeps under the checksum of its content.
ID = re.compile("[0-9a-f]{64}")


def arrivals(repository: str) -> dict[str, int]:
    """For each snapshot in a repository's directory, when its file was written, in seconds since 1970.

    The server that writes these files gives them the time of this machine; no request of a host can set it.
    """
    directory = f"{repository}/snapshots"
    if not os.path.isdir(directory):
        return {}
    with os.scandir(directory) as entries:
        return {
            entry.name: int(entry.stat(follow_symlinks=False).st_mtime)
            for entry in entries
            if ID.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)
        }
