"""When backups came to the vault, by its own clock: what hosts say of their age and order counts for nothing here."""

import re
import stat

from phiward_host.common import files

# Name of a file that restic keeps under the checksum of its content.
ID = re.compile("[0-9a-f]{64}")


def arrivals(repository: str) -> dict[str, int]:
    """For each snapshot in a repository's directory, when its file was written, in seconds since 1970.

    The server that writes these files gives them the time of this machine; no request of a host can set it.
    """
    directory = f"{repository}/snapshots"
    found = {name: files.status(f"{directory}/{name}") for name in files.names_if_any(directory) if ID.fullmatch(name)}
    return {name: int(at.st_mtime) for name, at in found.items() if at is not None and stat.S_ISREG(at.st_mode)}
