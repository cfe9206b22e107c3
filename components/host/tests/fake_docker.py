"""A docker(1) that runs nothing: it keeps what it was called with, and answers from a list."""

import json
import os
import stat
import sys
import tempfile
import unittest
from dataclasses import dataclass
from unittest import mock

from phiward_host.common import process

SCRIPT = """#!{python} -I
import json, sys
home = {home!r}
call = [sys.argv[1:], sys.stdin.read()]
with open(home + "/calls", "a") as file:
    file.write(json.dumps(call) + "\\n")
with open(home + "/answers") as file:
    answers = json.load(file)
for words, code, out, err in answers:
    if words in json.dumps(call[0]) or words in call[1]:
        sys.stdout.write(out)
        sys.stderr.write(err)
        sys.exit(code)
"""


@dataclass(frozen=True)
class Call:
    """One call: the words after `docker`, and what came on standard input."""

    argv: list[str]
    stdin: str


class DockerTest(unittest.TestCase):
    """A test with the fake docker as the only program, and a temporary directory."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.home = directory.name
        self.answers: list[tuple[str, int, str, str]] = []
        path = self.path("docker")
        with open(path, "w", encoding="utf-8") as file:
            file.write(SCRIPT.format(python=sys.executable, home=self.home))
        os.chmod(path, stat.S_IRWXU)
        self.save()
        patch = mock.patch.object(process, "ENVIRONMENT", {**process.ENVIRONMENT, "PATH": self.home})
        patch.start()
        self.addCleanup(patch.stop)

    def path(self, name: str, text: str | None = None) -> str:
        """A path in the test's directory; with `text`, a file that holds it."""
        path = os.path.join(self.home, name)
        if text is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        return path

    def answer(self, words: str, out: str = "", *, code: int = 0, err: str = "") -> None:
        """Answers calls with `words` in their arguments or standard input; of two that fit, the later one is given."""
        self.answers.insert(0, (words, code, out, err))
        self.save()

    def save(self) -> None:
        self.path("answers", json.dumps(self.answers))

    def calls(self) -> list[Call]:
        """All calls so far, and forgets them."""
        path = self.path("calls")
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as file:
            found = [Call(*json.loads(line)) for line in file]
        os.unlink(path)
        return found
