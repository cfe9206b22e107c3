"""Lines of the record of duties: what a person attested, as it was signed, and the hash of the line before."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from phiward_host.common.decode import Fields
from phiward_host.common.errors import Refused
from phiward_host.common.signed_lines import NAME, STACK, Form, hash_of

_FORM = Form("attested", "phiward attest", "attested")
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
    _FORM.require_few(texts)
    lines: list[Line] = []
    before: str | None = None
    for number, text in enumerate(texts, 1):
        line, previous = _line(text, f"line {number}")
        if previous != before:
            raise Refused(f"line {number}: found one that does not follow the line before it, allowed: lines in order")
        if line.stack != (lines or [line])[0].stack:
            raise Refused(f"line {number}: found one of another stack, allowed: lines of one stack")
        lines.append(line)
        before = hash_of(text)
    return lines


def _line(text: str, path: str) -> tuple[Line, str | None]:
    opened = _FORM.opened(text, path)
    line = Line(
        stack=_FORM.word(opened.said, "stack", STACK),
        duty=_FORM.word(opened.said, "duty", NAME),
        on=_day(opened.said),
        by=_FORM.word(opened.said, "by", NAME),
        signed=opened.signed,
        signature=opened.signature,
    )
    return line, opened.previous


def _day(fields: Fields) -> date:
    try:
        return date.fromisoformat(_FORM.word(fields, "on", _DAY))
    except ValueError:
        raise Refused(f"{fields.path}.on: found a day that is in no calendar, allowed: YYYY-MM-DD") from None
