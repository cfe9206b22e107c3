"""A Docker Engine that runs nothing: it keeps what it was asked for and answers from tables."""

import unittest
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from unittest import mock

from phiward_host.common import docker
from phiward_host.common.errors import Failed
from phiward_host.containers import lifecycle

HEALTHY = {
    "RestartCount": 0,
    "State": {"Running": True, "Restarting": False, "ExitCode": 0, "Health": {"Status": "healthy"}},
}


@dataclass
class FakeEngine:
    """Answers by method and beginning of the path; {} where the table has none."""

    answers: dict[str, object] = field(default_factory=dict[str, object])
    asked: list[tuple[str, object]] = field(default_factory=list[tuple[str, object]])
    # Called at each question, e.g. to look at what is on disk at that moment.
    watch: Callable[[str], None] = lambda question: None

    def ask(self, method: str, path: str, body: object = None, *, allowed: Sequence[int] = ()) -> object:
        """As docker.ask; an answer that is an exception is raised, and one that is None has an allowed status."""
        question = f"{method} {path}"
        self.watch(question)
        self.asked.append((question, body))
        fitting = [answer for begin, answer in self.answers.items() if question.startswith(begin)]
        found = fitting[0] if fitting else dict[str, object]()
        if isinstance(found, Exception):
            raise found
        if found is None and not allowed:
            raise Failed("no such thing")
        return found

    def ask_text(self, method: str, path: str, body: object = None) -> str:
        """As docker.ask_text."""
        return str(self.ask(method, path, body))

    def questions(self) -> list[str]:
        return [question for question, _ in self.asked]


class EngineTest(unittest.TestCase):
    """A test with the fake engine, in which nobody waits."""

    def setUp(self) -> None:
        self.engine = FakeEngine()
        for patch in (
            mock.patch.object(docker, "ask", self.engine.ask),
            mock.patch.object(docker, "ask_text", self.engine.ask_text),
            mock.patch.object(lifecycle, "POLL_SECONDS", 0),
        ):
            patch.start()
            self.addCleanup(patch.stop)
