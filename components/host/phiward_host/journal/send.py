"""The sender of a host: one SSH connection to the vault, over which the journal goes as it is written.

Nothing of how far it came is kept here: the vault says what its newest record is, and the next one follows. So nothing
is lost or sent twice by a connection that is cut, a power failure on either side, or a vault that is restored.
"""

import json
import os
import select
import subprocess
import time
from dataclasses import dataclass

from phiward_host.backup.locations import pinned_host_key
from phiward_host.common import cli, paths, process
from phiward_host.common.decode import Fields, as_str, optional
from phiward_host.common.errors import Failed, Refused
from phiward_host.journal import place
from phiward_host.journal.beat import BEAT_SECONDS, beat
from phiward_host.journal.settings import UploadSettings, Vault
from phiward_host.journal.stored import LASTING

ANSWER_SECONDS = 90.0
MOST_ANSWERED = 1024
# The vault's firewall refuses an address that opens six connections within half a minute.
LIMITED_SECONDS = 31.0
PAUSES = (6.0, 15.0, 30.0, 60.0, 120.0)
# A connection that lasted so long was at work.
AT_WORK_SECONDS = 10.0
# As the vault's own limit is at its least: what arrives later counts as late here as well.
LATE_SECONDS = 600


@dataclass(frozen=True)
class Connection:
    """A connection to the vault, and the place of the newest record there; None where there is none yet."""

    ssh: "subprocess.Popen[bytes]"
    after: str | None


def send(settings: UploadSettings) -> int:
    """Sends for ever; ends by a signal alone."""
    failures = 0
    while True:
        began = time.monotonic()
        ended = False
        try:
            _send_once(settings)
            ended = True
        except (Failed, Refused, OSError, ValueError) as error:
            cli.complain(f"the journal is not sent: {error}")
        lasted = time.monotonic() - began
        failures = 0 if ended or lasted > AT_WORK_SECONDS else failures + 1
        # One that took so much in a short time that the vault ended it has more to send.
        time.sleep(PAUSES[min(failures, len(PAUSES) - 1)])


def _send_once(settings: UploadSettings) -> None:
    """Returns when the journal is in another directory than before. Raises Failed as soon as the connection is gone."""
    connection = _connected(settings.vault, "send")
    try:
        after = None if connection.after is None else place.cursor_of(connection.after)
        # It writes into the connection itself: nothing is read here, or kept.
        journal = subprocess.Popen(
            journal_argv(after),
            stdin=subprocess.DEVNULL,
            stdout=connection.ssh.stdin,
            env=process.environment(),
            cwd="/",
        )
        try:
            _wait(connection.ssh, journal)
        finally:
            journal.kill()
            journal.wait()
    finally:
        connection.ssh.kill()
        connection.ssh.wait()


def journal_argv(after: str | None) -> list[str]:
    """The command that prints what follows a record, and goes on with what is written from then on."""
    follow = ["journalctl", "--quiet", "--output=export", "--follow", "--no-tail"]
    return follow if after is None else [*follow, f"--after-cursor={after}"]


def _wait(ssh: "subprocess.Popen[bytes]", journal: "subprocess.Popen[bytes]") -> None:
    due = time.monotonic()
    directories = place.directories()
    while ssh.poll() is None and journal.poll() is None:
        # journalctl goes on with the files that it has open, and may not see those that are in their place.
        if place.directories() != directories:
            return
        if time.monotonic() >= due:
            beat()
            due = time.monotonic() + BEAT_SECONDS
        time.sleep(1)
    raise Failed("the connection to the vault ended" if journal.poll() is None else "journalctl ended")


def arrives(settings: UploadSettings) -> int:
    """Whether the newest record at the vault is of now, by the vault's own word. Raises Failed."""
    connection = _asked(settings.vault)
    connection.ssh.kill()
    connection.ssh.wait()
    found = LASTING.fullmatch(connection.after or "")
    if found is None:
        raise Failed("the vault has no record of this host yet; see journalctl --unit=phiward-journal-upload")
    late = time.time() - int(found[1], 16) / 1_000_000
    if late > LATE_SECONDS:
        raise Failed(
            f"the newest record at the vault is {late / 60:.0f} minutes old; "
            "see journalctl --unit=phiward-journal-upload"
        )
    print("arrives", flush=True)
    return cli.DONE


def _asked(vault: Vault) -> Connection:
    """Asks once more where access was denied at once: a deploy, a restore and jobs open many connections together."""
    began = time.monotonic()
    try:
        return _connected(vault, "where")
    except Failed:
        if time.monotonic() - began > AT_WORK_SECONDS:
            raise
    time.sleep(LIMITED_SECONDS)
    return _connected(vault, "where")


def ssh_argv(vault: Vault, command: str = "records") -> list[str]:
    """The command that reaches the vault's own door: for records, or what else a host may bring there."""
    options = {
        "BatchMode": "yes",
        **pinned_host_key(vault.known_hosts),
        "HostKeyAlias": "vault",
        "IdentitiesOnly": "yes",
        "IdentityFile": paths.HOST_KEY,
        "IdentityAgent": "none",
        "ControlPath": "none",
        "Compression": "yes",
        "ConnectTimeout": "20",
        "ServerAliveInterval": "15",
        "ServerAliveCountMax": "4",
        "LogLevel": "ERROR",
    }
    pairs = [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
    return ["ssh", "-F", "none", "-T", *pairs, "-p", str(vault.port), "-l", vault.user, vault.address, command]


def _connected(vault: Vault, verb: str) -> Connection:
    """Raises Failed, which says why."""
    ssh = subprocess.Popen(
        # What a vault says besides its answer would be in this host's journal, as root's, without end.
        ssh_argv(vault),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=process.environment(),
        cwd="/",
        bufsize=0,
    )
    try:
        if ssh.stdin is None or ssh.stdout is None:
            raise Failed("ssh was started without its pipes")
        ssh.stdin.write(f"{verb}\n".encode())
        return Connection(ssh, _answered(line_of(ssh.stdout.fileno())))
    except BaseException:
        ssh.kill()
        ssh.wait()
        raise


def line_of(descriptor: int) -> bytes:
    """The vault's next line. Raises Failed."""
    limit = time.monotonic() + ANSWER_SECONDS
    line = b""
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([descriptor], [], [], max(0.0, limit - time.monotonic()))
        part = os.read(descriptor, MOST_ANSWERED) if ready else b""
        line += part
        if not part or len(line) > MOST_ANSWERED:
            raise Failed("the vault gave no answer, or access was denied: deploy the vault first")
    return line


def _answered(line: bytes) -> str | None:
    fields = Fields.of(json.loads(line), "the vault's answer")
    refused = fields.read_or("refused", optional(as_str), None)
    if refused is not None:
        raise Failed(f"the vault refused it: {refused[:300]}")
    after = fields.read("after", optional(as_str))
    # It becomes an argument of a command.
    if after is not None and LASTING.fullmatch(after) is None:
        raise Failed("the vault's answer is of another form")
    return after
