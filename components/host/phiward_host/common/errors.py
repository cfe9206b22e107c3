"""The ways to stop that an operator reads about; every other exception is a fault of the program."""

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


class Failed(Exception):
    """Something was tried and did not work. The message is one sentence for the operator, without any tool's output."""


class Refused(Failed):
    """The request cannot be carried out as it stands. The message is one sentence for the operator, as of Failed."""


class Damaged(Failed):
    """A file that phiward wrote does not hold what it wrote, as after a failure of the disk. The message names it."""


def each(work: Callable[[T], object], items: Iterable[T]) -> None:
    """Does the same for each of several that stand alone: one that fails keeps no other from its turn.

    Raises Failed with the sentences of all that failed, after the last.
    """
    sentences: list[str] = []
    for item in items:
        try:
            work(item)
        except Failed as failure:
            sentences.append(str(failure))
    if sentences:
        raise Failed("; ".join(sentences))
