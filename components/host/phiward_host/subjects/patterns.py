"""Paths in a volume as patterns, in which `{ref}` stands for a person's reference.

Each part of a pattern is compared with one name, and never with a path. Read from a name, there is one reference in it
at most, and the same that leads to the name: so no person's files are taken for another's.
"""

from dataclasses import dataclass
from typing import Self

from phiward_host.common.errors import Refused

MARK = "{ref}"
# Of a reference, in characters.
MOST_REFERENCE = 200


@dataclass(frozen=True)
class Part:
    """What one name of a path has to be: text, with one `*` for any characters at most, and `{ref}`."""

    text: str

    @property
    def has_reference(self) -> bool:
        return MARK in self.text

    @property
    def is_text(self) -> bool:
        """Whether it is one name, for whomever."""
        return "*" not in self.text and not self.has_reference

    @property
    def parting(self) -> str:
        """The character that parts `{ref}` from a `*`, and so is in no reference; empty where there is none."""
        before, _, after = self.text.partition(MARK)
        if not self.has_reference:
            return ""
        return after[:1] if "*" in after else before[-1:] if "*" in before else ""

    def name_of(self, reference: str) -> str | None:
        """The only name that it can be for a person; None where there may be several."""
        return None if "*" in self.text else self.text.replace(MARK, reference)

    def matches(self, name: str) -> bool:
        """Of a part without `{ref}`."""
        return _is_as(self.text, name)

    def reference_in(self, name: str) -> str | None:
        """Whose a name is; None where it is none of these names. Of a part with `{ref}`."""
        before, _, after = self.text.partition(MARK)
        if "*" in after:
            reference, parting, rest = name.removeprefix(before).partition(self.parting)
            is_one = name.startswith(before) and _is_as(after, parting + rest)
        elif "*" in before:
            rest, parting, reference = name.removesuffix(after).rpartition(self.parting)
            is_one = name.endswith(after) and _is_as(before, rest + parting)
        else:
            reference = name[len(before) : len(name) - len(after)]
            is_one = name == f"{before}{reference}{after}"
        return reference if is_one and reference else None


@dataclass(frozen=True)
class Pattern:
    """The parts of a path; with `below`, a directory at its end counts with all that is in it, and otherwise not."""

    parts: tuple[Part, ...]
    below: bool

    @classmethod
    def of(cls, text: str, path: str) -> Self:
        """As a deploy writes it; `path` says where. Raises Refused."""
        parts = [Part(part) for part in text.removesuffix("/").split("/")]
        if sum(part.has_reference for part in parts) != 1 or any(part.text in ("", ".", "..") for part in parts):
            raise Refused(f"{path}: found another text, allowed: a path in a volume with {MARK} once")
        return cls(tuple(parts), text.endswith("/"))

    @property
    def whose(self) -> int:
        """Which part has the reference."""
        return next(at for at, part in enumerate(self.parts) if part.has_reference)

    def require_nameable(self, reference: str) -> None:
        """Raises Refused for a reference that no name of a file can have here."""
        wrong = [
            character for character in ("/", self.parts[self.whose].parting) if character and character in reference
        ]
        if wrong or reference in (".", ".."):
            found = f"found {wrong[0]} in it" if wrong else "found . or .."
            raise Refused(f"REF: {found}, allowed: a reference that can be in a name of subjects.files, without it")


def _is_as(text: str, name: str) -> bool:
    first, star, last = text.partition("*")
    if not star:
        return name == text
    return len(name) >= len(first) + len(last) and name.startswith(first) and name.endswith(last)
