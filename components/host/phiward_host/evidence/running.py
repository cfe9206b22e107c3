"""Runs each source in a process of its own, within its time: one that hangs is ended or left, and the next begins."""

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType

from phiward_host.evidence.asked import Asked
from phiward_host.evidence.sink import DATA, END, FOOTPRINT, ITEM, Frames, Sink, into_pipe
from phiward_host.evidence.stream import MOST_ITEMS, Stream

KILL_SECONDS = 2.0
# Of what many items of one source may add, and an item's name and words.
NAME_CHARACTERS = 48


@dataclass(frozen=True)
class Source:
    """What is looked at: within so many seconds, and each of its items of at most so many bytes."""

    name: str
    work: Callable[[Sink, Asked], None]
    seconds: float
    most: int


class Collector:
    """Takes the frames of one source into the stream, and what it did into the footprint."""

    def __init__(self, source: Source, stream: Stream, footprint: list[dict[str, object]]) -> None:
        self._source, self._stream, self._footprint = source, stream, footprint
        self._is_cut = False

    def take(self, kind: bytes, data: bytes) -> None:
        if kind == DATA:
            self._add(data)
        elif kind == FOOTPRINT:
            self._footprint.append({"source": self._source.name, **json.loads(data)})
        elif kind == ITEM:
            name, source = json.loads(data)
            if self._stream.count < MOST_ITEMS:
                self._is_cut = False
                self._stream.begin(str(name)[:NAME_CHARACTERS], str(source)[:500])
        elif kind == END and self._stream.is_open:
            outcome, more = json.loads(data)
            self._stream.end(f"cut off at {self._source.most} bytes" if self._is_cut else str(outcome), more)

    def _add(self, data: bytes) -> None:
        if not self._stream.is_open:
            return
        room = self._source.most - self._stream.size
        self._is_cut = self._is_cut or len(data) > room
        if room > 0:
            self._stream.add(data[:room])

    def finish(self, trouble: str | None) -> None:
        """Ends what is open. A source that brought nothing has an item that says so."""
        if trouble is not None and not self._stream.is_open:
            self._stream.begin(f"{self._source.name}-ended", "the source itself")
        if self._stream.is_open:
            self._stream.end(trouble or "cut off: the source ended early")


def run(source: Source, asked: Asked, stream: Stream, footprint: list[dict[str, object]]) -> None:
    """Brings all that a source has into the stream. Raises only what the stream raises."""
    collector = Collector(source, stream, footprint)
    try:
        descriptor, pid = _forked(source, asked)
    except OSError:
        # Such as no memory: in this process then, by an alarm.
        collector.finish(_alone(source, asked, Sink(collector.take)))
        return
    trouble = None
    try:
        frames = Frames(collector.take)
        for part in _until(descriptor, time.monotonic() + source.seconds):
            if part is None:
                trouble = f"cut off: no end within {source.seconds:.0f} s"
                break
            frames.feed(part)
    finally:
        os.close(descriptor)
        status = _ended(pid, kill=trouble is not None)
    if status is None:
        trouble = f"{trouble or 'cut off'}; its process hangs in the kernel and was left"
    elif trouble is None and status != 0:
        trouble = f"cut off: the source ended with {status}"
    collector.finish(trouble)


def _forked(source: Source, asked: Asked) -> tuple[int, int]:
    reads, writes = os.pipe()
    try:
        pid = os.fork()
    except OSError:
        os.close(reads)
        os.close(writes)
        raise
    if pid == 0:
        _child(source, asked, reads, writes)
    os.close(writes)
    return reads, pid


def _child(source: Source, asked: Asked, reads: int, writes: int) -> None:
    code = 3
    try:
        os.close(reads)
        # The tools that it starts end with it.
        os.setpgid(0, 0)
        sink = into_pipe(writes)
        source.work(sink, asked)
        code = 0
    except Exception as error:
        with contextlib.suppress(OSError):
            sink = into_pipe(writes)
            sink.end(f"cut off: {type(error).__name__} {getattr(error, 'strerror', None) or ''}".rstrip())
    finally:
        os._exit(code)


def _until(descriptor: int, limit: float) -> Iterator[bytes | None]:
    """What comes; None where the time is up."""
    while True:
        left = limit - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            yield None
            return
        part = os.read(descriptor, 1 << 18)
        if not part:
            return
        yield part


def _ended(pid: int, *, kill: bool) -> int | None:
    """How a child ended; None where not even SIGKILL ends it within a moment."""
    if kill:
        for target in (-pid, pid):
            with contextlib.suppress(OSError):
                os.kill(target, signal.SIGKILL)
    limit = time.monotonic() + KILL_SECONDS
    while time.monotonic() < limit:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done == pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    return None if kill else _ended_by_force(pid)


def _ended_by_force(pid: int) -> int | None:
    for target in (-pid, pid):
        with contextlib.suppress(OSError):
            os.kill(target, signal.SIGKILL)
    time.sleep(0.1)
    done, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if done == pid else None


class _Late(Exception):
    pass


def _alone(source: Source, asked: Asked, sink: Sink) -> str | None:
    def late(_: int, __: FrameType | None) -> None:
        raise _Late

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, source.seconds)
    try:
        source.work(sink, asked)
    except _Late:
        return f"cut off: no end within {source.seconds:.0f} s"
    except (OSError, MemoryError) as error:
        return f"cut off: {type(error).__name__}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return None
