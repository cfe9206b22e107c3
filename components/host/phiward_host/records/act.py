"""What was done, as the record shows it: never the text of an entry, only what a reader of its kind took out of it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from phiward_host.records.entry import Entry

Kind = Literal[
    "login",
    "privilege",
    "file",
    "ENCRYPTION_KEY_ACCESS",
    "AUDIT_LOG_FAILURE",
    "deploy",
    "restore",
    "backup",
    "operation",
    "reading",
    "ban",
    "container",
    "database",
    "application",
]
KINDS: Sequence[Kind] = get_args(Kind)
MOST_CHARACTERS = 200
# A word of a command that says no more than itself.
_PLAIN = re.compile(r"[\w@%+=:,./~-]{1,160}", re.ASCII)
# What follows is a program or a query, which may name a patient.
_TEXT_FOLLOWS = re.compile(r"-[a-zA-Z]*[ce]|--(command|eval|execute|expression|regexp)(=.*)?")


@dataclass(frozen=True)
class Act:
    """One act. Times are microseconds since 1970; an empty text is what the entry does not say."""

    time: int
    host: str
    kind: Kind
    what: str
    who: str = ""
    from_: str = ""
    outcome: str = ""
    # The fingerprint of the SSH key, by which an account of several people is told apart.
    key: str = ""

    def to_json(self) -> dict[str, object]:
        said = {"who": self.who, "from": self.from_, "outcome": self.outcome, "key": self.key}
        there = {name: _bounded(value) for name, value in said.items() if value != ""}
        return {"time": self.time, "host": self.host, "kind": self.kind, "what": _bounded(self.what), **there}


@dataclass(frozen=True)
class Query:
    """What journalctl is asked for: alternatives of matches (journalctl(1)), and a pattern of the message."""

    matches: Sequence[Sequence[str]]
    grep: str = ""
    # Whether the message holds the name of who it was, so that journalctl itself looks for it.
    names_who: bool = True


# Entries of the host from one time to another, in microseconds.
Look = Callable[[int, int, Query], Iterator[Entry]]


@dataclass(frozen=True)
class Reader:
    """Reads entries of one kind, or of several that are written alike."""

    kinds: Sequence[Kind]
    query: Query
    read: Callable[[Entry], Act | None]
    # "deploy": only entries of the account of deploys count. The others look at the entry's number themselves.
    by: Literal["any", "deploy"] = "any"
    # Of a host's time that is asked for, by what else is on record of it: what reads the entries in place of `read`.
    beginning: "Callable[[Look, int, int], Callable[[Entry], Act | None]] | None" = None


def shown_command(words: Iterable[str]) -> str:
    """A command as far as its words are plain: options, paths, names. What else it was given may be about a patient."""
    shown: list[str] = []
    for word in words:
        if _PLAIN.fullmatch(word) is None:
            return " ".join([*shown, "…"])
        shown.append(word.partition("=")[0] if _TEXT_FOLLOWS.fullmatch(word) else word)
        if _TEXT_FOLLOWS.fullmatch(word):
            return " ".join([*shown, "…"])
    return " ".join(shown)


def plain(text: str) -> str:
    """A text that is one plain word; nothing for any other, which may be anything."""
    return text if _PLAIN.fullmatch(text) else ""


def field_of(values: Mapping[str, str], name: str) -> str:
    """A plain word of some fields."""
    return plain(values.get(name, ""))


def _bounded(text: str) -> str:
    printable = "".join(character if character.isprintable() else "?" for character in text)
    return printable if len(printable) <= MOST_CHARACTERS else f"{printable[:MOST_CHARACTERS]}…"
