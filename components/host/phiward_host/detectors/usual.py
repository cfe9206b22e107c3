"""How much is usual in an hour, by account or by action of an application, and whether an hour has far more.

Of each key the detectors keep how many of its hours had about so many acts, by powers of two, and the hour that runs.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Self

from phiward_host.common.decode import Fields, as_int, as_object, dict_of
from phiward_host.detectors.tally import MICROSECONDS

HOUR = 3600
# A week has each weekday once; of less, nobody knows what is usual.
LEARNING = 7 * 24
FEWEST_HOURS = 8
# Two weeks of hours count in full, what is older by half and less.
MOST_HOURS = 336
# So many times what all but one of twenty hours had.
FACTOR = 4
MOST_KEYS = 10_000


@dataclass
class Hours:
    """The hours of one key, numbered since 1970: the first, the one that runs with its acts, and those that ended."""

    first: int
    running: int
    acts: int = 0
    ended: dict[int, int] = field(default_factory=dict[int, int])

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(as_object(value, path), path)
        ended = fields.read("ended", dict_of(as_int))
        known = {power: ended[str(power)] for power in range(64) if str(power) in ended}
        return cls(fields.integer("first"), fields.integer("running"), fields.integer("acts"), known)

    def end(self) -> None:
        """The running hour becomes one that ended."""
        power = self.acts.bit_length()
        self.ended[power] = self.ended.get(power, 0) + 1
        if sum(self.ended.values()) > MOST_HOURS:
            self.ended = {each: count // 2 for each, count in self.ended.items() if count > 1}
        self.acts = 0

    def usual(self) -> int | None:
        """More than what all but one of twenty hours had; None where too little is known."""
        total = sum(self.ended.values())
        if total < FEWEST_HOURS or self.running - self.first < LEARNING:
            return None
        seen = 0
        for power in sorted(self.ended):
            seen += self.ended[power]
            if seen * 20 >= total * 19:
                return 1 << power
        return None


@dataclass
class Usual:
    """Of one host: what is usual for each key. Below `floor` in an hour, nothing is too much."""

    floor: int
    _keys: OrderedDict[str, Hours] = field(default_factory=OrderedDict[str, Hours])

    def is_too_much(self, key: str, time: int) -> bool:
        """Notes an act; `time` in microseconds. Returns whether it is the one by which the hour has far more."""
        now = time // MICROSECONDS // HOUR
        hours = self._keys.setdefault(key, Hours(now, now))
        self._keys.move_to_end(key)
        while len(self._keys) > MOST_KEYS:
            self._keys.popitem(last=False)
        if now < hours.running:
            # It arrived late, of an hour that is counted already.
            return False
        if now > hours.running:
            hours.end()
            hours.running = now
        hours.acts += 1
        if hours.acts < self.floor:
            return False
        usual = hours.usual()
        return usual is not None and hours.acts == max(self.floor, FACTOR * usual)

    def as_json(self) -> object:
        return {
            key: {"first": each.first, "running": each.running, "acts": each.acts, "ended": each.ended}
            for key, each in self._keys.items()
        }

    def learn(self, fields: Fields) -> None:
        """What was kept. Raises Refused where it is of another form."""
        for key in list(fields.values)[-MOST_KEYS:]:
            self._keys[key] = fields.read(key, Hours.from_json)
