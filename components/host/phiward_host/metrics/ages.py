"""Since when this host has each secret that it holds; looked at again once in a while."""

import time

from phiward_host import held_secrets

# What is told in days need not be known in seconds.
LEAST_SECONDS = 300.0
Samples = list[tuple[dict[str, str], float]]


class Ages:
    """Those of one host, as they were seen last."""

    def __init__(self) -> None:
        self._asked = -LEAST_SECONDS
        self._samples: Samples = []

    def samples(self) -> Samples:
        """The oldest that is still there of each secret: one that was rotated ends with what retires it."""
        if time.monotonic() - self._asked >= LEAST_SECONDS:
            ages: dict[tuple[str, str], float] = {}
            for each in held_secrets.held():
                of = (each.kind, each.name)
                ages[of] = min(each.at, ages.get(of, each.at))
            self._samples = [({"kind": kind, "secret": name}, at) for (kind, name), at in sorted(ages.items())]
            self._asked = time.monotonic()
        return self._samples
