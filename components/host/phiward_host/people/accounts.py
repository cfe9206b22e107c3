"""Accounts of people, as the account databases of this host have them."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from phiward_host.common import files

PASSWD, SHADOW, SUBUID = "/etc/passwd", "/etc/shadow", "/etc/subuid"
# Below are accounts of the system; `nobody` is nobody's.
FIRST_UID, NOBODY = 1000, 65534
DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Account:
    """An account of a person. `subordinate` are the further user ids that its processes may take (subuid(5))."""

    name: str
    uid: int
    expires: int | None
    subordinate: tuple[range, ...] = ()

    def is_closed(self, day: int) -> bool:
        """Whether it has expired on that day since 1970; shadow(5) counts the day itself."""
        return self.expires is not None and self.expires <= day

    def has(self, uid: int) -> bool:
        """Whether a process of this user id is the account's."""
        return uid == self.uid or any(uid in ids for ids in self.subordinate)


def accounts() -> list[Account]:
    """Every account of a person. Raises OSError."""
    expiries = _expiries()
    ranges = _subordinate()
    found: list[Account] = []
    for row in _rows(PASSWD, 7):
        if row[2].isdigit() and int(row[2]) >= FIRST_UID and int(row[2]) != NOBODY:
            found.append(Account(row[0], int(row[2]), expiries.get(row[0]), ranges.get(row[0], ())))
    return found


def today() -> int:
    """Days since 1970, as shadow(5) counts them."""
    return int(time.time()) // DAY_SECONDS


def hash_of(name: str) -> str | None:
    """The hash of an account's password, as shadow(5) has it; None where there is no such account. Raises OSError."""
    return next((row[1] for row in _rows(SHADOW, 9) if row[0] == name), None)


def _expiries() -> Mapping[str, int]:
    return {row[0]: int(row[7]) for row in _rows(SHADOW, 9) if row[7].isdigit()}


def _subordinate() -> Mapping[str, tuple[range, ...]]:
    found: dict[str, tuple[range, ...]] = {}
    try:
        rows = _rows(SUBUID, 3)
    except FileNotFoundError:
        return found
    for name, first, count in rows:
        if first.isdigit() and count.isdigit():
            found[name] = (*found.get(name, ()), range(int(first), int(first) + int(count)))
    return found


def _rows(path: str, fields: int) -> list[list[str]]:
    rows = [line.split(":") for line in files.read_text(path).splitlines()]
    return [row for row in rows if len(row) == fields]
