"""What each person was seen with before, and whether something is news."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from phiward_host.common.decode import Fields, as_int, dict_of

DAY = 86_400
# A quarter: who was not seen with it since is asked about again, as the access review asks every quarter.
KEPT = 90 * DAY
# A person who is new here, or seen for the first time, works from home and elsewhere within two weeks.
LEARNING = 14 * DAY
MOST_PEOPLE, MOST_OF_ONE = 1000, 64


@dataclass
class Seen:
    """Of one host: by person, each thing and when that was last, in seconds; and since when one is known."""

    _used: OrderedDict[str, dict[str, int]] = field(default_factory=OrderedDict[str, dict[str, int]])
    _first: dict[str, int] = field(default_factory=dict[str, int])

    def is_news(self, who: str, thing: str, now: int, alike: Sequence[str] = ()) -> bool:
        """Notes a thing. Returns whether this person was seen neither with it nor with one alike for a quarter."""
        first = self._first.setdefault(who, now)
        used = self._used.setdefault(who, {})
        self._used.move_to_end(who)
        before = max((used[each] for each in (thing, *alike) if each in used), default=None)
        last = used.pop(thing, now)
        used[thing] = max(last, now)
        while len(used) > MOST_OF_ONE:
            del used[next(iter(used))]
        while len(self._used) > MOST_PEOPLE:
            forgotten, _ = self._used.popitem(last=False)
            self._first.pop(forgotten, None)
        return now - first >= LEARNING and (before is None or now - before > KEPT)

    def as_json(self) -> object:
        return {"used": self._used, "first": self._first}

    def learn(self, fields: Fields) -> None:
        """What was kept. Raises Refused where it is of another form."""
        used, first = fields.read("used", dict_of(dict_of(as_int))), fields.read("first", dict_of(as_int))
        for who in list(used)[-MOST_PEOPLE:]:
            self._used[who] = dict(list(used[who].items())[-MOST_OF_ONE:])
            self._first[who] = first.get(who, 0)
