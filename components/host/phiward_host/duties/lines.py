"""Lines of the record of duties: what a person attested, as it was signed, and the hash of the line before."""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from phiward_host.common.decode import Fields, as_str, optional
from phiward_host.common.errors import Refused

# Six years of what people attest are a fraction of it.
MOST_LINES = 10_000
MOST_OF_A_LINE = 32 << 10
_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}", re.ASCII)
_STACK = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True)
class Line:
    """What a line says, the text that was signed, and the signature under it."""

    stack: str
    duty: str
    on: date
    by: str
    signed: str
    signature: str


def parsed(texts: Sequence[str]) -> list[Line]:
    """All lines, each following the one before. Raises Refused, which names the first that does not, and none of it."""
    if len(texts) > MOST_LINES:
        raise Refused(f"found more than {MOST_LINES} lines, allowed: what people attested")
    lines: list[Line] = []
    before: str | None = None
    for number, text in enumerate(texts, 1):
        line, previous = _line(text, f"line {number}")
        if previous != before:
            raise Refused(f"line {number}: found one that does not follow the line before it, allowed: lines in order")
        if line.stack != (lines or [line])[0].stack:
            raise Refused(f"line {number}: found one of another stack, allowed: lines of one stack")
        lines.append(line)
        before = hashlib.sha256(text.encode()).hexdigest()
    return lines


def _line(text: str, path: str) -> tuple[Line, str | None]:
    if len(text) > MOST_OF_A_LINE:
        raise Refused(f"{path}: found more than {MOST_OF_A_LINE} characters, allowed: a line of phiward attest")
    outer = Fields.of(_json(text, path), path)
    signed = outer.text("attested")
    said = Fields.of(_json(signed, f"{path}.attested"), f"{path}.attested")
    line = Line(
        stack=_word(said, "stack", _STACK.fullmatch),
        duty=_word(said, "duty", _NAME.fullmatch),
        on=_day(said),
        by=_word(said, "by", _NAME.fullmatch),
        signed=signed,
        signature=outer.text("signature"),
    )
    return line, said.read("previous", optional(as_str))


def _word(fields: Fields, name: str, matches: Callable[[str], object]) -> str:
    text = fields.text(name)
    if not matches(text):
        raise Refused(f"{fields.path}.{name}: found another text, allowed: a word that phiward attest writes there")
    return text


def _day(fields: Fields) -> date:
    try:
        return date.fromisoformat(_word(fields, "on", _DAY.fullmatch))
    except ValueError:
        raise Refused(f"{fields.path}.on: found a day that is in no calendar, allowed: YYYY-MM-DD") from None


def _json(text: str, path: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(f"{path}: found text that is not JSON, allowed: a line of phiward attest") from None
