"""Two entries of directories change places in one step, which Python has no function for."""

import ctypes
import os

from phiward_host.common.directory import parent_of
from phiward_host.common.entries import sync_entries

# <linux/fs.h>
RENAME_EXCHANGE = 2


def exchange(path: str, other: str) -> None:
    """Puts each of two in the other's place, whatever they are; see renameat2(2). Raises OSError."""
    with parent_of(path) as (one, name), parent_of(other) as (two, second):
        library = ctypes.CDLL(None, use_errno=True)
        if library.renameat2(one, os.fsencode(name), two, os.fsencode(second), RENAME_EXCHANGE) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), path)
        sync_entries(one)
        sync_entries(two)
