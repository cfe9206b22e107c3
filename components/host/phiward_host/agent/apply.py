"""Bringing one unit to its plan, inside one transaction."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from phiward_host.agent import secret_store
from phiward_host.agent.command import command, telling_command
from phiward_host.agent.container import in_container
from phiward_host.agent.damage import set_damaged_aside
from phiward_host.agent.difference import content, difference
from phiward_host.agent.expectation import holds
from phiward_host.agent.failed_checks import forget, still_failing
from phiward_host.agent.generation import Generation
from phiward_host.agent.handed_files import digests, sha256_of
from phiward_host.agent.masks import unmask
from phiward_host.agent.packages import install
from phiward_host.agent.plan import Plan
from phiward_host.agent.steps import (
    NoUndo,
    OnChange,
    Step,
    Undo,
    UndoByCommands,
    UndoByRepeating,
    UndoBySnapshot,
    UnlessHolds,
)
from phiward_host.agent.swap import Swap
from phiward_host.agent.transaction import Transaction
from phiward_host.agent.validate import validate
from phiward_host.common import files
from phiward_host.common.errors import Failed, Refused

ANYTHING = "*"
STEP_PAUSE_SECONDS = 0.5


@dataclass
class Changes:
    """What an apply changed: for the operator, and apart from it, what steps wait for (paths, ids of steps)."""

    reported: list[str] = field(default_factory=list[str])
    triggers: set[str] = field(default_factory=set[str])

    def add(self, reported: list[str], triggers: list[str] | None = None) -> None:
        self.reported += reported
        self.triggers |= set(triggers or [])

    def call_for(self, on: list[str]) -> bool:
        """Whether a step that waits for these has to run."""
        return bool(self.reported) and (ANYTHING in on or bool(self.triggers & set(on)))


class Apply:
    """One apply of a plan; `digest` is the hash of its request, which becomes the unit's generation."""

    def __init__(self, plan: Plan, handed: Mapping[str, str], digest: str) -> None:
        self.plan, self.handed, self.digest = plan, handed, digest
        self.transaction = Transaction(plan.unit)
        self.changes = Changes()
        # Checks that fail: what runs is not as the files say, so what reads them does so again.
        self.failed: list[str] = []

    def run(self) -> dict[str, object]:
        """Returns the answer. Raises Refused or Failed; the host is then as it was."""
        require_system(self.plan)
        self.changes.add(set_damaged_aside(self.transaction))
        if files.exists(self.transaction.path):
            self.transaction.roll_back("a newer apply began before this change was confirmed")
        self.failed = still_failing(self.plan)
        self.changes.add(install(self.plan))
        self.changes.add(secret_store.keep_secrets(self.plan))
        differing = difference(self.plan, self.handed)
        validate(self.plan, differing)
        try:
            self.run_steps("before")
            swap = Swap(self.plan, differing)
            if swap.has_work():
                self.begin()
                self.changes.add(swap.run(self.transaction), swap.paths())
            self.make_secrets()
            self.run_steps("after")
            return self.commit()
        except BaseException as error:
            left: list[str] = []
            if self.transaction.manifest is not None:
                left = self.transaction.roll_back("the apply failed")
            besides = f", but for what has to be mended by hand: {'; '.join(left)}" if left else ""
            if isinstance(error, OSError):
                where = error.filename or "the system"
                raise Refused(f"{where}: {error.strerror}; the change was rolled back{besides}") from error
            if left and isinstance(error, Failed):
                raise Failed(f"{error}{besides}") from error
            raise

    def begin(self) -> None:
        """Before the first change: the way back, with what steps, sets and secrets are going to write."""
        if self.transaction.manifest is None:
            self.transaction.begin(self.digest, self.plan.dead_man_seconds)
            # With the escrow, which is that of the value in use again.
            records = [secret_store.record_path(made.id) for made in self.plan.made]
            records += [secret_store.escrow_path(made.id, made.epoch) for made in self.plan.made]
            self.transaction.remember(self.plan.writes + records)

    def make_secrets(self) -> None:
        for made in secret_store.due_secrets(self.plan):
            self.begin()
            secret_store.make_secret(self.plan.unit, made)
            self.changes.add([f"secret {made.id}"])

    def run_steps(self, phase: str) -> None:
        for step in self.plan.steps:
            if step.phase == phase and not (step.not_in_container and in_container()) and self.is_due(step):
                self.begin()
                self.prepare_undo(step)
                self.run_step(step)

    def is_due(self, step: Step) -> bool:
        match step.when:
            case UnlessHolds(probe):
                return not holds(probe)
            case OnChange(on):
                return self.changes.call_for(on) or (bool(self.failed) and waits_for_files(on))
            case _:
                assert_never(step.when)

    def prepare_undo(self, step: Step) -> None:
        undo: Undo = step.undo
        match undo:
            case UndoByRepeating():
                self.transaction.undo_later(step.argv, "again")
            case UndoByCommands(commands):
                for argv in reversed(commands):
                    self.transaction.undo_later(argv, "undo")
            case UndoBySnapshot(save, restore):
                self.transaction.undo_later(restore, "undo", command(self.plan.unit, save))
            case NoUndo():
                pass
            case _:
                assert_never(undo)

    def run_step(self, step: Step) -> None:
        limit = time.monotonic() + step.try_seconds
        try:
            while not self.succeeds(step, last=time.monotonic() >= limit):
                time.sleep(STEP_PAUSE_SECONDS)
        except Failed as failure:
            advice = f"; {step.advice}" if step.advice is not None else ""
            raise Failed(f"step {step.id}: {failure}; the change was rolled back{advice}") from None
        self.changes.add([step.id], [step.id])

    def succeeds(self, step: Step, *, last: bool) -> bool:
        """Runs a step's command. Raises Failed where it fails and is not to be tried again.

        One that failed because a unit of systemd is masked is tried again once that is unmasked.
        """
        run = telling_command if step.tells else command
        try:
            run(self.plan.unit, step.argv)
        except Failed:
            masked = unmask(self.plan.unit, step.argv)
            self.changes.add([f"{name} unmasked" for name in masked])
            if last and not masked:
                raise
            return False
        return True

    def commit(self) -> dict[str, object]:
        """Records the generation; a guarded change then waits for its confirmation."""
        reports = self.reports()
        transaction = self.transaction
        new = Generation(
            self.digest,
            [file.path for file in self.plan.files],
            [entry.path for entry in self.plan.directories],
            digests(self.plan, self.handed),
            {file.path: sha256_of(content(file, self.handed)) for file in self.plan.files},
        )
        secret_store.complete_records(self.plan)
        files.make_directory(transaction.home)
        if transaction.manifest is not None:
            transaction.remember([transaction.generation_path])
        if new != transaction.generation():
            files.write_json(transaction.generation_path, new.to_json())
        if self.failed:
            forget(self.plan.unit)
        if transaction.manifest is None:
            transaction.forget_roll_back()
        elif self.plan.dead_man_seconds:
            transaction.arm("applied")
        else:
            transaction.close()
        return self.answer(reports)

    def reports(self) -> dict[str, str]:
        """Public values that were made on this host. Raises OSError where one is missing."""
        return {entry.id: files.read_text(entry.path).strip() for entry in self.plan.reports}

    def answer(self, reports: Mapping[str, str]) -> dict[str, object]:
        """What the operator's side is told (ops/lib/agent.ts)."""
        waits = self.plan.dead_man_seconds if self.transaction.manifest is not None else None
        return {
            "unit": self.plan.unit,
            "status": "changed" if self.changes.reported else "unchanged",
            "changed": self.changes.reported,
            "generation": self.digest,
            "confirmWithin": waits,
            "escrow": secret_store.escrow(self.plan),
            "reports": reports,
        }


def waits_for_files(on: Sequence[str]) -> bool:
    """Whether a step does what files say. One that only waits for other steps does the rest of their work."""
    return any(cause == ANYTHING or cause.startswith("/") for cause in on)


def require_system(plan: Plan) -> None:
    """Raises Refused on a system that the plan is not proven on."""
    found = system()
    if found not in plan.systems:
        allowed = ", ".join(plan.systems)
        raise Refused(f"the host's system: found {found}, allowed: {allowed}; nothing was changed")


def system() -> str:
    """The host's, as os-release(5) has it: its id and version."""
    found: dict[str, str] = {}
    for line in files.read_text("/etc/os-release").splitlines():
        name, _, value = line.strip().partition("=")
        found[name] = value.strip('"')
    return f"{found.get('ID', 'unknown')} {found.get('VERSION_ID', 'unknown')}"
