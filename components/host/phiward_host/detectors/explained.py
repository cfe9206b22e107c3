"""What looks like a loss of records, and is none: a journal that was set aside whole, and a host that stops."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from phiward_host.records import daemon, trouble
from phiward_host.records.entry import Entry

MOST_NOTES = 10_000


@dataclass
class Explained:
    """Of one host: when phiward said that it set aside a file of the journal, and which boot ends since when."""

    _set_aside: deque[int] = field(default_factory=lambda: deque(maxlen=MOST_NOTES))
    _stopping: OrderedDict[str, int] = field(default_factory=OrderedDict[str, int])

    def note(self, entry: Entry) -> None:
        if trouble.is_said(entry):
            self._set_aside.append(entry.time)
        if daemon.is_stop(entry):
            self._stopping[entry.boot] = entry.time
        while len(self._stopping) > MOST_NOTES:
            self._stopping.popitem(last=False)

    def has(self, entry: Entry) -> bool:
        """Whether it is explained: one line for each file that was set aside, and the daemon's end with its host's."""
        if trouble.is_end_of_daemon(entry):
            since = self._stopping.get(entry.boot)
            return since is not None and 0 <= entry.time - since <= daemon.STOPPING
        return trouble.is_of_set_aside(entry) and trouble.take_said(self._set_aside, entry)
