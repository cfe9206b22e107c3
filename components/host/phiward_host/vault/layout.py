"""What restic makes in a repository, and looking no deeper than that: a host can leave trees of any depth."""

import os
import re
import stat
from collections.abc import Iterator

from phiward_host.common import trees

DIRECTORIES = re.compile(r"data(/[0-9a-f]{2})?|index|keys|locks|snapshots")
# A killed prune may leave a part of a file.
FILES = re.compile(r"config|((index|keys|locks|snapshots)|data/[0-9a-f]{2})/[0-9a-f]{64}(-tmp-[0-9]+)?")
# What restic keeps, but for locks.
KEPT = re.compile(r"config|(keys|index|snapshots)/[0-9a-f]{64}|data/[0-9a-f]{2}/[0-9a-f]{64}")


def present(directory: str) -> Iterator[tuple[str, os.stat_result]]:
    """What is in a repository, by path, each with its status. Raises OSError.

    A directory that restic does not make is there by its own path, and not looked into.
    """
    pending = [""]
    while pending:
        inside = pending.pop()
        for name, found in trees.entries(f"{directory}/{inside}"):
            path = f"{inside}{name}"
            if stat.S_ISDIR(found.st_mode) and DIRECTORIES.fullmatch(path) is not None:
                pending.append(f"{path}/")
            else:
                yield path, found
