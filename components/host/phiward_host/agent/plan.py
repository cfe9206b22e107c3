"""What a concern wants of this host: the plan as it arrives (plan/types.ts), decoded once and typed from there on."""

from dataclasses import dataclass

from phiward_host.agent.content import Content, content
from phiward_host.agent.expectation import Expectation, expectation
from phiward_host.agent.steps import Step
from phiward_host.common.decode import Fields, as_bool, as_int, as_str, as_strs, list_of, optional
from phiward_host.common.errors import Refused

# Where people and root keep what is theirs: a plan names nothing there.
HOMES = ("/home", "/root")
WILDCARDS = frozenset("*?[")


def as_path(value: object, path: str) -> str:
    """Decodes the path of something that root alone can change. Raises Refused for any other way to say one."""
    found = as_str(value, path)
    parts = found.split("/")
    if parts[0] != "" or any(part in ("", ".", "..") for part in parts[1:]) or "\0" in found:
        raise Refused(f"{path}: found {found!r}, allowed: a path from the root without empty parts, . and ..")
    if any(found == home or found.startswith(f"{home}/") for home in HOMES):
        raise Refused(f"{path}: found {found!r}, allowed: a path outside of homes, which belong to their accounts")
    return found


def as_glob(value: object, path: str) -> str:
    """Decodes a path with wildcards in its last part, so that it names nothing outside of one directory."""
    found = as_path(value, path)
    if WILDCARDS & set(found.rpartition("/")[0]):
        raise Refused(f"{path}: found {found!r}, allowed: wildcards in the last part alone")
    return found


def file_mode(value: object, path: str) -> int:
    """Decodes an octal mode, e.g. `0644`."""
    try:
        return int(as_str(value, path), 8)
    except ValueError:
        raise Refused(f"{path}: allowed: an octal mode") from None


@dataclass(frozen=True)
class File:
    """A file as it must be on the host; `owner` is `user:group`, by name or number."""

    path: str
    owner: str
    mode: int
    content: Content

    @staticmethod
    def from_json(value: object, path: str) -> "File":
        fields = Fields.of(value, path)
        return File(
            fields.read("path", as_path),
            fields.text("owner"),
            fields.read("mode", file_mode),
            fields.read("content", content),
        )


@dataclass(frozen=True)
class Exclusive:
    """Which undeclared entries of a directory stay; `discard`: no copy is kept of the others."""

    noun: str
    keep: list[str]
    discard: bool

    @staticmethod
    def from_json(value: object, path: str) -> "Exclusive":
        fields = Fields.of(value, path)
        return Exclusive(fields.text("noun"), fields.texts("keep"), fields.has("discard"))


@dataclass(frozen=True)
class Directory:
    path: str
    owner: str
    mode: int
    exclusive: Exclusive | None

    @staticmethod
    def from_json(value: object, path: str) -> "Directory":
        fields = Fields.of(value, path)
        exclusive = fields.read_or("exclusive", optional(Exclusive.from_json), None)
        return Directory(fields.read("path", as_path), fields.text("owner"), fields.read("mode", file_mode), exclusive)


@dataclass(frozen=True)
class Absent:
    """Files, as a glob, that must not exist."""

    noun: str
    glob: str

    @staticmethod
    def from_json(value: object, path: str) -> "Absent":
        fields = Fields.of(value, path)
        return Absent(fields.text("noun"), fields.read("glob", as_glob))


@dataclass(frozen=True)
class MemberSet:
    """A set on the host, other than files, of which only `keep` may exist; a command lists what does."""

    noun: str
    members_command: list[str]
    pattern: str
    keep: list[str]
    remove: list[list[str]]

    @staticmethod
    def from_json(value: object, path: str) -> "MemberSet":
        fields = Fields.of(value, path)
        return MemberSet(
            fields.text("noun"),
            fields.texts("list"),
            fields.text("pattern"),
            fields.texts("keep"),
            fields.items("remove", as_strs),
        )


@dataclass(frozen=True)
class Validator:
    """A checker of files, run before anything on the host is touched."""

    id: str
    argv: list[str]
    files: list[str]

    @staticmethod
    def from_json(value: object, path: str) -> "Validator":
        fields = Fields.of(value, path)
        return Validator(fields.text("id"), fields.texts("argv"), fields.texts("files"))


