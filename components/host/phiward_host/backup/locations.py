"""The two repositories: on this host, and at the vault."""

import contextlib
import datetime
import json
import os
import re
import shlex
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace

from phiward_host.backup.repository import Password, Repository, State
from phiward_host.backup.settings import Settings, Vault
from phiward_host.backup.tools import LOG, must
from phiward_host.common import files, paths, process
from phiward_host.common.decode import as_int, dict_of
from phiward_host.common.errors import Failed, Refused

CONNECT_SECONDS = 30
# The vault's firewall refuses an address that opens six connections within half a minute, unless it is declared as that
# of a host: a droplet's is not.
TRIES, REFUSED_SECONDS = 4, 16.0
# What ssh says then, and where sshd has too many connections to begin another.
REFUSED = re.compile("Connection (refused|reset|closed)")
MOST_SAID = 1 << 16
# What a restic repository consists of, beside its file config.
DIRECTORIES = ("data", "index", "keys", "locks", "snapshots")


def pinned_host_key(known_hosts: str) -> dict[str, str]:
    """Options of ssh_config(5) under which a connection is made to the holder of the one key in a file.

    Every client of ours has the same options (components/plan/ssh.ts); a test compares them.
    """
    return {
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": known_hosts,
        "GlobalKnownHostsFile": "/dev/null",
        "KnownHostsCommand": "none",
        "HostKeyAlgorithms": "ssh-ed25519",
        "UpdateHostKeys": "no",
    }


