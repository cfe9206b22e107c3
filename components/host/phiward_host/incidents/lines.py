"""Lines of the record of incidents: an entry as it was signed, the clocks that run after it, and the hash of the line
of its incident before it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from phiward_host.common.decode import Fields, as_int, optional
from phiward_host.common.errors import Refused
from phiward_host.common.signed_lines import NAME, STACK, Form, hash_of

_FORM = Form("entry", "phiward incident", "wrote")
MOST_CLOCKS = 50
MOST_SECONDS = 4_102_444_800
MOST_NUMBER = 9999
_CLOCK = re.compile(r"[a-z0-9-]{1,31}", re.ASCII)


@dataclass(frozen=True)
class Clock:
    """A clock that runs: seconds since 1970 at which it warns, and at which it is over; None where it has no end."""

    name: str
    warns: int
    ends: int | None


@dataclass(frozen=True)
class Line:
    """What a line says, the line itself, the text that was signed, and the signature under it."""

    text: str
    stack: str
    incident: int
    by: str
    clocks: tuple[Clock, ...]
    signed: str
    signature: str


def parsed(texts: Sequence[str]) -> dict[int, list[Line]]:
    """The lines of each incident, each following the one of it before. Raises Refused, which names the first fault."""
    _FORM.require_few(texts)
    found: dict[int, list[Line]] = {}
    stack: str | None = None
    for number, text in enumerate(texts, 1):
        line, previous = _line(text, f"line {number}")
        before = found.setdefault(line.incident, [])
        if previous != (hash_of(before[-1].text) if before else None):
            raise Refused(f"line {number}: found one that does not follow the line of its incident before it")
        stack = stack or line.stack
        if line.stack != stack:
            raise Refused(f"line {number}: found one of another stack, allowed: lines of one stack")
        before.append(line)
    return found


def _line(text: str, path: str) -> tuple[Line, str | None]:
    opened = _FORM.opened(text, path)
    said = opened.said
    incident = said.integer("incident")
    if not 1 <= incident <= MOST_NUMBER:
        raise Refused(f"{path}.entry.incident: found another number, allowed: 1 to {MOST_NUMBER}")
    clocks = said.items("clocks", _clock)
    if len(clocks) > MOST_CLOCKS:
        raise Refused(f"{path}.entry.clocks: found more than {MOST_CLOCKS}")
    line = Line(
        text=text,
        stack=_FORM.word(said, "stack", STACK),
        incident=incident,
        by=_FORM.word(said, "by", NAME),
        clocks=tuple(clocks),
        signed=opened.signed,
        signature=opened.signature,
    )
    return line, opened.previous


def _clock(value: object, path: str) -> Clock:
    fields = Fields.of(value, path)
    ends = fields.read("ends", optional(as_int))
    clock = Clock(_FORM.word(fields, "clock", _CLOCK), fields.integer("warns"), ends)
    if any(not 0 <= each <= MOST_SECONDS for each in (clock.warns, ends or 0)):
        raise Refused(f"{path}: found another time, allowed: seconds since 1970")
    return clock
