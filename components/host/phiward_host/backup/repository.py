"""What can be done with a restic repository, wherever it is; `locations` has the two places."""

import contextlib
import datetime
import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from phiward_host.backup.manifest import Manifest, manifest_path
from phiward_host.backup.retention import Run, Snapshot, complete_runs, from_future, surplus
from phiward_host.backup.settings import Settings
from phiward_host.backup.tools import LOG, call, json_lines, must
from phiward_host.common.decode import Fields, as_int, list_of
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.process import Completed

# Exit codes of restic(1): the repository is not there, the password does not open it, some files could not be read.
NO_REPOSITORY, WRONG_PASSWORD, INCOMPLETE = 10, 12, 3
RETRY_LOCK = "45m"
# A command line is limited to 2 MB (execve(2)).
IDS_AT_ONCE = 1000
CACHE = "/var/cache/phiward/restic"
READING = ("cat", "snapshots", "ls", "dump", "restore")


class State(Enum):
    """What a repository answers to a password."""

    OPEN = "open"
    MISSING = "missing"
    CLOSED = "closed"


@dataclass(frozen=True)
class Password:
    """A file that restic reads the password from, and the descriptors a child needs to read it."""

    file: str
    descriptors: tuple[int, ...] = ()


@dataclass(frozen=True)
class Saved:
    """What a new snapshot added, in bytes, and whether all files could be read."""

    added_bytes: int
    complete: bool


@dataclass(frozen=True)
class Repository(ABC):
    """A repository under one password. Errors: Failed, with the repository's name first."""

    settings: Settings
    password: Password

    @property
    @abstractmethod
    def name(self) -> str:
        """`local` or `offsite`."""

    @abstractmethod
    def address(self) -> list[str]:
        """The options of restic that say where it is."""

    @abstractmethod
    def connected(self) -> contextlib.AbstractContextManager[None]:
        """Holds the way to the repository open for one job."""

    @abstractmethod
    def other_password(self) -> str:
        """What to do where the repository has another password than this host."""

    @abstractmethod
    def open_failed_advice(self) -> str:
        """What else may help where restic cannot open it; begins with `; ` unless it is empty."""

    @abstractmethod
    def make_way(self) -> None:
        """Removes what an interrupted `init` left where the repository is going to be."""

    @abstractmethod
    def unlock(self) -> None:
        """Removes locks that a killed job left."""

    def argv(self, *words: str) -> list[str]:
        # Reading needs no lock: jobs take turns, and one that an intruder left must not keep a restore from its data.
        lock = ["--no-lock"] if words[0] in READING else []
        key = ["--password-file", self.password.file]
        return ["restic", *self.address(), *lock, *key, "--retry-lock", RETRY_LOCK, "--cache-dir", CACHE, *words]

    def call(self, *words: str) -> Completed:
        return call(self.argv(*words), pass_fds=self.password.descriptors)

    def must(self, what: str, *words: str) -> str:
        return must(f"{self.name}: {what}", self.argv(*words), pass_fds=self.password.descriptors)

    def state(self) -> State:
        code = self.call("cat", "config").code
        states = {0: State.OPEN, NO_REPOSITORY: State.MISSING, WRONG_PASSWORD: State.CLOSED}
        if code not in states:
            raise Failed(
                f"{self.name}: the repository cannot be opened (restic exited with status {code}); "
                f"its output is in {LOG.path} on the host{self.open_failed_advice()}"
            )
        return states[code]

    def prepare(self) -> None:
        """Opens the repository, and creates it where there is none yet."""
        found = self.state()
        if found is State.MISSING:
            self.make_way()
            self.must("the repository cannot be created", "init")
        elif found is State.CLOSED:
            raise Refused(self.other_password())
        self.unlock()

    def require(self) -> None:
        """Raises Refused unless the repository is there and opens."""
        found = self.state()
        if found is State.MISSING:
            raise Refused(f"{self.name}: there is no repository yet; run npx phiward backup first")
        if found is State.CLOSED:
            raise Refused(self.other_password())

    def snapshots(self) -> list[Snapshot]:
        text = self.must("the snapshots cannot be listed", "snapshots", "--json", "--host", self.settings.host)
        return list_of(Snapshot.from_json)(json.loads(text), f"{self.name}: snapshots")

    def find_run(self, wanted: str | None = None) -> tuple[Run, Manifest]:
        """The newest complete run and its manifest; or the run that `wanted` names: its id, or one of a snapshot's."""
        snapshots = self.snapshots()
        forged = from_future(snapshots, _now())
        runs = complete_runs([snapshot for snapshot in snapshots if snapshot.id not in forged])
        if wanted is not None:
            runs = [run for run in runs if _is_named(run, wanted)]
        if not runs:
            which = "" if wanted is None else f" {wanted}"
            raise Refused(f"{self.name}: found no complete backup{which}; list them with restic snapshots on the host")
        return runs[0], self._manifest(runs[0])

    def _manifest(self, run: Run) -> Manifest:
        text = self.must("the manifest cannot be read", "dump", run.files.id, manifest_path())
        manifest = Manifest.from_json(json.loads(text), f"{self.name}: manifest")
        if manifest.run != run.id:
            raise Refused(
                f"{self.name}: the manifest in snapshot {run.files.id[:8]} is another run's; "
                "choose another backup with --snapshot"
            )
        return manifest

    def save(self, run: str, part: str, *words: str) -> Saved:
        """Adds a snapshot of what `words` name."""
        tags = ["--host", self.settings.host, "--tag", f"run={run}", "--tag", f"part={part}"]
        done = self.call("backup", "--json", "--quiet", *tags, *words)
        if done.code not in (0, INCOMPLETE):
            raise Failed(
                f"{self.name}: {part} cannot be saved (restic exited with status {done.code}); "
                f"its output is in {LOG.path} on the host"
            )
        return Saved(_added_bytes(json_lines(done.stdout)), done.code == 0)

    def forget(self, last: int, days: int) -> int:
        """Removes what retention no longer keeps. Returns how many snapshots that were."""
        snapshots = self.snapshots()
        early = from_future(snapshots, _now())
        if early:
            raise Refused(
                f"{self.name}: snapshot {early[0][:8]} is dated in the future, so nothing was pruned; "
                "the backup succeeded. Check the clock, then remove that snapshot with restic forget"
            )
        expired = surplus(snapshots, last, days)
        for start in range(0, len(expired), IDS_AT_ONCE):
            ids = expired[start : start + IDS_AT_ONCE]
            prune = ["--prune"] if start + IDS_AT_ONCE >= len(expired) else []
            self.must("could not prune old backups", "forget", *prune, "--quiet", *ids)
        return len(expired)


def _is_named(run: Run, wanted: str) -> bool:
    return run.id == wanted or any(snapshot.id.startswith(wanted) for snapshot in run.parts.values())


def _added_bytes(messages: Sequence[object]) -> int:
    for message in messages:
        fields = Fields.of(message, "restic")
        if fields.values.get("message_type") == "summary":
            return fields.read_or("data_added", as_int, 0)
    return 0


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
