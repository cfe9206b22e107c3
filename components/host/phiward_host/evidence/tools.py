"""Programs of the host that are asked where /proc and files do not say it: each by its hash, within a time and size."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Sequence

from phiward_host.common import output, process
from phiward_host.evidence import reading
from phiward_host.evidence.sink import Sink

SECONDS = 15.0
MOST_BYTES = 8 << 20
MOST_SHOWN = 300


def ask(sink: Sink, *argv: str, seconds: float = SECONDS, most: int = MOST_BYTES) -> tuple[int | str, str]:
    """How a program ended, in words where it did not, and what it said. No way of ending raises."""
    began = time.monotonic()
    child = _start(argv, subprocess.PIPE)
    if isinstance(child, str):
        return child, ""
    said = b""
    ended: int | str
    try:
        said, _ = output.collect(child, None, seconds, most)
        ended = child.returncode
    except subprocess.TimeoutExpired:
        ended = f"no answer within {seconds:.0f} s"
    except output.TooMuch:
        ended = f"it said more than {most} bytes"
    _trace(sink, argv, ended, began)
    return ended, said.decode("utf-8", "replace")


def row(sink: Sink, *argv: str, seconds: float = SECONDS) -> None:
    """The same as a line of the item."""
    ended, said = ask(sink, *argv, seconds=seconds)
    sink.line({"argv": list(argv), "exit": ended, "output": said})


def copy(sink: Sink, *argv: str, seconds: float, most: int) -> str:
    """What a program says goes into the item as it comes, at most so much. Returns the outcome."""
    began = time.monotonic()
    child = _start(argv, subprocess.DEVNULL)
    if isinstance(child, str):
        return child
    left, outcome = most, "whole"
    said = child.stdout
    with contextlib.ExitStack() as closing:
        if said is not None:
            closing.enter_context(said)
            while left > 0 and (part := os.read(said.fileno(), min(left, 1 << 16))):
                sink.data(part)
                left -= len(part)
                if time.monotonic() - began > seconds:
                    outcome = f"cut off after {seconds:.0f} s"
                    break
    if left == 0:
        outcome = f"cut off at {most} bytes"
    if outcome != "whole":
        child.kill()
    code = child.wait()
    _trace(sink, argv, code, began)
    return outcome if outcome != "whole" or code == 0 else f"it exited with status {code}"


def _start(argv: Sequence[str], errors: int) -> "subprocess.Popen[bytes] | str":
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=process.environment(),
            cwd="/",
        )
    except OSError as error:
        return f"not started: {error.strerror}"


def _trace(sink: Sink, argv: Sequence[str], ended: int | str, began: float) -> None:
    path = shutil.which(argv[0], path=process.ENVIRONMENT["PATH"]) or argv[0]
    shown = " ".join(argv)[:MOST_SHOWN]
    seconds = round(time.monotonic() - began, 2)
    sha256 = reading.digest(path, follow=True)
    sink.trace(program=shown, path=path, sha256=sha256, exit=ended, seconds=seconds)
