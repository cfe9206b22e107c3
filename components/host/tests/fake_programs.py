"""Programs that do nothing: each keeps what it was called with and answers from a list. PATH holds no others."""

import json
import os
import stat
import sys
import tempfile
import unittest
from dataclasses import dataclass
from unittest import mock

from phiward_host.common import paths, process

SCRIPT = """#!{python} -I
import fcntl, json, sys
home = {home!r}
call = [{name!r}, sys.argv[1:], "" if sys.stdin.isatty() else sys.stdin.read()]
lock = open(home + "/lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
with open(home + "/calls", "a") as file:
    file.write(json.dumps(call) + "\\n")
with open(home + "/answers") as file:
    answers = json.load(file)
for number, (name, words, code, out, times) in enumerate(answers):
    if name == call[0] and words in " ".join(call[1]) and times != 0:
        answers[number][4] -= 1
        with open(home + "/answers", "w") as file:
            json.dump(answers, file)
        sys.stdout.write(out)
        sys.exit(code)
"""


@dataclass(frozen=True)
class Call:
    """One call: the program, the words after it, and what came on standard input."""

    program: str
    argv: list[str]
    stdin: str


class ProgramsTest(unittest.TestCase):
    """A test with fake programs, and temporary directories in place of /var/lib/phiward and /run/phiward."""

    programs: tuple[str, ...] = ()

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.home = directory.name
        self.answers: list[tuple[str, str, int, str, int]] = []
        self._save()
        os.mkdir(f"{self.home}/bin")
        for name in self.programs:
            path = f"{self.home}/bin/{name}"
            with open(path, "w", encoding="utf-8") as file:
                file.write(SCRIPT.format(python=sys.executable, home=self.home, name=name))
            os.chmod(path, stat.S_IRWXU)
        self.patch(process, "ENVIRONMENT", {**process.ENVIRONMENT, "PATH": f"{self.home}/bin"})
        self.patch(paths, "BASE", f"{self.home}/base")
        self.patch(paths, "RUN", f"{self.home}/run")

    def patch(self, target: object, name: str, value: object) -> None:
        """Replaces an attribute for this test."""
        patch = mock.patch.object(target, name, value)
        patch.start()
        self.addCleanup(patch.stop)

    def answer(self, program: str, words: str, out: str = "", *, code: int = 0, times: int = -1) -> None:
        """Answers calls with `words` in their arguments, so many times (-1: always); the latest that fits is given."""
        self.answers.insert(0, (program, words, code, out, times))
        self._save()

    def calls(self, program: str) -> list[Call]:
        """All calls of a program so far."""
        path = f"{self.home}/calls"
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as file:
            found = [Call(*json.loads(line)) for line in file]
        return [call for call in found if call.program == program]

    def _save(self) -> None:
        with open(f"{self.home}/answers", "w", encoding="utf-8") as file:
            json.dump(self.answers, file)
