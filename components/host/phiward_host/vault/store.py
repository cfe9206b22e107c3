"""What one host has left at the vault, and restic on it, run as the host's account."""

import contextlib
import math
import os
import pwd
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import NoReturn, Self

from phiward_host.common import files, process
from phiward_host.common.account import as_account
from phiward_host.common.decode import as_strs
from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog
from phiward_host.common.process import Completed
from phiward_host.vault import account
from phiward_host.vault.account import Account

LOG = RootLog("vault")
HOST_KEY = "/etc/ssh/ssh_host_ed25519_key"
MOST_BYTES = 65536
# Sealed passwords that are looked at, the newest; a host leaves one for each of its lives.
MOST_SEALED = 50
# How long a look at a host's directory may take, and how much it may say: a repository may be large.
LOOK_SECONDS, LOOK_BYTES = 6 * 3600, 64 << 20
# To put away what a job leaves there once its time is up.
TIDY_SECONDS = 600


@dataclass(frozen=True)
class Key:
    """A password, as a path that a child can read with its descriptor; `hint` names the key that is tried first."""

    descriptor: int
    path: str
    hint: str | None = None

    @property
    def options(self) -> list[str]:
        return ["--password-file", self.path, *([] if self.hint is None else ["--key-hint", self.hint])]


@dataclass(frozen=True)
class Store:
    """A host's directory at the vault, and its account.

    `until`: when a job's time for this host is up, by time.monotonic: a host can have any work take long.
    """

    host: str
    home: str
    uid: int
    gid: int
    until: float = math.inf

    @property
    def seconds_left(self) -> float | None:
        """None without a limit."""
        return None if math.isinf(self.until) else max(0.0, self.until - time.monotonic())

    @classmethod
    def of(cls, host: str) -> Self:
        entry = pwd.getpwnam(f"vault-{host}")
        return cls(host, entry.pw_dir, entry.pw_uid, entry.pw_gid)

    @property
    def repository(self) -> str:
        return f"{self.home}/restic"

    @property
    def quarantine(self) -> str:
        """Where files are moved that restic did not write."""
        return f"{self.home}/foreign"

    @property
    def copy(self) -> str:
        """Where the vault makes a copy of the repository; no host reaches it."""
        return f"{self.home}/copy"

    def sealed(self) -> list[str]:
        """The sealed passwords that the host left, newest first."""
        return as_strs(self.look(lambda: _sealed(f"{self.home}/sealed")), "sealed")

    def look(self, work: Callable[[], object]) -> object:
        """What `work` returns, as JSON has it, done with the rights of the host's account. Raises Failed.

        All that is in its directory is its own: root's rights would follow where it leads.
        """
        left = self.seconds_left
        seconds = LOOK_SECONDS if left is None else min(LOOK_SECONDS, max(TIDY_SECONDS, left))
        try:
            return as_account(self.uid, self.gid, work, seconds, LOOK_BYTES)
        except OSError as error:
            raise Failed(f"{self.host}: {error.filename}: {error.strerror}") from error
        except Failed as failure:
            raise Failed(f"{self.host}: {self.home}: {failure}; look there for what no backup leaves") from failure

    @contextlib.contextmanager
    def keys(self) -> Generator[list[Key]]:
        """The passwords that the vault's own key can decrypt, newest first."""
        with contextlib.ExitStack() as held:
            found: list[Key] = []
            for text in self.sealed():
                opened = process.logged(["age", "--decrypt", "--identity", HOST_KEY], LOG, stdin=text, timeout=None)
                if opened.code == 0:
                    descriptor, path = held.enter_context(files.secret_file(opened.stdout.strip()))
                    os.fchmod(descriptor, 0o444)
                    found.append(Key(descriptor, path))
            yield found

    def restic(self, key: Key, *words: str, directory: str | None = None) -> Completed:
        """Runs restic as the host's account, which then owns what it makes; output of a failure goes to the log.

        `directory`: the repository, unless it is the host's own. Raises Failed once the time for this host is up.
        """
        where = directory or self.repository
        argv = ["restic", "--repo", where, *key.options, "--no-cache", "--retry-lock", "45m", *words]
        # restic leaves a copy of a pack that it repairs where it was started.
        owner, left = Account(self.uid, self.gid, self.home), self.seconds_left
        done = account.run_as(owner, argv, (key.descriptor,), directory or "/", left)
        if done.code == process.TIMED_OUT:
            raise Failed(
                f"{self.host}: the job was given up after its share of the time for all hosts; as long as no other "
                "host needs it, the next one has more. Look for what takes so long in its repository"
            )
        if done.code != 0:
            LOG.write(f"{argv!r} exited {done.code}:", done.stdout, done.stderr)
        return done

    def opens(self, key: Key) -> bool:
        """Whether a key opens the repository; without a lock: one that a power cut left would be waited for."""
        return self.restic(key, "--no-lock", "cat", "config").code == 0

    @contextlib.contextmanager
    def opened(self) -> Generator["OpenStore"]:
        """The repository under the first password that opens it. Raises Failed."""
        with self.keys() as keys:
            for key in keys:
                if self.opens(key):
                    yield OpenStore(self, key, self.repository)
                    return
        raise Failed(f"{self.host}: none of the sealed passwords that it left opens its backups")


@dataclass(frozen=True)
class OpenStore:
    """A host's repository, or the copy of it, and the password that opens it."""

    store: Store
    key: Key
    directory: str

    def tried(self, *words: str) -> Completed:
        """How restic ended."""
        return self.store.restic(self.key, *words, directory=self.directory)

    def must(self, what: str, *words: str) -> str:
        """What restic answers. Raises Failed, `what` after the host's name."""
        done = self.tried(*words)
        if done.code != 0:
            self.fail(what, done)
        return done.stdout

    def fail(self, what: str, done: Completed) -> NoReturn:
        """Raises Failed."""
        raise Failed(
            f"{self.store.host}: {what} ({process.ended('restic', done.code, done.stderr)}); "
            f"its output is in {LOG.path} on the vault"
        )


def _sealed(directory: str) -> list[str]:
    times = {path: files.status(path) for path in files.matching(f"{directory}/*.age")}
    newest = sorted(times, key=lambda path: found.st_mtime if (found := times[path]) is not None else 0, reverse=True)
    texts: list[str] = []
    for path in newest[:MOST_SEALED]:
        # One that is no file, or too large to be one, is passed over.
        with contextlib.suppress(OSError):
            texts.append(files.read(path, MOST_BYTES).decode("ascii", "replace"))
    return texts
