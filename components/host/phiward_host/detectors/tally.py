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
    # Of each occurrence its time, and by whom it was, where that may be taken back.
    _times: OrderedDict[tuple[str, str], deque[tuple[int, str]]] = field(
        default_factory=OrderedDict[tuple[str, str], deque[tuple[int, str]]]
    )

    @property
    def keys(self) -> int:
        """How many accounts and addresses are in memory."""
        return len(self._times)

    def count(self, event: str, host: str) -> None:
        of_host = self.counts.setdefault(host, {})
        of_host[event] = of_host.get(event, 0) + 1

    def towards(self, event: str, key: str, host: str, time: int, by: str = "", *, once: bool = False) -> None:
        """One occurrence of what is an event when there are so many of one key; `time` in microseconds.

        With `once`, another one by the same counts no more within the time.

        They are counted by when they were written, and not by when they arrived: a vault that was away for a day sees
        no attack in the failures of that day.
        """
        threshold = self.thresholds[event]
        times = self._times.setdefault((event, key), deque(maxlen=threshold.count))
        self._times.move_to_end((event, key))
        within = threshold.seconds * MICROSECONDS
        if once and any(each[1] == by and abs(time - each[0]) <= within for each in times):
            return
        times.append((time, by))
        while len(self._times) > MOST_KEYS:
            self._times.popitem(last=False)
        if len(times) == threshold.count and abs(times[-1][0] - times[0][0]) <= within:
            # It takes as many again to count once more.
            times.clear()
            self.count(event, host)

    def take_back(self, event: str, key: str, by: str, time: int, most: int) -> int:
        """Forgets the newest occurrences of a key that were by someone within the time; returns how many."""
        times = self._times.get((event, key), deque[tuple[int, str]]())
        within = self.thresholds[event].seconds * MICROSECONDS
        taken = [each for each in times if each[1] == by and 0 <= time - each[0] <= within][-most:]
        for each in taken:
            times.remove(each)
        return len(taken)
