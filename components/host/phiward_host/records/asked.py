"""What is asked of the record: `from=`, `to=`, `host=`, `who=`, `key=`, `what=` and `most=`, each word checked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from phiward_host.common.errors import Refused
from phiward_host.records.act import KINDS, Act, Kind
from phiward_host.records.logins import KEY, NAME
from phiward_host.records.query import MICROSECONDS

USAGE = "records acts own=HOST from=TIME to=TIME [host=HOST] [who=NAME] [key=SHA256:…]… [what=KIND]… [most=NUMBER]"
HOST = r"[a-z][a-z0-9-]{0,62}"
_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
_FORMS = {
    "own": HOST,
    "from": _TIME,
    "to": _TIME,
    "host": HOST,
    "who": NAME,
    "key": KEY,
    "what": "|".join(KINDS),
    "most": "[1-9][0-9]{0,6}",
}
_MANY = ("key", "what")
MOST_WORDS = 64
MOST = 100_000


@dataclass(frozen=True)
class Asked:
    """Times are microseconds since 1970, the second one excluded."""

    own: str
    begin: int
    end: int
    host: str | None
    who: str | None
    keys: frozenset[str]
    kinds: Sequence[Kind]
    most: int

    @property
    def names(self) -> Sequence[str]:
        """Of what is asked for, what a message would name; nothing where nobody is asked for."""
        return [] if self.who is None else [self.who, *sorted(self.keys)]

    def takes(self, act: Act) -> bool:
        if act.kind not in self.kinds or not self.begin <= act.time < self.end:
            return False
        return self.who is None or act.who == self.who or act.key in self.keys


def asked(words: Sequence[str]) -> Asked:
    """Raises Refused, which repeats no word."""
    if len(words) > MOST_WORDS:
        raise Refused(f"found {len(words)} words, allowed: {USAGE}")
    found: dict[str, list[str]] = {}
    for word in words:
        name, _, value = word.partition("=")
        if name not in _FORMS or re.fullmatch(_FORMS[name], value) is None:
            raise Refused(f"found another word{f' for {name}' if name in _FORMS else ''}, allowed: {USAGE}")
        if name in found and name not in _MANY:
            raise Refused(f"found {name} twice, allowed: {USAGE}")
        found.setdefault(name, []).append(value)
    missing = [name for name in ("own", "from", "to") if name not in found]
    if missing:
        raise Refused(f"found no {missing[0]}, allowed: {USAGE}")
    one = {name: values[0] for name, values in found.items()}
    begin, end = _time(one["from"]), _time(one["to"])
    if begin >= end:
        raise Refused("found a beginning that is not before the end, allowed: from before to")
    return Asked(
        own=one["own"],
        begin=begin,
        end=end,
        host=one.get("host"),
        who=one.get("who"),
        keys=frozenset(found.get("key", [])),
        kinds=[kind for kind in KINDS if kind in found.get("what", KINDS)],
        most=min(int(one.get("most", MOST)), 10 * MOST),
    )


def _time(text: str) -> int:
    try:
        time = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Refused("found a day that is in no calendar, allowed: a time such as 2026-11-01T00:00:00Z") from None
    return int(time.timestamp()) * MICROSECONDS
