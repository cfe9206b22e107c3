"""A way through a tree, whoever owns what is in it: without following links, and with few descriptors however deep.

Whoever can write to a tree can make it as deep as the disk allows, far deeper than a process may hold descriptors or a
function may call itself, and can move its directories while it is walked.
"""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Self

from phiward_host.common.directory import LISTED
from phiward_host.common.entries import listed

# Directories on the way that stay open; of those below only the last is, and `..` leads up again.
MOST_HELD = 64


class Moved(OSError):
    """A directory was moved while one was in it, so that the way up leads elsewhere."""

    def __init__(self, path: str) -> None:
        super().__init__(errno.ESTALE, "a directory in it was moved meanwhile; try again", path)


class Descent:
    """Where one is in a tree: down by a name, and up by the same way alone. To be used in a `with`.

    `path` is what a message calls the tree; `names` lead from where it began to where it is.
    """

    def __init__(self, top: int, path: str) -> None:
        self.path = path
        self.names: list[str] = []
        self._way: list[int | None] = []
        self._identities: list[tuple[int, int]] = []
        self._enter(os.open(".", LISTED, dir_fd=top))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._way:
            self._leave()

    @property
    def descriptor(self) -> int:
        """Of the directory where one is, to list it and to reach what is in it."""
        here = self._way[-1]
        if here is None:
            raise Moved(self.path)
        return here

    def down(self, name: str) -> None:
        """To a directory in this one. Raises OSError for anything else."""
        below = os.open(name, LISTED, dir_fd=self.descriptor)
        if len(self._way) > MOST_HELD:
            os.close(self.descriptor)
            self._way[-1] = None
        self.names.append(name)
        self._enter(below)

    def up(self) -> None:
        """To the directory above. Raises Moved, and stays, where `..` is another one by now."""
        if self._way[-2] is None:
            above = os.open("..", LISTED, dir_fd=self.descriptor)
            if _identity(above) != self._identities[-2]:
                os.close(above)
                raise Moved(self.path)
            self._way[-2] = above
        self._leave()
        self.names.pop()

    def up_to_held(self) -> int:
        """After Moved: to the nearest directory above that stayed open. Returns how many levels that was."""
        levels = 0
        while levels == 0 or self._way[-1] is None:
            self._leave()
            self.names.pop()
            levels += 1
        return levels

    def _enter(self, descriptor: int) -> None:
        self._way.append(descriptor)
        self._identities.append(_identity(descriptor))

    def _leave(self) -> None:
        here = self._way.pop()
        self._identities.pop()
        if here is not None:
            os.close(here)


@dataclass(frozen=True)
class Step:
    """A step of a walk: past an entry that is no directory, into a directory, or out of one.

    The descent is in the directory that has the entry at `past`, and in the directory itself at `into` and `out`.
    """

    kind: Literal["past", "into", "out"]
    name: str
    found: os.stat_result


def walk(
    descent: Descent, name: str, *, moved: Literal["error", "passed over"] = "error", most: int | None = None
) -> Iterator[Step]:
    """All at an entry of where a descent is, and below; in the end the descent is where it was.

    What is gone when its turn comes is passed over; where a directory was moved, so is the rest of it, or that is an
    error; so is a directory with more than `most` entries. Raises OSError.
    """
    pending = [iter([name])]
    entered: list[os.stat_result] = []
    while pending:
        inner = next(pending[-1], None)
        if inner is not None:
            try:
                found = os.lstat(inner, dir_fd=descent.descriptor)
                if stat.S_ISDIR(found.st_mode):
                    descent.down(inner)
            except FileNotFoundError:
                continue
            if stat.S_ISDIR(found.st_mode):
                yield Step("into", inner, found)
                pending.append(iter(listed(descent.descriptor, most)))
                entered.append(found)
            else:
                yield Step("past", inner, found)
            continue
        pending.pop()
        if not entered:
            continue
        yield Step("out", descent.names[-1], entered.pop())
        try:
            descent.up()
        except Moved:
            if moved == "error":
                raise
            levels = descent.up_to_held()
            del pending[len(pending) - levels + 1 :], entered[len(entered) - levels + 1 :]


def _identity(descriptor: int) -> tuple[int, int]:
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino
