"""What can be done with a restic repository, wherever it is; `locations` has the two places."""

import contextlib
import datetime
import json
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from phiward_host.backup import known
from phiward_host.backup.listing import in_batches, near
from phiward_host.backup.retention import FORM, WHOLE, Snapshot, forget_words, from_future, surplus
from phiward_host.backup.settings import Settings
from phiward_host.backup.tools import LOG, call, json_lines, must
from phiward_host.common import paths, process
from phiward_host.common.decode import Fields, as_int, as_str, list_of
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.process import Completed

# Exit codes of restic(1): the repository is not there, the password does not open it, some files could not be read.
NO_REPOSITORY, WRONG_PASSWORD, INCOMPLETE = 10, 12, 3
RETRY_LOCK = "45m"
CACHE = "/var/cache/phiward/restic"
READING = ("cat", "snapshots", "list", "ls", "dump", "restore")
BLOCK_BYTES = 1 << 20


def temporary() -> Mapping[str, str]:
    """Where restic puts packs together, in files without a name: the host's /tmp is everybody's, and may be full."""
    return {"TMPDIR": paths.BASE}


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
    """A new snapshot: its id, what it added, in bytes, and whether all files could be read."""

    added_bytes: int
    complete: bool
    id: str = ""


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

    @abstractmethod
    def arrivals(self) -> Mapping[str, datetime.datetime] | None:
        """When each snapshot came, by the record of whoever keeps them; None where that is this host itself."""

    @abstractmethod
    def parent(self, trusted: str | None, /) -> list[str]:
        """Options on what restic compares files with, to read only what changed; `trusted` is a snapshot of ours."""

    def argv(self, *words: str) -> list[str]:
        # Reading needs no lock: jobs take turns, and one that an intruder left must not keep a restore from its data.
        lock = ["--no-lock"] if words[0] in READING else []
        key = ["--password-file", self.password.file]
        return ["restic", *self.address(), *lock, *key, "--retry-lock", RETRY_LOCK, "--cache-dir", CACHE, *words]

    def call(self, *words: str, stdin: str | None = None) -> Completed:
        return call(self.argv(*words), stdin=stdin, env=temporary(), pass_fds=self.password.descriptors)

    def must(self, what: str, *words: str) -> str:
        return must(f"{self.name}: {what}", self.argv(*words), env=temporary(), pass_fds=self.password.descriptors)

    def state(self) -> State:
        done = self.call("cat", "config")
        states = {0: State.OPEN, NO_REPOSITORY: State.MISSING, WRONG_PASSWORD: State.CLOSED}
        if done.code not in states:
            raise Failed(
                f"{self.name}: the repository cannot be opened ({process.ended('restic', done.code, done.stderr)}); "
                f"its output is in {LOG.path} on the host{self.open_failed_advice()}"
            )
        if done.code == 0:
            known.expect(self.name, _id_of(done.stdout))
        return states[done.code]

    def prepare(self) -> None:
        """Opens the repository, and creates it where there has never been one. Raises Failed where it is gone."""
        found = self.state()
        if found is State.MISSING:
            known.refuse_vanished(self.name)
            self.make_way()
            self.must("the repository cannot be created", "init")
            return
        if found is State.CLOSED:
            raise Refused(self.other_password())
        self.unlock()

    def require(self) -> None:
        """Raises Refused unless the repository is there and opens."""
        found = self.state()
        if found is State.MISSING:
            known.refuse_vanished(self.name)
            raise Refused(f"{self.name}: there is no repository yet; run npx phiward backup first")
        if found is State.CLOSED:
            raise Refused(self.other_password())

    def snapshots(self, wanted: str | None = None) -> list[Snapshot]:
        """This host's snapshots. Where somebody added so much that restic cannot list them, they are read in batches.

        Then those that are larger than a host makes any are left out; and where `wanted` names a run, or begins the id
        of a snapshot, so are those that did not come at about its time. Raises Failed.
        """
        host = self.settings.host
        done = self.call("snapshots", "--json", "--host", host)
        if done.code == 0:
            return list_of(Snapshot.from_json)(json.loads(done.stdout), f"{self.name}: snapshots")
        # It answers: what it cannot list is what is wrong.
        self.must("the snapshots cannot be listed", "cat", "config")
        came = self.arrivals()
        if came is None:
            ids = self.must("the snapshots cannot be listed", "list", "snapshots", "--quiet").split()
        else:
            ids = near(came, wanted)
        listed = in_batches(ids, lambda batch: self.call("snapshots", "--json", *batch), host)
        left_out = listed.left_out
        if ids and len(left_out) == len(ids):
            raise Failed(f"{self.name}: the snapshots cannot be listed; see {LOG.path} on the host")
        LOG.write(f"{self.name}: {len(left_out)} snapshots are none, or larger than any of a host: {left_out[:100]}")
        return listed.found

    def trees(self) -> dict[str, str]:
        """The content address of each snapshot, by its id; restic has compared both with what it read."""
        return {snapshot.id: snapshot.tree for snapshot in self.snapshots()}

    def read_bounded(self, snapshot: str, path: str, most: int) -> str:
        """A file's text. Raises Failed where it cannot be read, and Refused where it has more than `most` bytes."""
        content = bytearray()
        with self.reading(snapshot, path) as blocks:
            for block in blocks:
                content += block
                if len(content) > most:
                    raise Refused(f"{self.name}: {path} in snapshot {snapshot[:8]} has more than {most} bytes")
        return content.decode("utf-8", "replace")

    @contextlib.contextmanager
    def reading(self, snapshot: str, path: str) -> Generator[Generator[bytes]]:
        """A file's content, block by block; restic compares it with its checksum. Raises Failed at its end."""
        with (
            LOG.open() as output,
            subprocess.Popen(
                self.argv("dump", snapshot, path),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=output,
                env=process.environment(),
                cwd="/",
                pass_fds=self.password.descriptors,
            ) as child,
        ):
            try:
                yield _blocks(child)
            except BaseException:
                child.kill()
                raise
        if child.returncode != 0:
            raise Failed(
                f"{self.name}: {path} in snapshot {snapshot[:8]} cannot be read (restic exited with status "
                f"{child.returncode}); its output is in {LOG.path} on the host{self.open_failed_advice()}"
            )

    def save(self, run: str, part: str, *words: str, whole: bool = False, stdin: str | None = None) -> Saved:
        """Adds a snapshot of what `words` name. `whole`: it is the last of a run in which nothing is missing."""
        tags = ["--host", self.settings.host, "--tag", f"run={run},form={FORM}", "--tag", f"part={part}"]
        state = ["--tag", WHOLE] if whole else []
        done = self.call("backup", "--json", "--quiet", *tags, *state, *words, stdin=stdin)
        if done.code not in (0, INCOMPLETE):
            raise Failed(
                f"{self.name}: {part} cannot be saved ({process.ended('restic', done.code, done.stderr)}); "
                f"its output is in {LOG.path} on the host"
            )
        added, identity = _summary(json_lines(done.stdout))
        return Saved(added, done.code == 0, identity)

    def forget(self, last: int, days: int, *, full: bool = False) -> int:
        """Removes what retention no longer keeps. Returns how many snapshots that were.

        `full`: the disk may be, so nothing is written only to save a little more.
        """
        snapshots = self.snapshots()
        early = from_future(snapshots, _now())
        if early:
            raise Refused(
                f"{self.name}: snapshot {early[0][:8]} is dated in the future, so nothing was pruned; "
                "the backup succeeded. Check the clock, then remove that snapshot with restic forget"
            )
        expired = surplus(snapshots, last, days)
        for words in forget_words(expired, *(["--max-repack-size", "0"] if full else [])):
            self.must("could not prune old backups", *words)
        return len(expired)


def _blocks(child: subprocess.Popen[bytes]) -> Generator[bytes]:
    while child.stdout is not None and (block := child.stdout.read(BLOCK_BYTES)):
        yield block


def _summary(messages: Sequence[object]) -> tuple[int, str]:
    """How many bytes were added, and the new snapshot's id."""
    for message in messages:
        fields = Fields.of(message, "restic")
        if fields.values.get("message_type") == "summary":
            return fields.read_or("data_added", as_int, 0), fields.read_or("snapshot_id", as_str, "")
    return 0, ""


def _id_of(config: str) -> str:
    """The id of a repository, out of its configuration."""
    return Fields.of(json.loads(config or "{}"), "restic cat config").read_or("id", as_str, "")


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
