"""One connection of one host at the vault: it hears what the newest record here is, and what it sends then is added.

It runs as systemd-journal-remote's account, as the program does that it starts: hosts' accounts can change no file of
it. The kernel says which account is at the other end, so that none adds to the journal of another host. A host chooses
how much room each of its records takes: while it sends, room is asked for again and again.
"""

import fcntl
import json
import os
import pwd
import select
import signal
import socket
import struct
import subprocess
import time
from typing import TextIO

from phiward_host.common import cli, files
from phiward_host.common.errors import Failed, Refused
from phiward_host.journal import stored
from phiward_host.journal.room import no_room
from phiward_host.journal.settings import RemoteSettings

PROGRAM = "/usr/lib/systemd/systemd-journal-remote"
CONNECTION = 0
ASKED_SECONDS, LOCK_SECONDS = 30.0, 20.0
MOST_ASKED = 16
# After it the host connects again: its program and settings may be others by then.
LONGEST_SECONDS = 1800.0
LOOK_SECONDS, END_SECONDS = 1.0, 30.0


def main() -> int:
    """Exit 1: refused, with one sentence, which the host is told as well."""
    os.umask(0o027)
    try:
        settings = RemoteSettings.load()
        host = _host(settings)
        asked = _asked()
        if asked == "where":
            _answer({"after": _after(host)})
            return cli.DONE
        if asked != "send":
            raise Refused("found another word, allowed: send or where")
        if (reason := no_room(settings, host)) is not None:
            raise Failed(f"AUDIT_LOG_FAILURE: {reason}")
        with _alone(host) as lock:
            # It is held for as long as the program has it open, which may be longer than this one.
            os.set_inheritable(lock.fileno(), True)
            _answer({"after": _after(host)})
            # Reading from a connection that is quiet, the program would not hear that it shall end.
            os.set_blocking(CONNECTION, False)
            return _take(settings, host)
    except (Failed, Refused) as failure:
        _answer({"refused": str(failure)})
        return cli.complain(str(failure))


def _take(settings: RemoteSettings, host: str) -> int:
    """Adds what comes until the connection ends. Raises Failed where there is no more room."""
    program = subprocess.Popen(
        [PROGRAM, f"--output={stored.active(host)}", "-"],
        stdin=CONNECTION,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        close_fds=False,
    )
    limit = time.monotonic() + LONGEST_SECONDS
    reason = None
    try:
        while program.poll() is None and time.monotonic() < limit and reason is None:
            time.sleep(LOOK_SECONDS)
            reason = no_room(settings, host)
    finally:
        program.terminate()
        try:
            code = program.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            program.kill()
            code = program.wait()
    if reason is not None:
        raise Failed(f"AUDIT_LOG_FAILURE: {reason}")
    return cli.DONE if code in (0, -signal.SIGTERM) else cli.FAILED


def _host(settings: RemoteSettings) -> str:
    """The host whose account is at the other end. Raises Refused."""
    with socket.socket(fileno=os.dup(CONNECTION)) as connection:
        size = struct.calcsize("3i")
        _, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    try:
        account = pwd.getpwuid(uid).pw_name
    except KeyError:
        account = ""
    for sender in settings.senders:
        if sender.account == account:
            return sender.host
    raise Refused("this account sends no journal")


def _asked() -> str:
    """The first line, and not a byte more: what follows is the program's. Raises Refused."""
    limit = time.monotonic() + ASKED_SECONDS
    line = b""
    while len(line) < MOST_ASKED:
        ready, _, _ = select.select([CONNECTION], [], [], max(0.0, limit - time.monotonic()))
        byte = os.read(CONNECTION, 1) if ready else b""
        if byte in (b"", b"\n"):
            return line.decode("ascii", "replace")
        line += byte
    raise Refused("found a longer line, allowed: send or where")


def _alone(host: str) -> TextIO:
    """The lock of a host's journal: two programs would damage it. Raises Failed."""
    opened = files.lock_file(f"{stored.TOP}/{stored.REMOTE}/.{host}.lock")
    limit = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return opened
        except BlockingIOError:
            if time.monotonic() > limit:
                opened.close()
                raise Failed("another connection of this host is open") from None
            time.sleep(0.5)


def _after(host: str) -> str | None:
    found = stored.newest(host)
    return found[-1].place if found else None


def _answer(value: object) -> None:
    os.write(CONNECTION, f"{json.dumps(value)}\n".encode())
