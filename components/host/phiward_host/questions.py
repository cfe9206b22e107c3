"""`phiward.pyz questions SECONDS`: runs several programs of this archive at once, each as it would run alone.

Most of what such a program takes is its start. Here the modules of all of them are loaded once; then each runs in a
child of its own, which shares nothing with the others but what was loaded.
"""

import contextlib
import json
import os
import resource
import selectors
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from phiward_host import __main__ as programs
from phiward_host.common import cli, output, process
from phiward_host.common.decode import Fields, as_str, list_of
from phiward_host.common.errors import Refused
from phiward_host.common.log import RootLog
from phiward_host.common.process import Completed

LOG = RootLog("questions")
USAGE = 'questions SECONDS, with {"questions": [[PROGRAM, WORD…], …]} on standard input'
OWN_NAME = "questions"
AT_ONCE = 4
MOST_SECONDS = 600
# What nobody could begin in so many times the time of one is left to whoever asks.
WHOLE_TIMES = 2


def main(words: Sequence[str]) -> int:
    """Prints, as JSON, how each ended, in order: null for one that was not begun in time."""
    return cli.main("the program of questions", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    if len(words) != 1 or not words[0].isdigit() or not 0 < int(words[0]) <= MOST_SECONDS:
        raise Refused(f"found {len(words)} words, allowed: {USAGE}")
    questions = requested()
    answers = answers_to(questions, int(words[0]))
    print(json.dumps([None if done is None else vars(done) for done in map(answers.get, range(len(questions)))]))
    return cli.DONE


def requested() -> list[list[str]]:
    """Programs with their words, from standard input. Raises Refused."""
    questions = Fields.of(json.loads(sys.stdin.buffer.read()), "request").read("questions", list_of(list_of(as_str)))
    for asked in questions:
        if not asked or asked[0] == OWN_NAME or asked[0] not in programs.PROGRAMS:
            raise Refused(f"found another program, allowed: {', '.join(programs.PROGRAMS)}, but {OWN_NAME}")
    return questions


def answers_to(questions: Sequence[Sequence[str]], seconds: float) -> Mapping[int, Completed]:
    """How each ended, by its place; what was not begun in time is left out."""
    for program in dict.fromkeys(asked[0] for asked in questions):
        # One that cannot be loaded says so itself, in its child.
        with contextlib.suppress(Exception):
            programs.entry(program)
    waiting = deque(enumerate(questions))
    answers: dict[int, Completed] = {}
    whole = time.monotonic() + WHOLE_TIMES * seconds
    with selectors.DefaultSelector() as running:
        while running.get_map() or (waiting and time.monotonic() < whole):
            while waiting and len(running.get_map()) < AT_ONCE and time.monotonic() < whole:
                child = _begun(*waiting.popleft(), min(whole, time.monotonic() + seconds))
                running.register(child.process, selectors.EVENT_READ, child)
            children: list[Child] = [key.data for key in running.get_map().values()]
            running.select(max(0, min(child.limit for child in children) - time.monotonic()))
            for child in children:
                ended = child.ended(seconds)
                if ended is not None:
                    running.unregister(child.process)
                    child.close()
                    answers[child.place] = ended
    return answers


@dataclass(frozen=True)
class Child:
    """A program that runs: descriptors of it and of what it says, and when its time is up."""

    place: int
    program: str
    pid: int
    process: int
    out: int
    err: int
    limit: float

    def ended(self, seconds: float) -> Completed | None:
        """How it ended, and then it is gone; one whose time is up is killed. None while it runs."""
        is_late = time.monotonic() >= self.limit
        if is_late:
            os.kill(self.pid, signal.SIGKILL)
        pid, status = os.waitpid(self.pid, 0 if is_late else os.WNOHANG)
        if pid == 0:
            return None
        if is_late:
            return Completed(process.TIMED_OUT, "", f"{self.program}: no answer within {seconds} s")
        if os.fstat(self.out).st_size >= output.MOST_BYTES:
            return Completed(process.TOO_MUCH, "", f"{self.program}: it said more than {output.MOST_BYTES} bytes")
        said = [
            os.pread(descriptor, most, 0).decode("utf-8", "replace")
            for descriptor, most in ((self.out, output.MOST_BYTES), (self.err, output.MOST_ERROR_BYTES))
        ]
        return Completed(os.waitstatus_to_exitcode(status), *said)

    def close(self) -> None:
        for descriptor in (self.process, self.out, self.err):
            os.close(descriptor)


def _begun(place: int, asked: Sequence[str], limit: float) -> Child:
    out, err = os.memfd_create("out"), os.memfd_create("err")
    pid = os.fork()
    if pid == 0:
        _become(asked, out, err)
    return Child(place, asked[0], pid, os.pidfd_open(pid), out, err, limit)


def _become(asked: Sequence[str], out: int, err: int) -> NoReturn:
    """Runs the program in this process, which says nothing but what that says, and ends with it."""
    code = 1
    try:
        # Of its standard input, all was read.
        os.dup2(out, 1)
        os.dup2(err, 2)
        # What it says is in memory: no program fills that. No check writes as much anywhere else.
        resource.setrlimit(resource.RLIMIT_FSIZE, (output.MOST_BYTES, output.MOST_BYTES))
        sys.argv[1:] = asked
        code = programs.main(asked)
    except BaseException:
        traceback.print_exc()
    finally:
        # Nothing of the parent's is run again.
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
