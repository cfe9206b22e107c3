"""Where this host's own journal is, and where in it what follows a record begins."""

import json

from phiward_host.common import files, process
from phiward_host.common.decode import Fields
from phiward_host.journal import stored
from phiward_host.journal.stored import Record

# Of a host that has just started, and after its disk was full.
IN_MEMORY = "/run/log/journal"


def directories() -> dict[str, tuple[int, int]]:
    """The directories that the journal is in, with what tells each from another at its path. Raises OSError."""
    paths = [
        path
        for top in (stored.TOP, IN_MEMORY)
        for path in (top, *(f"{top}/{name}" for name in files.names_if_any(top) if name != stored.REMOTE))
    ]
    found = {path: files.status(path) for path in paths}
    return {path: (status.st_dev, status.st_ino) for path, status in found.items() if status is not None}


def cursor_of(place: str) -> str:
    """
    The whole cursor of a record that another machine names by its lasting part; that part where the record is not here.

    By the part alone journalctl(1) goes by the time of day in files that do not reach so far: after a clock that was
    ahead, it would begin with all that was written then.
    """
    for path in _files():
        argv = ["journalctl", "--quiet", "--output=json", "--output-fields=_BOOT_ID", "--lines=1"]
        done = process.run([*argv, f"--file={path}", f"--cursor={place}"], timeout=stored.READ_SECONDS)
        # Another one, where it is not in this file. Rotated meanwhile, the file is gone.
        for line in done.stdout.splitlines() if done.code == 0 else ():
            record = Record(Fields.of(json.loads(line), "record"))
            if record.place == place:
                return record.fields.text("__CURSOR")
    return place


def _files() -> list[str]:
    """The one last written to first: the record is there, nearly always. Raises OSError."""
    found = {
        path: status.st_mtime
        for directory in directories()
        for name in files.names_if_any(directory)
        if name.endswith((".journal", ".journal~")) and (status := files.status(path := f"{directory}/{name}"))
    }
    return sorted(found, key=lambda path: found[path], reverse=True)
