"""One unit's change and the way back from it, on disk before anything is touched.

What is on disk keeps its form: a change that waits on a host may have been begun by another version of the agent.
"""

import contextlib
import json
import time
from dataclasses import dataclass, field
from typing import Literal

from phiward_host.agent import entries, retry
from phiward_host.agent.command import command
from phiward_host.agent.entries import Entry
from phiward_host.agent.generation import UNKNOWN, Generation
from phiward_host.common import files, paths, process, records, trees
from phiward_host.common.decode import Fields, as_float, as_int, as_str, optional
from phiward_host.common.directory import NotRootsAlone
from phiward_host.common.errors import Damaged, Failed, Refused
from phiward_host.common.log import RootLog

State = Literal["open", "applied"]
# Pauses (seconds) after which a command of the way back that failed is tried again.
UNDO_PAUSES = (1, 4)


def agent_path() -> str:
    """The agent's own copy on the host: what confirms and rolls back, without anything sent along."""
    return f"{paths.BASE}/agent.pyz"


def units_with_transaction() -> list[str]:
    """Units whose last change is not confirmed yet, or was interrupted."""
    units = f"{paths.BASE}/units"
    return [unit for unit in files.names_if_any(units) if files.exists(f"{units}/{unit}/transaction")]


@dataclass(frozen=True)
class UndoStep:
    """A command of the way back: `undo` takes a step back, `again` repeats it once the files are back."""

    argv: list[str]
    how: Literal["undo", "again"]
    stdin: str | None

    @staticmethod
    def from_json(value: object, path: str) -> "UndoStep":
        fields = Fields.of(value, path)
        how = "again" if fields.text("how") == "again" else "undo"
        return UndoStep(fields.texts("argv"), how, fields.read("stdin", optional(as_str)))

    def to_json(self) -> dict[str, object]:
        return {"argv": self.argv, "how": self.how, "stdin": self.stdin}


@dataclass
class Manifest:
    """The way back. `seconds` is the time to confirm, None if nothing waits; `deadline` is on this boot's clock."""

    hash: str
    seconds: int | None
    state: State = "open"
    deadline: float = 0
    entries: list[Entry] = field(default_factory=list[Entry])
    undo: list[UndoStep] = field(default_factory=list[UndoStep])

    @staticmethod
    def from_json(value: object, path: str) -> "Manifest":
        fields = Fields.of(value, path)
        return Manifest(
            hash=fields.text("hash"),
            seconds=fields.read("seconds", optional(as_int)),
            state="applied" if fields.text("state") == "applied" else "open",
            deadline=fields.read_or("deadline", as_float, 0),
            entries=fields.items("entries", entries.entry),
            undo=fields.items("undo", UndoStep.from_json),
        )

    def to_json(self) -> dict[str, object]:
        return {
            "hash": self.hash,
            "state": self.state,
            "entries": [entries.to_json(entry) for entry in self.entries],
            "undo": [step.to_json() for step in self.undo],
            "seconds": self.seconds,
            "deadline": self.deadline,
        }


def _hash(value: object, path: str) -> str:
    return Fields.of(value, path).text("hash")


