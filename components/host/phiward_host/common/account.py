"""Looking at what an account owns with that account's rights, and no more: root's own would follow where it leads."""

import json
import os
import resource
import select
import signal
import time
from collections.abc import Callable

from phiward_host.common.errors import Failed

SECONDS = 20
MOST_BYTES = 1 << 20
MEMORY_BYTES = 1 << 30


def as_account(uid: int, gid: int, work: Callable[[], object], seconds: float = SECONDS) -> object:
    """What `work` returns, as JSON has it, run in a child that is the account, without any group but its own.

    The child starts no program, so nothing gives it more rights again. Raises Failed where it does not end in time,
    where it fails, or where its answer is too long.
    """
    answer, reply = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(answer)
            _become(uid, gid)
            _send(reply, json.dumps(work()).encode())
            code = 0
        finally:
            # Nothing of the parent's is run again: no clean-up, no trace on its standard error.
            os._exit(code)
    os.close(reply)
    try:
        data = _receive(answer, time.monotonic() + seconds)
    finally:
        os.close(answer)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    try:
        return json.loads(data or b"")
    except ValueError:
        raise Failed(f"what account {uid} owns could not be looked at with its rights") from None


def _become(uid: int, gid: int) -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _send(reply: int, data: bytes) -> None:
    while data:
        data = data[os.write(reply, data) :]


def _receive(answer: int, limit: float) -> bytes | None:
    """All that the child says; None where it says too much or takes too long."""
    data = b""
    while True:
        ready, _, _ = select.select([answer], [], [], max(0, limit - time.monotonic()))
        if not ready:
            return None
        part = os.read(answer, 1 << 16)
        if not part:
            return data
        data += part
        if len(data) > MOST_BYTES:
            return None
