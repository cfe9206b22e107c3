"""Updates that wait to be installed, by a simulation of apt, which opens all its lists: asked once they differ."""

import re
import time
from collections.abc import Mapping

from phiward_host.common import files, process
from phiward_host.common.errors import Failed

# `Inst NAME [OLD] (NEW Debian-Security:13/stable-security [amd64])`.
LINE = re.compile(r"^Inst \S+ (?:\[\S+\] )?\((\S+) (.*)\)")
SECURITY = re.compile(r"Debian-Security:|-security\b")
# What tells that the answer may be another one.
LISTS = ("/var/lib/apt/lists", "/var/lib/dpkg/status")
# A host whose lists change each minute is asked no more often.
LEAST_SECONDS = 600.0
ASK = ["apt-get", "--simulate", "--quiet", "-o", "Debug::NoLocking=1", "dist-upgrade"]


class Updates:
    """How many updates wait, by kind; the last answer for as long as it holds."""

    def __init__(self) -> None:
        self._seen: object = None
        self._asked = -LEAST_SECONDS
        self._found: Mapping[str, int] = {}

    def pending(self) -> Mapping[str, int]:
        """Raises Failed where apt gives no answer."""
        seen = [None if found is None else found.st_mtime_ns for found in map(files.status, LISTS)]
        if seen != self._seen and time.monotonic() - self._asked > LEAST_SECONDS:
            self._asked = time.monotonic()
            self._found = _pending()
            self._seen = seen
        if self._seen is None:
            raise Failed("updates: apt gave no answer")
        return self._found


def _pending() -> Mapping[str, int]:
    done = process.run(ASK)
    if done.code != 0:
        raise Failed(f"updates: {process.ended('apt-get', done.code, done.stderr)}")
    found = {"security": 0, "other": 0}
    for line in done.stdout.splitlines():
        match = LINE.match(line)
        if match is not None:
            found["security" if SECURITY.search(match[2]) else "other"] += 1
    return found
