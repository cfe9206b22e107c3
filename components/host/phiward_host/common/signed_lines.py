"""Lines that people sign, of duties and of incidents: JSON with the text that was signed, and the signature under it.

That text is JSON too, and has the hash of the line before it.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from phiward_host.common.decode import Fields, as_str, optional
from phiward_host.common.errors import Refused

# Six years of what people write are a fraction of it.
MOST_LINES = 10_000
MOST_OF_A_LINE = 32 << 10
NAME = re.compile(r"[a-z][a-z0-9-]{0,62}", re.ASCII)
STACK = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)


@dataclass(frozen=True)
class Form:
    """What lines of one kind are called: the key of what was signed, the command that writes it, what people did."""

    key: str
    command: str
    did: str

    def require_few(self, texts: Sequence[str]) -> None:
        """Raises Refused where there are more than anybody writes."""
        if len(texts) > MOST_LINES:
            raise Refused(f"found more than {MOST_LINES} lines, allowed: what people {self.did}")

    def opened(self, text: str, path: str) -> "Opened":
        """Raises Refused, which says what is wrong at which path."""
        if len(text) > MOST_OF_A_LINE:
            raise Refused(f"{path}: found more than {MOST_OF_A_LINE} characters, allowed: a line of {self.command}")
        outer = Fields.of(self._json(text, path), path)
        signed = outer.text(self.key)
        inside = f"{path}.{self.key}"
        said = Fields.of(self._json(signed, inside), inside)
        return Opened(said, signed, outer.text("signature"), said.read("previous", optional(as_str)))

    def word(self, fields: Fields, name: str, form: re.Pattern[str]) -> str:
        """A text of that form, whole. Raises Refused."""
        text = fields.text(name)
        if not form.fullmatch(text):
            raise Refused(f"{fields.path}.{name}: found another text, allowed: a word that {self.command} writes there")
        return text

    def _json(self, text: str, path: str) -> object:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise Refused(f"{path}: found text that is not JSON, allowed: a line of {self.command}") from None


@dataclass(frozen=True)
class Opened:
    """What a line says, the text that was signed, the signature under it, and the hash of the line before it."""

    said: Fields
    signed: str
    signature: str
    previous: str | None


def hash_of(text: str) -> str:
    """By which the next line names this one."""
    return hashlib.sha256(text.encode()).hexdigest()
