"""What the daily look found that nothing accounts for, counted by kind; asked again once there is a new look."""

import json
import time
from collections.abc import Mapping

from phiward_host.common import files, paths, process
from phiward_host.common.decode import as_int, dict_of
from phiward_host.common.errors import Failed

DECODE = dict_of(as_int)
# Where it cannot be told, it is asked no more often.
LEAST_SECONDS = 120.0


class Drift:
    """The counts of the last look, for as long as it is the last one."""

    def __init__(self) -> None:
        self._seen: object = None
        self._asked = -LEAST_SECONDS
        self._counts: Mapping[str, int] = {}

    def counts(self) -> Mapping[str, int]:
        """Raises Failed where they cannot be told."""
        seen = [None if found is None else found.st_mtime_ns for found in map(files.status, _watched())]
        if seen != self._seen and time.monotonic() - self._asked > LEAST_SECONDS:
            self._asked = time.monotonic()
            # A program of its own: what it loads to answer is not kept in memory for the rest of the day.
            done = process.run(["/usr/bin/python3", "-I", paths.ARCHIVE, "integrity", "counts"])
            if done.code != 0:
                raise Failed(f"drift: {process.ended('integrity', done.code)}")
            self._counts = DECODE(json.loads(done.stdout), "counts")
            self._seen = seen
        if self._seen is None:
            raise Failed("drift: the counts of the last look are not known")
        return self._counts


def _watched() -> list[str]:
    looks = [f"{paths.BASE}/integrity/{name}.json" for name in ("daily", "baseline")]
    return [*looks, "/etc/phiward/integrity.json"]
