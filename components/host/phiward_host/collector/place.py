"""How far the copy came: the newest record of each host that the collector has, kept over restarts of either side.

Syslog has no answer by which a receiver confirms a message. What the collector's machine acknowledged counts as there
once the connection has lasted for some seconds more; what was sent later is sent again over the next one, since a
record may be there twice and none may be missing.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, Self

from phiward_host.common import files
from phiward_host.common.decode import Fields, as_float, as_str, dict_of, optional
from phiward_host.common.errors import Refused

SETTLED_SECONDS = 5.0
# Where nothing else changes, so often it is written that all is there.
WRITE_SECONDS = 20.0


@dataclass(frozen=True)
class Place:
    """The newest record of a host that was sent, None before the first, and when all was, by this machine's clock."""

    cursor: str | None
    since: float

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(fields.read("cursor", optional(as_str)), fields.read("since", as_float))


@dataclass(frozen=True)
class State:
    """The places by host; when all that there was had arrived; what is in the way; and the last gap, with its time."""

    places: Mapping[str, Place]
    arrived: float
    trouble: str | None = None
    gap: str | None = None
    gap_at: float = 0.0

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(
            fields.read("places", dict_of(Place.from_json)),
            fields.read("arrived", as_float),
            fields.read("trouble", optional(as_str)),
            fields.read("gap", optional(as_str)),
            fields.read("gapAt", as_float),
        )

    def as_json(self) -> object:
        places = {host: {"cursor": place.cursor, "since": place.since} for host, place in self.places.items()}
        times = {"arrived": self.arrived, "gapAt": self.gap_at}
        return {"places": places, "trouble": self.trouble, "gap": self.gap, **times}


class Acknowledging(Protocol):
    """A connection that knows how much of what was sent the other side has."""

    total: int

    def is_acknowledged(self, total: int) -> bool: ...


@dataclass
class Waiting:
    """What was sent when `total` was so much; whole if `arrived` says when; and since when the other side has it."""

    total: int
    places: Mapping[str, Place]
    arrived: float | None
    acknowledged: float | None = None


@dataclass
class Ledger:
    """The state, and what was sent over this connection and is not settled yet."""

    path: str
    state: State
    sent: dict[str, Place] = field(default_factory=dict[str, Place])
    _waiting: "Waiting | None" = None
    _written: float = 0.0

    def begin(self) -> None:
        """A new connection: what was not settled over the one before is sent again."""
        self.sent = dict(self.state.places)
        self._waiting = None

    def note(self, link: Acknowledging, whole_at: float | None) -> None:
        """Keeps what is settled. `whole_at`: when there was nothing more to send, by this machine's clock.

        Raises OSError.
        """
        now = time.monotonic()
        waiting = self._waiting or Waiting(link.total, dict(self.sent), whole_at)
        self._waiting = waiting
        if waiting.acknowledged is None and link.is_acknowledged(waiting.total):
            waiting.acknowledged = now
        if waiting.acknowledged is None or now - waiting.acknowledged < SETTLED_SECONDS:
            return
        self._waiting = None
        before, arrived = self.state.places, waiting.arrived or self.state.arrived
        state = replace(self.state, places=waiting.places, arrived=arrived)
        is_new = any(place.cursor != before[host].cursor for host, place in waiting.places.items())
        if is_new or now - self._written > WRITE_SECONDS:
            self._keep(state)
        else:
            self.state = state

    def trouble(self, words: str | None) -> None:
        """Says what is in the way, or that nothing is. Raises OSError."""
        if words != self.state.trouble:
            self._keep(replace(self.state, trouble=words))

    def gap(self, words: str) -> None:
        """Says which records the copy lacks. Raises OSError."""
        self._keep(replace(self.state, gap=words, gap_at=time.time()))

    def _keep(self, state: State) -> None:
        self.state = state
        files.write_json(self.path, state.as_json())
        self._written = time.monotonic()


def load(path: str) -> State | None:
    """The state; None where there is none, or one of another form. Raises OSError."""
    found = files.read_json(path)
    try:
        return None if found is None else State.from_json(found, path)
    except Refused:
        return None
