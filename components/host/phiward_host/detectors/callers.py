"""Who calls an application without a login and is denied again and again, by address.

A session that has ended looks the same: its pages are denied until someone logs in. So what an address was denied
counts no more once a user acts from there. Where users act at other times, only far more than is usual there counts:
a page that stays open over night asks all night.
"""

import ipaddress
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from phiward_host.common.decode import Fields, as_int, dict_of
from phiward_host.detectors.tally import MICROSECONDS, MOST_KEYS, Tally
from phiward_host.detectors.usual import Usual
from phiward_host.records.act import Act

EVENT = "access-denied"
# Above five an hour, of the runbook's metrics.
COUNT, WITHIN = 6, 3600 * MICROSECONDS
# Within that, whoever's session has ended logs in; so many are no page's.
LOGGING_IN, AT_ONCE = 300 * MICROSECONDS, 60
# A week: a page stays open over a weekend and a holiday.
KNOWN = 7 * 86_400 * MICROSECONDS
FLOOR = 200


@dataclass
class Callers:
    """Of one host."""

    host: str
    tally: Tally
    _denied: OrderedDict[str, deque[int]] = field(default_factory=OrderedDict[str, deque[int]])
    # When a user of an application last acted from there.
    _known: OrderedDict[str, int] = field(default_factory=OrderedDict[str, int])
    _usual: Usual = field(default_factory=lambda: Usual(FLOOR))

    def acted(self, act: Act) -> None:
        """A user did something: what was denied there before was a session that had ended."""
        key = _key(act)
        self._denied.pop(key, None)
        self._known[key] = max(act.time, self._known.pop(key, 0))
        while len(self._known) > MOST_KEYS:
            self._known.popitem(last=False)

    def denied(self, act: Act) -> None:
        """Nobody was denied something. What no page of a session does counts as denied."""
        key = _key(act)
        if act.time - self._known.get(key, -KNOWN) < KNOWN:
            if self._usual.is_too_much(key, act.time):
                self._count(COUNT)
            return
        times = self._denied.setdefault(key, deque(maxlen=AT_ONCE))
        self._denied.move_to_end(key)
        while len(self._denied) > MOST_KEYS:
            self._denied.popitem(last=False)
        while times and act.time - times[0] >= WITHIN:
            times.popleft()
        times.append(act.time)
        if len(times) == AT_ONCE or (len(times) >= COUNT and times[-1] - times[0] > LOGGING_IN):
            # It takes as many again to count once more.
            self._count(len(times))
            times.clear()

    def as_json(self) -> object:
        return {"known": self._known, "usual": self._usual.as_json()}

    def learn(self, fields: Fields) -> None:
        """What was kept. Raises Refused where it is of another form."""
        self._known = OrderedDict(list(fields.read("known", dict_of(as_int)).items())[-MOST_KEYS:])
        self._usual.learn(fields.child("usual"))

    def _count(self, count: int) -> None:
        for _ in range(count):
            self.tally.count(EVENT, self.host)


def _key(act: Act) -> str:
    """The address, of IPv6 the network that one customer has at least; where there is none, the service."""
    try:
        there = ipaddress.ip_address(act.from_)
    except ValueError:
        return act.what.partition(":")[0]
    return str(there) if there.version == 4 else str(ipaddress.ip_network((there, 64), strict=False))