@dataclass(frozen=True)
class Check:
    """A claim about the running host."""

    id: str
    argv: list[str]
    expect: Expectation
    skip_in_container: str | None
    # Whether a failure is told in a deploy and does not fail it.
    only_warns: bool
    # Whether no step of its unit brings it about.
    out_of_reach: bool

    @staticmethod
    def from_json(value: object, path: str) -> "Check":
        fields = Fields.of(value, path)
        skip = fields.read_or("skipInContainer", optional(as_str), None)
        only_warns = fields.read_or("onlyWarns", as_bool, False)
        expect = fields.read("expect", expectation)
        out_of_reach = fields.read_or("outOfReach", as_bool, False)
        return Check(fields.text("id"), fields.texts("argv"), expect, skip, only_warns, out_of_reach)


@dataclass(frozen=True)
class Evidence:
    """A command, and the pattern whose group in its output changes when a secret is made anew."""

    argv: list[str]
    pattern: str

    @staticmethod
    def from_json(value: object, path: str) -> "Evidence":
        fields = Fields.of(value, path)
        return Evidence(fields.texts("argv"), fields.text("pattern"))


@dataclass(frozen=True)
class Made:
    """A secret made on this host and put to use by a command; only its escrow stays. `opens` shows what it opens."""

    id: str
    epoch: int
    length: int
    recipient: str
    use_argv: list[str]
    use_stdin: str
    opens: Evidence | None

    @staticmethod
    def from_json(value: object, path: str) -> "Made":
        fields = Fields.of(value, path)
        use = fields.child("use")
        return Made(
            fields.text("id"),
            fields.integer("epoch"),
            fields.integer("length"),
            fields.text("recipient"),
            use.texts("argv"),
            use.text("stdin"),
            fields.read_or("opens", optional(Evidence.from_json), None),
        )


@dataclass(frozen=True)
class Kept:
    """A secret made on this host and kept there. `replaceable`: programs of the host set it wherever it is used.

    `new_if`: a program of this host that fails, and says why, where something is locked by a value that is not here.
    """

    id: str
    epoch: int
    length: int
    recipients: list[str]
    replaceable: bool
    new_if: list[str] | None = None

    @staticmethod
    def from_json(value: object, path: str) -> "Kept":
        fields = Fields.of(value, path)
        return Kept(
            fields.text("id"),
            fields.integer("epoch"),
            fields.integer("length"),
            fields.texts("recipients"),
            fields.read_or("replaceable", as_bool, False),
            fields.read_or("newIf", optional(as_strs), None),
        )


@dataclass(frozen=True)
class Report:
    """A public value that was made on the host: the text of a file."""

    id: str
    path: str

    @staticmethod
    def from_json(value: object, path: str) -> "Report":
        fields = Fields.of(value, path)
        return Report(fields.text("id"), fields.read("path", as_path))


@dataclass(frozen=True)
class Plan:
    """Everything one concern wants of this host."""

    unit: str
    systems: list[str]
    packages: list[str]
    directories: list[Directory]
    files: list[File]
    absent: list[Absent]
    writes: list[str]
    sets: list[MemberSet]
    made: list[Made]
    kept: list[Kept]
    leaves_former_files: bool
    validators: list[Validator]
    steps: list[Step]
    checks: list[Check]
    reports: list[Report]
    dead_man_seconds: int | None

    @staticmethod
    def from_json(value: object, path: str) -> "Plan":
        fields = Fields.of(value, path)
        return Plan(
            unit=fields.text("unit"),
            systems=fields.texts("systems"),
            packages=fields.texts("packages"),
            directories=fields.items("directories", Directory.from_json),
            files=fields.items("files", File.from_json),
            absent=fields.items("absent", Absent.from_json),
            writes=fields.items("writes", as_path),
            sets=fields.items("sets", MemberSet.from_json),
            made=fields.items("made", Made.from_json),
            kept=fields.items("kept", Kept.from_json),
            leaves_former_files=fields.flag("leavesFormerFiles"),
            validators=fields.items("validators", Validator.from_json),
            steps=fields.items("steps", Step.from_json),
            checks=fields.items("checks", Check.from_json),
            reports=fields.items("reports", Report.from_json),
            dead_man_seconds=fields.read("deadManSeconds", optional(as_int)),
        )


plans = list_of(Plan.from_json)
