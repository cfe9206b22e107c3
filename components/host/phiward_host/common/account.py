"""Looking at what an account owns with that account's rights, and no more: root's own would follow where it leads."""

import contextlib
import errno
import json
import os
import resource
import select
import signal
import time
from collections.abc import Callable

from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed

SECONDS = 20
# How long its end is waited for after that.
GRACE_SECONDS = 5
MOST_BYTES = 1 << 20
MEMORY_BYTES = 1 << 30


class Unbounded(Exception):
    """An answer has no end in time or size."""


def as_account(
    uid: int, gid: int, work: Callable[[], object], seconds: float = SECONDS, most: int = MOST_BYTES
) -> object:
    """What `work` returns, as JSON has it, run in a child that is the account, without any group but its own.

    The child starts no program, so nothing gives it more rights again. Raises Failed where it does not end in time,
    where it fails, or where its answer has more than `most` bytes; OSError of `work` is raised here as it was there.
    """
    answer, reply = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(answer)
            _become(uid, gid, seconds)
            _send(reply, json.dumps(_outcome(work)).encode())
        finally:
            # Nothing of the parent's is run again: no clean-up, no trace on its standard error.
            os._exit(0)
    os.close(reply)
    limit = time.monotonic() + seconds
    what = f"what account {uid} owns could not be looked at with its rights"
    try:
        data = _receive(answer, limit, most)
    except Unbounded as error:
        raise Failed(f"{what}: {error}") from None
    finally:
        os.close(answer)
        _end(child, limit)
    try:
        outcome = Fields.of(json.loads(data), "answer")
    except ValueError:
        raise Failed(f"{what}: the look at it ended early, as by a lack of memory") from None
    if outcome.has("fault"):
        raise Failed(f"{what}: a fault of the program ({outcome.text('fault')})")
    if outcome.has("errno"):
        raise OSError(outcome.integer("errno"), outcome.text("words"), outcome.text("path"))
    return outcome.values["result"]


def _outcome(work: Callable[[], object]) -> dict[str, object]:
    try:
        return {"result": work()}
    except OSError as error:
        return {"errno": error.errno or errno.EIO, "words": str(error.strerror), "path": str(error.filename)}
    except Exception as error:
        return {"fault": type(error).__name__}


def _end(child: int, limit: float) -> None:
    """Ends the child, and waits for it; a confined program may not kill it, but the child's own alarm does."""
    with contextlib.suppress(PermissionError):
        os.kill(child, signal.SIGKILL)
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        # An account may have stopped it, so that no signal reaches it; it is left alone then.
        if time.monotonic() > limit + GRACE_SECONDS:
            return
        time.sleep(0.001)


def _become(uid: int, gid: int, seconds: float) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
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


def _receive(answer: int, limit: float, most: int) -> bytes:
    """All that the child says. Raises Unbounded where it says too much or takes too long."""
    data = bytearray()
    while True:
        ready, _, _ = select.select([answer], [], [], max(0, limit - time.monotonic()))
        if not ready:
            raise Unbounded("it takes longer than it may")
        part = os.read(answer, 1 << 16)
        if not part:
            return bytes(data)
        data += part
        if len(data) > most:
            raise Unbounded(f"there is more to say of it than {most >> 20} MB")
