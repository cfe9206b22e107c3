"""What went wrong, in a sentence for the operator, also of several pieces of work that stand alone."""

import os
import traceback
from collections.abc import Callable, Iterable
from typing import TypeVar

from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog

T = TypeVar("T")
R = TypeVar("R")


def sentence(error: Exception, log: RootLog) -> str:
    """What to tell of an error. The trace of any but Failed, which may hold data or a secret, goes to the log only."""
    if isinstance(error, Failed):
        return str(error)
    kept = kept_trace(log)
    return of_the_system(error) or f"a fault of the program ({type(error).__name__}); {kept}"


def of_the_system(error: Exception) -> str | None:
    """The system's own words of a path, such as of a full disk; None for any other error."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    return None


def kept_trace(log: RootLog) -> str:
    """Writes the trace of the exception at hand to the log. Says where it is; a confined job may not write there."""
    try:
        return f"the trace is in {log.write(traceback.format_exc())} on the host"
    except OSError:
        return "its trace could not be written to the log"


class Faults:
    """What went wrong in pieces of work that stand alone."""

    def __init__(self, log: RootLog) -> None:
        self._log = log
        self.sentences: list[str] = []

    def attempt(self, work: Callable[[], R]) -> R | None:
        """Does one piece of work, and returns what it returns; None where it failed, in whatever way."""
        try:
            return work()
        except Exception as error:
            self.sentences.append(sentence(error, self._log))
        return None

    def raise_any(self) -> None:
        """Raises Failed with all that went wrong, if anything did."""
        if self.sentences:
            raise Failed("; ".join(self.sentences))


def each(work: Callable[[T], object], items: Iterable[T], log: RootLog) -> None:
    """Does the same for each of several. Raises Failed with the sentences of all that failed, after the last."""
    faults = Faults(log)
    for item in items:
        faults.attempt(lambda item=item: work(item))
    faults.raise_any()
