"""What one host has left at the vault, and restic on it, run as the host's account."""

import contextlib
import glob
import os
import pwd
from collections.abc import Generator
from dataclasses import dataclass
from typing import Self

from phiward_host.common import files, process
from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog
from phiward_host.common.process import Completed
from phiward_host.vault import account
from phiward_host.vault.account import Account

LOG = RootLog("vault")
HOST_KEY = "/etc/ssh/ssh_host_ed25519_key"
MOST_BYTES = 65536


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
    """A host's directory at the vault, and its account."""

    host: str
    home: str
    uid: int
    gid: int

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

    def sealed(self) -> list[str]:
        """The sealed passwords that the host left, newest first."""
        found = sorted(glob.glob(f"{glob.escape(self.home)}/sealed/*.age"), key=os.path.getmtime, reverse=True)
        return [_read_bounded(path) for path in found]

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

    def restic(self, key: Key, *words: str) -> Completed:
        """Runs restic as the host's account, which then owns what it makes; output of a failure goes to the log."""
        argv = ["restic", "--repo", self.repository, *key.options, "--no-cache", "--retry-lock", "45m", *words]
        done = account.run_as(Account(self.uid, self.gid, self.home), argv, (key.descriptor,))
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
                    yield OpenStore(self, key)
                    return
        raise Failed(f"{self.host}: none of the sealed passwords that it left opens its backups")


@dataclass(frozen=True)
class OpenStore:
    """A host's repository, and the password that opens it."""

    store: Store
    key: Key

    def must(self, what: str, *words: str) -> str:
        """What restic answers. Raises Failed, `what` after the host's name."""
        done = self.store.restic(self.key, *words)
        if done.code != 0:
            raise Failed(
                f"{self.store.host}: {what} (restic exited with status {done.code}); "
                f"its output is in {LOG.path} on the vault"
            )
        return done.stdout


def _read_bounded(path: str) -> str:
    with open(path, encoding="ascii", errors="replace") as file:
        return file.read(MOST_BYTES)
