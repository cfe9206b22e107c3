"""What a program says, up to a limit: who is at the other end of it may answer without end."""

import os
import selectors
import subprocess
import time

# More than any program of ours says where all is well.
MOST_BYTES = 64 << 20
# Of what it says on standard error, this much is kept; the rest is read and dropped.
MOST_ERROR_BYTES = 1 << 20
PART_BYTES = 1 << 16


class TooMuch(Exception):
    """A program said more than it may."""


def collect(
    child: subprocess.Popen[bytes], stdin: bytes | None, timeout: float | None, most: int
) -> tuple[bytes, bytes]:
    """Standard output and error of a child, which has ended when this returns or raises.

    Raises TooMuch for more than `most` bytes of output, and TimeoutExpired.
    """
    try:
        found = _exchange(
            child, memoryview(stdin or b""), None if timeout is None else time.monotonic() + timeout, most
        )
        child.wait()
    except BaseException:
        child.kill()
        child.wait()
        raise
    finally:
        for pipe in (child.stdin, child.stdout, child.stderr):
            if pipe is not None:
                pipe.close()
    return found


def _exchange(child: subprocess.Popen[bytes], stdin: memoryview, limit: float | None, most: int) -> tuple[bytes, bytes]:
    out, err = bytearray(), bytearray()
    with selectors.DefaultSelector() as waiting:
        for pipe, event in (
            (child.stdin, selectors.EVENT_WRITE),
            (child.stdout, selectors.EVENT_READ),
            (child.stderr, selectors.EVENT_READ),
        ):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
                waiting.register(pipe, event)
        while waiting.get_map():
            left = None if limit is None else limit - time.monotonic()
            if left is not None and left <= 0:
                raise subprocess.TimeoutExpired(child.args, 0)
            for key, _ in waiting.select(left):
                pipe = key.fileobj
                if child.stdin is not None and pipe is child.stdin:
                    stdin = _fed(key.fd, stdin)
                    if not stdin:
                        waiting.unregister(pipe)
                        child.stdin.close()
                    continue
                part = os.read(key.fd, PART_BYTES)
                if not part:
                    waiting.unregister(pipe)
                elif pipe is child.stdout:
                    out += part
                    if len(out) > most:
                        raise TooMuch
                elif len(err) < MOST_ERROR_BYTES:
                    err += part
    return bytes(out), bytes(err)


def _fed(descriptor: int, data: memoryview) -> memoryview:
    """What is still to be written, none of it copied; nothing where the child reads no more."""
    try:
        return data[os.write(descriptor, data[:PART_BYTES]) :]
    except BrokenPipeError:
        return data[:0]
