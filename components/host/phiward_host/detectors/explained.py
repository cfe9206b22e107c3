"""What looks like a loss of records, and is none: a journal set aside whole, a host that stops, the daily update."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from phiward_host.records import daemon, trouble
from phiward_host.records.entry import Entry

MOST_NOTES = 10_000


@dataclass
class Explained:
    """Of one host: when phiward said that it set aside a file of the journal, and which boot ends or
    is updated since when."""

    _set_aside: deque[int] = field(default_factory=lambda: deque(maxlen=MOST_NOTES))
    _stopping: OrderedDict[str, int] = field(default_factory=OrderedDict[str, int])
    # An update of auditd restarts it. One that is not back by then is told by the check that looks for it.
    _updating: OrderedDict[str, int] = field(default_factory=OrderedDict[str, int])

    def note(self, entry: Entry) -> None:
        if trouble.is_said(entry):
            self._set_aside.append(entry.time)
        if daemon.is_stop(entry):
            self._stopping[entry.boot] = entry.time
        if daemon.is_update(entry):
            self._updating.pop(entry.boot, None)
            if daemon.is_start(entry):
                self._updating[entry.boot] = entry.time
        for notes in (self._stopping, self._updating):
            while len(notes) > MOST_NOTES:
                notes.popitem(last=False)

    def has(self, entry: Entry) -> bool:
        """Whether it is explained: a file that was set aside, once; the daemon's end with its host or in an update."""
        if trouble.is_end_of_daemon(entry):
            limits = ((self._stopping, daemon.STOPPING), (self._updating, daemon.UPDATING))
            return any(0 <= entry.time - notes.get(entry.boot, entry.time + 1) <= limit for notes, limit in limits)
        return trouble.is_of_set_aside(entry) and trouble.take_said(self._set_aside, entry)
