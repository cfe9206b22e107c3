"""What every program promises its caller: exit codes, one sentence on standard error, never a stack trace there."""

import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import TypeVar

from phiward_host.common.errors import Failed, Refused
from phiward_host.common.faults import kept_trace, of_the_system
from phiward_host.common.log import RootLog
from phiward_host.common.text import one_line

DONE, FAILED, FAULT = 0, 1, 2
T = TypeVar("T")


class Ended(BaseException):
    """SIGTERM came: the program cleans up behind itself (`finally`) and ends. No handler of errors takes it for one."""


def end_on_sigterm(*others: signal.Signals) -> None:
    """From now on SIGTERM, or another of these signals, raises Ended, once."""
    numbers = (signal.SIGTERM, *others)

    def end(_: int, __: FrameType | None) -> None:
        # What cleans up is not interrupted. Not SIG_IGN, which its children would inherit.
        for number in numbers:
            signal.signal(number, lambda _, __: None)
        raise Ended

    for number in numbers:
        signal.signal(number, end)


def main(program: str, log: RootLog, work: Callable[[], int]) -> int:
    """Runs `work`, which returns the exit code; what it makes is for root only.

    1: it raised Failed or Refused, whose sentence goes to standard error, or Ended; or the system refused it a path. 2:
    a fault of the program. The trace of both, which may hold a secret, goes to the log only. `program` is how a message
    names it, e.g. `the agent`.
    """
    os.umask(0o077)
    try:
        return work()
    except Ended:
        return complain(f"{program} was ended by SIGTERM, and cleaned up")
    except Failed as failure:
        return complain(str(failure))
    except Exception as error:
        kept, words = kept_trace(log), of_the_system(error)
        complain(f"{program} failed ({type(error).__name__}); {kept}" if words is None else words)
        return FAULT if words is None else FAILED


def complain(words: str) -> int:
    """Says on standard error, in one printable line, what went wrong. Returns the exit code FAILED."""
    print(f"phiward: {one_line(words)}", file=sys.stderr, flush=True)
    return FAILED


def choose(words: Sequence[str], verbs: Mapping[str, T], usage: str) -> tuple[T, Sequence[str]]:
    """The entry of the first word, and the words after it. Raises Refused with the usage."""
    if not words or words[0] not in verbs:
        found = words[0] if words else "nothing"
        raise Refused(f"found {found!r}, allowed: {usage}")
    return verbs[words[0]], words[1:]
