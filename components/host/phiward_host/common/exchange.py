"""Two entries of directories change places in one step, which Python has no function for."""

import ctypes
import os

# <linux/fs.h>
RENAME_EXCHANGE = 2


def exchange_entries(one: int, name: str, two: int, second: str, path: str) -> None:
    """Puts each of two entries of open directories in the other's place, whatever they are; see renameat2(2).

    Raises OSError, with `path`.
    """
    library = ctypes.CDLL(None, use_errno=True)
    if library.renameat2(one, os.fsencode(name), two, os.fsencode(second), RENAME_EXCHANGE) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), path)
