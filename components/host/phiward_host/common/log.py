"""Logs that only root can read: what tools print may hold secrets or patients' data, so it goes nowhere else."""

import os
import time
from dataclasses import dataclass
from typing import TextIO

from phiward_host.common import paths

# A larger log becomes `<name>.log.old` and a new one begins.
LOG_BYTES = 4 << 20


@dataclass(frozen=True)
class RootLog:
    """An append-only log under /var/lib/phiward/log."""

    name: str

    @property
    def path(self) -> str:
        """Where it is on the host, for messages."""
        return paths.log_path(self.name)

    def open(self) -> TextIO:
        """Opens it for appending, e.g. as the standard error of a child process."""
        path = self.path
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        if os.path.exists(path) and os.path.getsize(path) > LOG_BYTES:
            os.replace(path, f"{path}.old")
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return open(descriptor, "a", encoding="utf-8", errors="replace")

    def write(self, *words: str) -> str:
        """Appends one entry with its time. Returns the log's path."""
        with self.open() as file:
            file.write(time.strftime("%Y-%m-%dT%H:%M:%SZ ", time.gmtime()) + " ".join(words).rstrip() + "\n")
        return self.path
