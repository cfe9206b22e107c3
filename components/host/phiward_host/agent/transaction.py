"""One unit's change and the way back from it, on disk before anything is touched.

What is on disk keeps its form: a change that waits on a host may have been begun by another version of the agent.
"""

import json
import os
import shutil
import time
from dataclasses import dataclass, field
from typing import Literal

from phiward_host.agent import entries
from phiward_host.agent.command import command
from phiward_host.agent.entries import Entry
from phiward_host.common import files, paths, process
from phiward_host.common.decode import Fields, as_float, as_int, as_str, optional
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.log import RootLog

State = Literal["open", "applied"]


def agent_path() -> str:
    """The agent's own copy on the host: what confirms and rolls back, without anything sent along."""
    return f"{paths.BASE}/agent.pyz"


@dataclass(frozen=True)
class Generation:
    """What was applied last: the hash of its request, None before the first, and what its plan declared."""

    hash: str | None
    files: list[str]
    directories: list[str]

    @staticmethod
    def from_json(value: object, path: str) -> "Generation":
        fields = Fields.of(value, path)
        return Generation(fields.read("hash", optional(as_str)), fields.texts("files"), fields.texts("directories"))

    def to_json(self) -> dict[str, object]:
        return {"hash": self.hash, "files": self.files, "directories": self.directories}


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


class Transaction:
    """One unit's change. `manifest` is None unless a change is under way or waits for its confirmation."""

    def __init__(self, unit: str) -> None:
        self.unit = unit
        self.home = f"{paths.BASE}/units/{unit}"
        self.path = f"{self.home}/transaction"
        self.generation_path = f"{self.home}/generation.json"
        self.rolled_back_path = f"{self.home}/rolled-back.json"
        found = files.read_json(f"{self.path}/manifest.json")
        self.manifest = None if found is None else Manifest.from_json(found, f"{self.path}/manifest.json")

    def generation(self) -> Generation:
        found = files.read_json(self.generation_path)
        return Generation(None, [], []) if found is None else Generation.from_json(found, self.generation_path)

    def rolled_back(self) -> str | None:
        """The hash of the change that was rolled back last, unless something was applied since."""
        found = files.read_json(self.rolled_back_path)
        return None if found is None else Fields.of(found, self.rolled_back_path).text("hash")

    def begin(self, digest: str, seconds: int | None) -> None:
        """Opens the transaction, once; the time to confirm runs from here on."""
        if self.manifest is None:
            shutil.rmtree(self.path, ignore_errors=True)
            os.makedirs(self.path, mode=0o700)
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
        service = ["--property=Restart=on-failure", "--property=RestartSec=1"]
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

    def undo_later(self, argv: list[str], how: Literal["undo", "again"], stdin: str | None = None) -> None:
        self.opened().undo.append(UndoStep(argv, how, stdin))
        self.save()

    def roll_back(self, why: str, boot: bool = False) -> None:
        """Puts the old files back, then takes back the steps; at boot not: the rest went with the old kernel.

        Raises Refused if a file cannot be put back; the transaction then stays, and the next try begins again.
        """
        if self.manifest is None:
            shutil.rmtree(self.path, ignore_errors=True)
            return
        failed: list[str] = []
        for entry in reversed(self.manifest.entries):
            try:
                entries.restore(entry, self.path)
            except OSError as error:  # the others still count; the next try finds this one again
                failed.append(f"{entry.path}: {error.strerror}")
        if not boot:
            self.run_undo(self.manifest)
        if failed:
            raise Refused(f"not everything could be rolled back: {'; '.join(failed)}")
        files.write_json(self.rolled_back_path, {"hash": self.manifest.hash, "why": why, "at": time.time()})
        RootLog(self.unit).write("rolled back:", why)
        self.close()

    def run_undo(self, manifest: Manifest) -> None:
        taken_back = [step for step in reversed(manifest.undo) if step.how == "undo"]
        for step in taken_back + [step for step in manifest.undo if step.how == "again"]:
            try:
                command(self.unit, step.argv, stdin=step.stdin)
            except (Failed, OSError):  # the log has it; the others still count
                continue

    def close(self) -> None:
        """Ends the transaction: what was changed stays as it is now."""
        self.disarm()
        shutil.rmtree(f"{self.path}.closed", ignore_errors=True)
        os.replace(self.path, f"{self.path}.closed")
        shutil.rmtree(f"{self.path}.closed")
        self.manifest = None
