"""The programs that run on a host as root: the agent, which carries out plans, and the jobs that plans leave behind.

Python's standard library only (3.11 or later; hosts have 3.13). The whole package is one zip on the host; the agent's
part of it travels with every request instead. Where its modules are there compiled (common/compiled.py), they are
loaded from there: compiling them takes more than half of a program's start.
"""

import os
import stat
import sys
from importlib.util import source_hash
from zipimport import zipimporter

COMPILED = "/usr/local/lib/phiward/compiled"


def compiled_name(archive: bytes) -> str:
    """The name of an archive's compiled modules: of its content, for the Python that runs."""
    return f"{source_hash(archive).hex()}.{sys.implementation.cache_tag}.zip"


def _compiled() -> str | None:
    """The compiled modules of the archive that this comes from; None unless root alone could have put them there."""
    loader = globals().get("__loader__")
    if not isinstance(loader, zipimporter):
        return None
    try:
        with open(loader.archive, "rb") as archive:
            path = f"{COMPILED}/{compiled_name(archive.read())}"
        found = (os.stat(COMPILED), os.lstat(path))
    except OSError:
        return None
    roots = all(entry.st_uid == 0 and not entry.st_mode & (stat.S_IWGRP | stat.S_IWOTH) for entry in found)
    return path if roots and stat.S_ISREG(found[1].st_mode) else None


_FILE = _compiled()
if _FILE is not None:
    sys.modules[__name__].__path__[:] = [f"{_FILE}/{__name__}"]