@dataclass(frozen=True)
class LocalRepository(Repository):
    """The repository on this host's disk."""

    @property
    def name(self) -> str:
        return "local"

    def address(self) -> list[str]:
        self._require_form()
        return ["--repo", self.settings.repository]

    def _require_form(self) -> None:
        """Raises Failed where something stands where a directory of the repository has to be, or its configuration.

        restic would try again for a quarter of an hour, without a word.
        """
        top = self.settings.repository
        directories = [top, *(f"{top}/{name}" for name in DIRECTORIES)]
        try:
            wrong = [path for path in directories if files.exists(path) and not files.is_directory(path)]
            wrong += [path for path in (f"{top}/config",) if files.exists(path) and not files.is_file(path)]
        except OSError as error:
            raise Failed(f"local: {error.filename or top}: {error.strerror}; the repository cannot be used") from error
        if wrong:
            raise Failed(
                f"local: {wrong[0]} is not a {'file' if wrong[0].endswith('/config') else 'directory'}, so the "
                "repository cannot be used; nothing was changed. Find out what it is, and move it away"
            )

    def connected(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def other_password(self) -> str:
        return (
            f"local: the repository {self.settings.repository} has another password than this host; open it with "
            "the password that was escrowed, or move it away"
        )

    def open_failed_advice(self) -> str:
        return ""

    def make_way(self) -> None:
        where = self.settings.repository
        if any(files.names_if_any(f"{where}/{kept}") for kept in ("snapshots", "index")):
            raise Failed(
                f"local: {where} holds backups, and its file config is missing; no new repository was begun. "
                "Put the file back, or move the directory away"
            )
        if files.is_directory(where) and files.names(where):
            files.rename(where, f"{where}.half-made-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")

    def unlock(self) -> None:
        # Jobs take turns, so every lock that is here is stale.
        if files.names_if_any(f"{self.settings.repository}/locks"):
            self.must("stale locks cannot be removed", "unlock", "--remove-all")

    def arrivals(self) -> None:
        return None

    def parent(self, _: str | None, /) -> list[str]:
        # Only root can add to it, so any snapshot will do.
        return []


@dataclass(frozen=True)
class OffsiteRepository(Repository):
    """The repository at the vault, over one SSH connection for a whole job: the vault's firewall counts connections."""

    vault: Vault

    @property
    def name(self) -> str:
        return "offsite"

    def address(self) -> list[str]:
        program = ["--option", f"rclone.program={shlex.join(self.ssh())}"]
        return ["--repo", "rclone:vault:", *program, "--option", "rclone.args=serve restic --stdio"]

    def ssh(self, *words: str) -> list[str]:
        """The command that reaches the vault, over the connection that is open."""
        vault = self.vault
        options = {
            "BatchMode": "yes",
            **pinned_host_key(vault.known_hosts),
            "HostKeyAlias": "vault",
            "IdentitiesOnly": "yes",
            "IdentityFile": paths.HOST_KEY,
            "IdentityAgent": "none",
            "ControlPath": _control_path(),
            "ConnectTimeout": "20",
            "ServerAliveInterval": "15",
            "ServerAliveCountMax": "8",
            "LogLevel": "ERROR",
        }
        pairs = [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
        return ["ssh", "-F", "none", "-T", *pairs, "-p", str(vault.port), "-l", vault.user, vault.address, *words]

    @contextlib.contextmanager
    def connected(self) -> Generator[None]:
        output = files.in_memory("ssh", b"")
        try:
            master = self._connect(output)
            try:
                yield
            finally:
                master.terminate()
                master.wait()
        finally:
            said = _text(output, 0)
            os.close(output)
            with contextlib.suppress(OSError):
                if said:
                    LOG.write(said)

    def _connect(self, output: int) -> "subprocess.Popen[bytes]":
        """Opens the connection, also where the vault answers only after a while. Raises Failed."""
        for attempt in range(TRIES):
            if attempt > 0:
                time.sleep(REFUSED_SECONDS)
            before = os.fstat(output).st_size
            master = self._try_to_connect(output)
            if master is not None:
                return master
            if REFUSED.search(_text(output, before)) is None:
                break
        raise Failed(
            f"offsite: cannot connect to vault {self.vault.address}, or access was denied; "
            f"deploy the vault first, then see {LOG.path} on the host"
        )

    def _try_to_connect(self, output: int) -> "subprocess.Popen[bytes] | None":
        """The process that holds the connection, or None; what ssh says goes to `output`."""
        files.remove(_control_path())
        ssh, *options = self.ssh()
        master = subprocess.Popen(
            [ssh, "-M", "-N", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=output,
            env=process.environment(),
            cwd="/",
        )
        limit = time.monotonic() + CONNECT_SECONDS
        while not files.exists(_control_path()):
            if master.poll() is not None or time.monotonic() > limit:
                master.terminate()
                master.wait()
                return None
            time.sleep(0.05)
        return master

    def other_password(self) -> str:
        host = self.settings.host
        return (
            f"offsite: the vault holds backups of {host} under another password, so this is a new host: "
            "nothing was added to them. Restore first, which adds this host's password: "
            f"npx phiward restore --host {host} --what all --from offsite --recovery-key FILE --why …"
        )

    def open_failed_advice(self) -> str:
        job = "phiward-vault-check.service"
        repairs = "quarantines what an intruder may have left in it, and puts its index right"
        return f"; on the vault, systemctl start {job} {repairs}"

    def make_way(self) -> None:
        # This host can remove nothing there; the vault itself puts aside what does not belong.
        return

    def unlock(self) -> None:
        # The vault's own job may be running, so only old locks are removed.
        self.must("stale locks cannot be removed", "unlock")

    def arrivals(self) -> Mapping[str, datetime.datetime]:
        text = must("offsite: the vault does not say when backups arrived; deploy it first", self.ssh("arrivals"))
        seconds = dict_of(as_int)(json.loads(text), "offsite: arrivals")
        return {name: datetime.datetime.fromtimestamp(at, datetime.UTC) for name, at in seconds.items()}

    def parent(self, trusted: str | None, /) -> list[str]:
        # Whoever is root at the vault could add a snapshot that says a file is unchanged, with other content.
        return ["--force"] if trusted is None else ["--parent", trusted]

    def deliver_password(self) -> None:
        """Leaves the sealed password with the vault, where a new host will find it. The vault keeps each once."""
        sealed = files.read_text(self.settings.sealed_file)
        must("offsite: the vault does not accept the sealed password", self.ssh("seal"), stdin=sealed)


def _text(output: int, start: int) -> str:
    return os.pread(output, MOST_SAID, start).decode("utf-8", "replace")


def repository_named(settings: Settings, name: str) -> Repository:
    """One of `settings.repositories`, under this host's password. Raises Refused for another name."""
    password = Password(settings.password_file)
    if name == "local":
        return LocalRepository(settings, password)
    if name == "offsite" and settings.offsite is not None:
        return OffsiteRepository(settings, password, settings.offsite)
    raise Refused(f"repository: found {name}, allowed: {', '.join(settings.repositories)}")


def deliver_password(repository: Repository) -> None:
    """Leaves the sealed password at the vault; the local repository's is in the escrow already."""
    if isinstance(repository, OffsiteRepository):
        repository.deliver_password()


@contextlib.contextmanager
def opened(
    settings: Settings, repository: Repository, passwords: Sequence[str], *, adopts: bool = True
) -> Generator[Repository]:
    """The repository under this host's password, or under one handed over; `adopts`: then it gets this host's too."""
    state = repository.state()
    if state is State.MISSING:
        raise Refused(f"{repository.name}: there is no repository, so there is nothing to restore")
    if state is State.OPEN:
        yield repository
        return
    for password in passwords:
        with files.secret_file(password) as (descriptor, path):
            handed_over = replace(repository, password=Password(path, (descriptor,)))
            if handed_over.state() is State.OPEN:
                yield handed_over
                if not adopts:
                    return
                own = ["--new-password-file", settings.password_file]
                handed_over.must("this host's password cannot be added", "key", "add", *own)
                deliver_password(handed_over)
                return
    if not passwords:
        raise Refused(repository.other_password())
    raise Refused(f"{repository.name}: none of the passwords that were sealed for this host opens the repository")


def _control_path() -> str:
    return f"{paths.RUN}/vault.ssh"
