"""Who and what is kept out of this host by hand: people, keys and networks, until it is undone.

What no disk takes is in memory until the next restart, and put on disk once there is room. It is no part of what the
stack's file declares. What follows from it are files of its own, beside the declared ones:
a deploy leaves them, and the daily look knows them.
"""

import hashlib
import ipaddress
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from phiward_host.common import files, paths, records, room
from phiward_host.common.decode import Fields, as_float, as_str, dict_of, list_of
from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog
from phiward_host.common.text import one_line

LOG = RootLog("isolation")
SSH_FILE = "/etc/ssh/sshd_config.d/10-phiward-locked.conf"
KEYS_FILE = "/etc/ssh/phiward-revoked-keys"
SUDO_FILE = "/etc/sudoers.d/phiward-zz-locked"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Entry:
    """Since when, by whom and why; `until` in seconds since 1970, 0 for as long as nobody undoes it.

    `keys`: of a person, those that they had then.
    """

    since: float
    who: str
    why: str
    until: float = 0.0
    keys: Sequence[str] = field(default=())

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(
            fields.read("since", as_float),
            fields.text("who"),
            fields.text("why"),
            fields.read_or("until", as_float, 0.0),
            tuple(fields.read_or("keys", list_of(as_str), [])),
        )

    def words(self, what: str) -> str:
        until = f" until {_time(self.until)}" if self.until else ""
        return one_line(f"{what} since {_time(self.since)}{until} by {self.who}: {self.why}")


@dataclass(frozen=True)
class Contained:
    """People by name, keys by type and base64, networks as the kernel writes them."""

    people: Mapping[str, Entry] = field(default_factory=dict[str, Entry])
    keys: Mapping[str, Entry] = field(default_factory=dict[str, Entry])
    networks: Mapping[str, Entry] = field(default_factory=dict[str, Entry])

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        of = dict_of(Entry.from_json)
        return cls(*(fields.read_or(name, of, {}) for name in ("people", "keys", "networks")))

    def now(self, at: float) -> Self:
        """Without networks whose time is over."""
        return replace(self, networks={name: one for name, one in self.networks.items() if not 0 < one.until <= at})

    @property
    def refused_keys(self) -> list[str]:
        """Every key that is not accepted any more, of whomever."""
        return sorted({*self.keys, *(key for one in self.people.values() for key in one.keys)})

    def rendered(self) -> dict[str, str]:
        """The files that follow from it, by their paths."""
        keys = self.refused_keys
        ssh = [*(f"DenyUsers {name}" for name in sorted(self.people)), *([f"RevokedKeys {KEYS_FILE}"] if keys else [])]
        texts = {
            KEYS_FILE: keys,
            SSH_FILE: ssh,
            SUDO_FILE: [f"{name} ALL=(ALL:ALL) !ALL" for name in sorted(self.people)],
        }
        return {path: "".join(f"{line}\n" for line in lines) for path, lines in texts.items() if lines}

    def to_json(self) -> dict[str, object]:
        """As `from_json` reads it."""
        kinds = (("people", self.people), ("keys", self.keys), ("networks", self.networks))
        return {
            kind: {name: {**vars(one), "keys": list(one.keys)} for name, one in entries.items()}
            for kind, entries in kinds
        }

    def words(self) -> list[str]:
        """What is kept out, a line each, for people."""
        return [
            *(one.words(f"{name} is locked") for name, one in sorted(self.people.items())),
            *(one.words(f"{fingerprint(key)} is revoked") for key, one in sorted(self.keys.items())),
            *(one.words(f"{name} is blocked") for name, one in sorted(self.networks.items())),
        ]


NOTHING = Contained()


def path() -> str:
    return f"{paths.BASE}/isolation/contained.json"


def in_memory() -> str:
    """Where it is while the disk takes nothing; then it counts before what the disk has."""
    return f"{paths.RUN}/contained.json"


def _newest() -> str:
    return in_memory() if files.exists(in_memory()) else path()


def load() -> Contained:
    """What is on record now. A damaged record is set aside, and said to be. Raises OSError."""
    return records.read_or_begin(_newest(), Contained.from_json, NOTHING, LOG).now(time.time())


def known() -> Contained:
    """The same for whoever only asks: nothing where it cannot be read."""
    return readable() or NOTHING


def readable() -> Contained | None:
    """The same for whoever has to know that: None where it cannot be read."""
    try:
        return records.read(_newest(), Contained.from_json, NOTHING).now(time.time())
    except (OSError, Failed):
        return None


def save(wanted: Contained) -> bool:
    """Puts it on record. True where that lasts over a restart. Raises OSError."""
    value = wanted.to_json()
    try:
        room.using(lambda: records.write_json(path(), value, LOG))
    except OSError:
        files.make_directory(paths.RUN)
        files.write_json(in_memory(), value)
        return False
    files.remove(in_memory())
    return True


def digests() -> dict[str, str]:
    """SHA-256 of the files that follow from it."""
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in known().rendered().items()}


def key_of(line: str) -> str | None:
    """Type and base64 of a line of authorized keys, whatever options are before them; None where it has none."""
    words = line.split()
    for at, word in enumerate(words[:-1]):
        if word.startswith(("ssh-", "sk-", "ecdsa-")) and '"' not in word and words[at + 1].startswith("AAAA"):
            return f"{word} {words[at + 1]}"
    return None


def keys_in(file: str) -> list[str]:
    """The keys of a file of authorized keys. Raises OSError."""
    found = map(key_of, (files.read_text_if_any(file) or "").splitlines())
    return [key for key in found if key is not None]


def fingerprint(key: str) -> str:
    """As ssh-keygen(1) shows it."""
    import base64
    import binascii

    try:
        data = base64.b64decode(key.split()[1], validate=True)
    except (IndexError, binascii.Error):
        return "a key of another form"
    return f"SHA256:{base64.b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')}"


def overlapping(network: Network, others: Iterable[str]) -> str | None:
    """The first of the others that has an address in common with a network."""
    for other in others:
        found = ipaddress.ip_network(other, strict=False)
        if isinstance(found, type(network)) and network.overlaps(found):
            return other
    return None


def _time(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
