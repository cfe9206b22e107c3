"""How the answer of a command is judged (`Expectation` in plan/types.ts).

Text is compared after trailing white space is cut. A command that failed has not answered: nothing holds for it, unless
the kind says by which exit code it answers.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from phiward_host.common import process
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Refused

MOST_SEEN = 500
# As systemd-analyze cat-config, systemd-sysctl --cat-config and nginx -T have it.
HEADER = re.compile(r"# (?:configuration file )?(/\S+?):?$")


@dataclass(frozen=True)
class Exit:
    """The exit code is `code`; what is printed does not matter."""

    code: int


@dataclass(frozen=True)
class Equals:
    """Exit 0 and the whole output equals `text`."""

    text: str


@dataclass(frozen=True)
class OneOf:
    """Exit 0 and the whole output equals one of `texts`."""

    texts: list[str]


@dataclass(frozen=True)
class Lines:
    """Exit 0 and each of `lines` is a line of the output, letter case aside."""

    lines: list[str]


@dataclass(frozen=True)
class LineSet:
    """Exit 0 and the lines of the output are exactly `lines`, in any order."""

    lines: list[str]


@dataclass(frozen=True)
class Assigned:
    """Exit 0 and of each `KEY=VALUE` in `lines`, VALUE is what the output assigns to KEY last."""

    lines: list[str]


@dataclass(frozen=True)
class Matches:
    """Exit 0 and a line of the output matches `pattern`."""

    pattern: str


@dataclass(frozen=True)
class Lacks:
    """Exit 0 and no line of the output matches `pattern`."""

    pattern: str


@dataclass(frozen=True)
class NothingFound:
    """Exit 1 without any output, by which grep(1) says that it found nothing."""


@dataclass(frozen=True)
class IsRefused:
    """Exit `code`, which is not 0, and a line of standard error matches `pattern`."""

    code: int
    pattern: str


Expectation = Exit | Equals | OneOf | Lines | LineSet | Assigned | Matches | Lacks | NothingFound | IsRefused


def expectation(value: object, path: str) -> Expectation:
    """Decodes an expectation. Raises Refused for a kind that this agent does not know."""
    fields = Fields.of(value, path)
    kind = fields.text("kind")
    if kind == "exit":
        return Exit(fields.integer("code"))
    if kind == "equals":
        return Equals(fields.text("text"))
    if kind == "oneOf":
        return OneOf(fields.texts("texts"))
    if kind == "lines":
        return Lines(fields.texts("lines"))
    if kind == "set":
        return LineSet(fields.texts("lines"))
    if kind == "assigned":
        return Assigned(fields.texts("lines"))
    if kind == "matches":
        return Matches(fields.text("pattern"))
    if kind == "lacks":
        return Lacks(fields.text("pattern"))
    if kind == "nothingFound":
        return NothingFound()
    if kind == "refused":
        return IsRefused(fields.integer("code"), fields.text("pattern"))
    raise Refused(f"{path}: expectation {kind} is unknown to this agent")


@dataclass(frozen=True)
class Probe:
    """A question to the running host."""

    argv: list[str]
    expect: Expectation

    @staticmethod
    def from_json(value: object, path: str) -> "Probe":
        fields = Fields.of(value, path)
        return Probe(fields.texts("argv"), fields.read("expect", expectation))


def judge(expect: Expectation, code: int, out: str, err: str = "") -> bool:
    """Whether an answer is the expected one. `code`, `out` and `err` are how the command ended and what it wrote."""
    text = out.rstrip()
    lines = [line.rstrip() for line in text.splitlines()]
    match expect:
        case Exit(wanted):
            return code == wanted
        case Lacks(pattern):
            return code == 0 and not any(re.search(pattern, line) for line in lines)
        case NothingFound():
            return code == 1 and not out and not err
        case IsRefused(wanted, pattern):
            return code == wanted != 0 and any(re.search(pattern, line) for line in err.splitlines())
        case Equals(wanted):
            return code == 0 and text == wanted
        case OneOf(texts):
            return code == 0 and text in texts
        case Lines(wanted):
            return code == 0 and {line.lower() for line in wanted} <= {line.lower() for line in lines}
        case LineSet(wanted):
            return code == 0 and sorted(lines) == sorted(wanted)
        case Assigned(wanted):
            return code == 0 and not _otherwise(wanted, text)
        case Matches(pattern):
            return code == 0 and any(re.search(pattern, line) for line in lines)
        case _:
            assert_never(expect)


def holds(probe: Probe) -> bool:
    """Asks the host now."""
    done = process.run(probe.argv)
    return judge(probe.expect, done.code, done.stdout, done.stderr)


def seen(expect: Expectation, out: str, err: str) -> str:
    """The part of an answer that says why it is not the expected one."""
    found = out
    if isinstance(expect, Lines):
        present = {line.strip().lower() for line in out.splitlines()}
        words = {line.split()[0].lower() for line in expect.lines if line.split() and line.lower() not in present}
        found = _only(out, lambda line: bool(line.split()) and line.split()[0].lower() in words) or out
    elif isinstance(expect, Lacks):
        pattern = expect.pattern
        found = _only(out, lambda line: re.search(pattern, line) is not None) or out
    elif isinstance(expect, Assigned):
        found = "\n".join(_otherwise(expect.lines, out))
    return (found.rstrip() or err.rstrip())[:MOST_SEEN]


def _only(out: str, wanted: Callable[[str], bool]) -> str:
    return "\n".join(f"{line}{where}" for line, where in _located(out) if wanted(line))


def _located(out: str) -> Iterator[tuple[str, str]]:
    """Each line, and where it stands, in words: a command that prints the files of a program names each before it."""
    where = ""
    for line in out.splitlines():
        header = HEADER.match(line)
        if header is not None:
            where = f" (in {header.group(1)})"
        yield line, where


def _otherwise(wanted: Sequence[str], out: str) -> list[str]:
    """What is assigned last to the keys of `wanted`, and where, of those that are not as wanted."""
    last: dict[str, tuple[str, str]] = {}
    for line, where in _located(out):
        key, equals, value = line.partition("=")
        if equals and not key.lstrip().startswith(("#", ";")):
            # sysctl.d(5): a hyphen before a key lets it fail, and slashes stand for dots.
            last[key.strip().lstrip("-").replace("/", ".")] = (value.strip(), where)
    found: list[str] = []
    for line in wanted:
        key, _, value = line.partition("=")
        given, where = last.get(key, ("(nothing)", ""))
        if given != value:
            found.append(f"{key}={given}{where}")
    return found
