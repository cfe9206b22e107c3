"""The commands of a plan: when each runs, and how it is undone (`Step` in plan/types.ts)."""

from dataclasses import dataclass

from phiward_host.agent.expectation import Probe
from phiward_host.common.decode import Fields, as_int, as_str, as_strs, optional
from phiward_host.common.errors import Refused


@dataclass(frozen=True)
class UnlessHolds:
    """The step runs unless the probe holds."""

    probe: Probe


@dataclass(frozen=True)
class OnChange:
    """The step runs when one of these changed in this apply: paths of files, ids of earlier steps, `*` for anything."""

    on: list[str]


@dataclass(frozen=True)
class UndoByCommands:
    commands: list[list[str]]


@dataclass(frozen=True)
class UndoBySnapshot:
    """`restore` reads what `save` printed before the step."""

    save: list[str]
    restore: list[str]


@dataclass(frozen=True)
class UndoByRepeating:
    """The same command again, after the files are back."""


@dataclass(frozen=True)
class NoUndo:
    """What the step leaves does no harm."""


When = UnlessHolds | OnChange
Undo = UndoByCommands | UndoBySnapshot | UndoByRepeating | NoUndo


def when(value: object, path: str) -> When:
    fields = Fields.of(value, path)
    kind = fields.text("kind")
    if kind == "state":
        return UnlessHolds(fields.read("unless", Probe.from_json))
    if kind == "change":
        return OnChange(fields.texts("on"))
    raise Refused(f"{path}.kind: {kind} is unknown to this agent")


def undo(value: object, path: str) -> Undo:
    fields = Fields.of(value, path)
    kind = fields.text("kind")
    if kind == "run":
        return UndoByCommands(fields.items("commands", as_strs))
    if kind == "snapshot":
        return UndoBySnapshot(fields.texts("save"), fields.texts("restore"))
    if kind == "again":
        return UndoByRepeating()
    if kind == "none":
        return NoUndo()
    raise Refused(f"{path}.kind: {kind} is unknown to this agent")


@dataclass(frozen=True)
class Step:
    """One command that brings the host closer to the plan, `before` or `after` the files are put in place."""

    id: str
    argv: list[str]
    phase: str
    when: When
    undo: Undo
    advice: str | None
    not_in_container: bool
    # For how long it is tried again while it fails, e.g. until a service that was just started listens.
    try_seconds: int
    # Whether the operator reads the sentence that its program fails with.
    tells: bool

    @staticmethod
    def from_json(value: object, path: str) -> "Step":
        fields = Fields.of(value, path)
        return Step(
            fields.text("id"),
            fields.texts("argv"),
            fields.text("phase"),
            fields.read("when", when),
            fields.read("undo", undo),
            fields.read_or("advice", optional(as_str), None),
            fields.has("notInContainer"),
            fields.read_or("trySeconds", as_int, 0),
            fields.has("tells"),
        )
