"""What tests share: the programs on temporary directories, without the tools of a host."""

import os
import pathlib
import tempfile
import unittest
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol
from unittest import mock

import phiward_host
from phiward_host.common import journal, paths, process
from phiward_host.common.process import Completed

OK = Completed(0, "", "")


class Run(Protocol):
    """Stands in for process.run."""

    def __call__(
        self,
        argv: Sequence[str],
        *,
        stdin: str | None = None,
        timeout: float | None = None,
        env: Mapping[str, str] | None = None,
        pass_fds: Sequence[int] = (),
    ) -> Completed: ...


def answering(answer: Callable[[Sequence[str], str | None], Completed]) -> Run:
    """A stand-in that answers by the command and what it reads."""

    def run(
        argv: Sequence[str],
        *,
        stdin: str | None = None,
        timeout: float | None = None,
        env: Mapping[str, str] | None = None,
        pass_fds: Sequence[int] = (),
    ) -> Completed:
        return answer(argv, stdin)

    return run


def deep_tree(top: str, depth: int, name: str = "d") -> None:
    """Makes a directory in a directory, so many times below `top`, with a file in the last: no path is as long."""
    held = os.open(top, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=held)
        below = os.open(name, os.O_RDONLY, dir_fd=held)
        os.close(held)
        held = below
    os.close(os.open("last", os.O_WRONLY | os.O_CREAT, dir_fd=held))
    os.close(held)


class OnDisk(unittest.TestCase):
    """State, locks and files are under the test's own directory."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = directory.name
        self.base = os.path.join(self.root, "state")
        self.patch(paths, "BASE", self.base)
        self.patch(paths, "RUN", os.path.join(self.root, "run"))
        self.patch(paths, "ARCHIVE", os.path.join(self.root, "phiward.pyz"))
        self.patch(phiward_host, "COMPILED", os.path.join(self.root, "compiled"))
        # What is put on record is none of this machine's.
        self.patch(journal, "SOCKET", os.path.join(self.root, "journal-socket"))

    def patch(self, target: object, name: str, value: object) -> None:
        """Replaces an attribute until the test ends."""
        patcher = mock.patch.object(target, name, value)
        patcher.start()
        self.addCleanup(patcher.stop)

    def path(self, name: str, text: str | None = None) -> str:
        """A path in the directory; with `text`, a file is there."""
        path = os.path.join(self.root, name)
        if text is not None:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            pathlib.Path(path).write_text(text)
        return path


class InDirectory(OnDisk):
    """As OnDisk; no program is run: each succeeds and prints nothing, until a test says otherwise."""

    def setUp(self) -> None:
        super().setUp()
        self.run_with(lambda argv, stdin: OK)

    def run_with(self, answer: Callable[[Sequence[str], str | None], Completed]) -> None:
        """How programs answer from now on."""
        self.patch(process, "run", answering(answer))
