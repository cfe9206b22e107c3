"""Lines of the record of incidents: an entry as it was signed, the clocks that run after it, and the hash of the line
of its incident before it."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from phiward_host.common.decode import Fields, as_int, as_str, optional
from phiward_host.common.errors import Refused

MOST_LINES = 10_000
MOST_OF_A_LINE = 32 << 10
MOST_CLOCKS = 50
MOST_SECONDS = 4_102_444_800
MOST_NUMBER = 9999
_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}", re.ASCII)
_STACK = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)
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
    if len(texts) > MOST_LINES:
        raise Refused(f"found more than {MOST_LINES} lines, allowed: what people wrote")
    found: dict[int, list[Line]] = {}
    stack: str | None = None
    for number, text in enumerate(texts, 1):
        line, previous = _line(text, f"line {number}")
        before = found.setdefault(line.incident, [])
        if previous != (hashlib.sha256(before[-1].text.encode()).hexdigest() if before else None):
            raise Refused(f"line {number}: found one that does not follow the line of its incident before it")
        stack = stack or line.stack
        if line.stack != stack:
            raise Refused(f"line {number}: found one of another stack, allowed: lines of one stack")
        before.append(line)
    return found


def _line(text: str, path: str) -> tuple[Line, str | None]:
    if len(text) > MOST_OF_A_LINE:
        raise Refused(f"{path}: found more than {MOST_OF_A_LINE} characters, allowed: a line of phiward incident")
    outer = Fields.of(_json(text, path), path)
    signed = outer.text("entry")
    said = Fields.of(_json(signed, f"{path}.entry"), f"{path}.entry")
    incident = said.integer("incident")
    if not 1 <= incident <= MOST_NUMBER:
        raise Refused(f"{path}.entry.incident: found another number, allowed: 1 to {MOST_NUMBER}")
    clocks = said.items("clocks", _clock)
    if len(clocks) > MOST_CLOCKS:
        raise Refused(f"{path}.entry.clocks: found more than {MOST_CLOCKS}")
    line = Line(
        text=text,
        stack=_word(said, "stack", _STACK),
        incident=incident,
        by=_word(said, "by", _NAME),
        clocks=tuple(clocks),
        signed=signed,
        signature=outer.text("signature"),
    )
    return line, said.read("previous", optional(as_str))


def _clock(value: object, path: str) -> Clock:
    fields = Fields.of(value, path)
    ends = fields.read("ends", optional(as_int))
    clock = Clock(_word(fields, "clock", _CLOCK), fields.integer("warns"), ends)
    if any(not 0 <= each <= MOST_SECONDS for each in (clock.warns, ends or 0)):
        raise Refused(f"{path}: found another time, allowed: seconds since 1970")
    return clock


def _word(fields: Fields, name: str, form: re.Pattern[str]) -> str:
    text = fields.text(name)
    if not form.fullmatch(text):
        raise Refused(f"{fields.path}.{name}: found another text, allowed: a word that phiward incident writes there")
    return text


def _json(text: str, path: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(f"{path}: found text that is not JSON, allowed: a line of phiward incident") from None
