"""Logs that only root can read: what tools print may hold secrets or patients' data, so it goes nowhere else."""

import os
import stat
import time
from dataclasses import dataclass
from typing import ClassVar, TextIO

from phiward_host.common import files, paths
from phiward_host.common.aside import make_directory, set_aside

# A larger log becomes `<name>.log.old` and a new one begins.
LOG_BYTES = 4 << 20


@dataclass(frozen=True)
class RootLog:
    """An append-only log under /var/lib/phiward/log."""

    name: str
    # Of a process that leaves nothing on the host: it writes to no log.
    silent: ClassVar[bool] = False

    @property
    def path(self) -> str:
        """Where it is on the host, for messages."""
        return paths.log_path(self.name)

    def open(self) -> TextIO:
        """Opens it for appending, e.g. as the standard error of a child process."""
        path = self.path
        make_directory(os.path.dirname(path))
        found = files.status(path)
        if found is not None and not stat.S_ISREG(found.st_mode):
            set_aside(path)
        elif found is not None and found.st_size > LOG_BYTES:
            files.rename(path, f"{path}.old")
        return files.appending(path)

    def write(self, *words: str) -> str:
        """Appends one entry with its time. Returns the log's path."""
        if self.silent:
            return self.path
        with self.open() as file:
            file.write(time.strftime("%Y-%m-%dT%H:%M:%SZ ", time.gmtime()) + " ".join(words).rstrip() + "\n")
        return self.path