class Transaction:
    """One unit's change. `manifest` is None unless a change is under way or waits for its confirmation."""

    def __init__(self, unit: str) -> None:
        self.unit = unit
        self.home = f"{paths.BASE}/units/{unit}"
        self.path = f"{self.home}/transaction"
        self.generation_path = f"{self.home}/generation.json"
        self.rolled_back_path = f"{self.home}/rolled-back.json"
        # What is left of a roll-back that could not be noted, because the disk was full: moving it needs no space.
        self.unnoted_path = f"{self.path}.rolled-back"
        self.manifest: Manifest | None = None
        # Nothing can be taken back by such a manifest; it is kept, and the unit applied again.
        self.is_damaged = False
        try:
            self.manifest = records.read(f"{self.path}/manifest.json", Manifest.from_json, None)
        except Damaged:
            self.is_damaged = True

    def generation(self) -> Generation:
        """What is on record; of a damaged record, a generation that no plan has."""
        try:
            return records.read(self.generation_path, Generation.from_json, Generation(None, [], []))
        except Damaged:
            return Generation(UNKNOWN, [], [])

    def rolled_back(self) -> str | None:
        """The hash of the change that was rolled back last, unless something was applied since."""
        for path in (f"{self.unnoted_path}/manifest.json", self.rolled_back_path):
            try:
                found = records.read(path, _hash, None)
            except Damaged:
                # It may have been any: what the host holds counts as rolled back until it is applied again.
                return self.generation().hash
            if found is not None:
                return found
        return None

    def forget_roll_back(self) -> None:
        """The host is as a plan says: whatever was rolled back before does not count any more."""
        trees.remove_tree(self.rolled_back_path)
        trees.remove_tree(self.unnoted_path)

    def begin(self, digest: str, seconds: int | None) -> None:
        """Opens the transaction, once; the time to confirm runs from here on."""
        if self.manifest is None:
            files.make_directory(self.home)
            trees.remove_tree(self.path)
            files.make_directory(self.path)
            self.manifest = Manifest(digest, seconds)
            self.arm("open")

    def opened(self) -> Manifest:
        """The manifest of a transaction that has begun."""
        if self.manifest is None:
            raise ValueError(f"{self.unit}: no transaction has begun")
        return self.manifest

    def save(self) -> None:
        files.write(f"{self.path}/manifest.json", json.dumps(self.opened().to_json()))

    def arm(self, state: State) -> None:
        """Sets the deadline, from now, and a timer that takes the change back when it has passed; then the state.

        Killed in between, the change is still open and recovery takes it back. An older timer finds the deadline moved.
        """
        manifest = self.opened()
        manifest.deadline = time.clock_gettime(time.CLOCK_BOOTTIME) + (manifest.seconds or 0)
        self.save()
        if manifest.seconds:
            self.start_timer(manifest.seconds, manifest.hash)
        manifest.state = state
        self.save()

    def start_timer(self, seconds: int, digest: str) -> None:
        name = f"phiward-rollback-{self.unit}-{time.time_ns()}"
        timer = [f"--on-active={seconds}", "--timer-property=AccuracySec=100ms"]
        service = retry.options(f"{name}.service")
        rollback = ["/usr/bin/python3", "-I", agent_path(), "rollback", self.unit, digest]
        command(self.unit, ["systemd-run", "--quiet", "--collect", f"--unit={name}", *timer, *service, *rollback])

    def disarm(self) -> None:
        process.run(["systemctl", "stop", f"phiward-rollback-{self.unit}-*.timer"])

    def remember(self, wanted: list[str]) -> None:
        """Keeps the old state of these paths; they may be changed afterwards."""
        manifest = self.opened()
        known = {entry.path for entry in manifest.entries}
        for path in dict.fromkeys(wanted):
            if path not in known:
                manifest.entries.append(entries.remember(path, self.path, len(manifest.entries)))
        self.save()

    def move_later(self, moves: dict[str, str]) -> None:
        """Records that what is at these paths is going to be moved whole to others."""
        manifest = self.opened()
        manifest.entries += [entries.WasMoved(path, to) for path, to in moves.items()]
        self.save()

    def undo_later(self, argv: list[str], how: Literal["undo", "again"], stdin: str | None = None) -> None:
        self.opened().undo.append(UndoStep(argv, how, stdin))
        self.save()

    def roll_back(self, why: str, boot: bool = False) -> list[str]:
        """Puts the old files back, then takes back the steps; at boot not: the rest went with the old kernel.

        Returns what stays as it is, in words: it was tried in vain, and is on record. Raises Refused if a file cannot
        be put back now, on a full disk for example: the transaction then stays with what is left to do, and the next
        try does that alone.
        """
        if self.manifest is None:
            if not self.is_damaged:
                trees.remove_tree(self.path)
            return []
        manifest = self.manifest
        # Begun, it is ended: also one that waited for its confirmation is recovered from here on.
        manifest.state = "open"
        if boot:
            manifest.undo.clear()
        failed, left = self.restore_files(manifest)
        left += self.run_undo(manifest, files_are_back=not failed)
        if failed:
            self.save_if_possible()
            raise Refused(f"not everything could be rolled back: {'; '.join(failed)}; it is tried again")
        self.note_roll_back(manifest, why, left)
        return left

    def restore_files(self, manifest: Manifest) -> tuple[list[str], list[str]]:
        """Puts every file back that can be. Returns, in words, what could not be now, and what must not be at all."""
        failed: list[str] = []
        left: list[str] = []
        for entry in reversed(manifest.entries):
            try:
                entries.clear_staged(entry)
                entries.restore(entry, self.path)
            except NotRootsAlone as error:  # whoever can write there could lead us anywhere
                left.append(f"{entry.path}: left as it is, for {error.filename} can be changed by others than root")
            except OSError as error:  # the others still count; the next try finds this one again
                failed.append(f"{entry.path}: {error.strerror}")
        return failed, left

    def run_undo(self, manifest: Manifest, *, files_are_back: bool) -> list[str]:
        """Runs the commands of the way back, and what fails again after pauses. Returns those that failed each time.

        What was done leaves the manifest, so that it is not done twice; what repeats a command stays there until all
        files are back.
        """
        failed: list[UndoStep] = []
        for pause in (0, *UNDO_PAUSES):
            taken_back = [step for step in reversed(manifest.undo) if step.how == "undo"]
            due = taken_back + [step for step in manifest.undo if step.how == "again"]
            due = [step for step in due if not failed or step in failed]
            failed = []
            time.sleep(pause)
            for step in due:
                if not self.takes_back(step):
                    failed.append(step)
                elif step.how == "undo" or files_are_back:
                    manifest.undo.remove(step)
                    self.save_if_possible()
            if not failed:
                break
        return [f"{' '.join(step.argv)}: failed {1 + len(UNDO_PAUSES)} times" for step in failed]

    def takes_back(self, step: UndoStep) -> bool:
        try:
            command(self.unit, step.argv, stdin=step.stdin)
        except (Failed, OSError):  # the log has it; the others still count
            return False
        return True

    def save_if_possible(self) -> None:
        # On a full disk the roll-back still ends.
        with contextlib.suppress(OSError):
            self.save()

    def note_roll_back(self, manifest: Manifest, why: str, left: list[str]) -> None:
        """Closes the transaction and notes that it was rolled back, on a full disk too."""
        with contextlib.suppress(OSError):
            RootLog(self.unit).write("rolled back:", why, *(f"\n  {words}" for words in left))
        note: dict[str, object] = {"hash": manifest.hash, "why": why, "at": time.time(), "left": left}
        try:
            files.write_json(self.rolled_back_path, note)
            trees.remove_tree(self.unnoted_path)
        except OSError:
            self.disarm()
            trees.remove_tree(self.rolled_back_path)
            trees.remove_tree(self.unnoted_path)
            files.rename(self.path, self.unnoted_path)
            self.manifest = None
            return
        self.close()

    def close(self) -> None:
        """Ends the transaction: what was changed stays as it is now."""
        self.disarm()
        trees.remove_tree(f"{self.path}.closed")
        files.rename(self.path, f"{self.path}.closed")
        trees.remove_tree(f"{self.path}.closed")
        self.manifest = None
