"""Counts of events by host, and of each threshold that was reached: of bounded size, whatever is on record."""

from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from phiward_host.detectors.settings import Threshold

# Who fails to log in may choose names and addresses: the ones that were seen longest ago are forgotten first.
MOST_KEYS = 10_000
MICROSECONDS = 1_000_000


@dataclass
class Tally:
    """`counts` are by host and event, and only grow; what leads to a threshold is kept in memory."""

    thresholds: Mapping[str, Threshold]
    counts: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    _times: OrderedDict[tuple[str, str], deque[int]] = field(default_factory=OrderedDict[tuple[str, str], deque[int]])

    @property
    def keys(self) -> int:
        """How many accounts and addresses are in memory."""
        return len(self._times)

    def count(self, event: str, host: str) -> None:
        of_host = self.counts.setdefault(host, {})
        of_host[event] = of_host.get(event, 0) + 1

    def towards(self, event: str, key: str, host: str, time: int) -> None:
        """One occurrence of what is an event when there are so many of one key; `time` in microseconds.

        They are counted by when they were written, and not by when they arrived: a vault that was away for a day sees
        no attack in the failures of that day.
        """
        threshold = self.thresholds[event]
        times = self._times.setdefault((event, key), deque(maxlen=threshold.count))
        self._times.move_to_end((event, key))
        times.append(time)
        while len(self._times) > MOST_KEYS:
            self._times.popitem(last=False)
        if len(times) == threshold.count and abs(times[-1] - times[0]) <= threshold.seconds * MICROSECONDS:
            # It takes as many again to count once more.
            times.clear()
            self.count(event, host)
