"""A database that is not there: docker(1) with a psql that answers from a table."""

import json
import pathlib
import stat
import sys
from collections.abc import Mapping
from unittest import mock

from phiward_host.databases import guard
from tests.fake_programs import ProgramsTest

# psql answers line by line, as its caller waits for each answer.
DOCKER = """#!{python} -I
import json, sys
home = {home!r}
with open(home + "/docker.json") as file:
    answers = json.load(file)
with open(home + "/docker.calls", "a") as log:
    log.write(" ".join(sys.argv[1:]) + "\\n")
    words = " ".join(sys.argv[1:])
    for name, out in answers.items():
        if name in words:
            sys.stdout.write(out)
    if "FAIL" in answers and answers["FAIL"] in words:
        sys.exit(1)
    for line in sys.stdin if "--interactive" in sys.argv else ():
        log.write("  " + line.rstrip("\\n") + "\\n")
        if "FAIL" in answers and answers["FAIL"] in line:
            sys.exit(3)
        for name, out in answers.items():
            if name in line:
                print(out, flush=True)
                break
"""
WORDS = {"version": "17", "encoding": "UTF8", "collate": "C", "ctype": "C"}
ABOUT: dict[str, object] = {"largeObjects": 0, "bytes": 7, **WORDS, "settings": [], "members": [], "grants": []}
FACTS = {"exists": True, "memberships": ["api", "api_e1"], "members": [], "open": True, "connects": True}
LISTED = {
    "schema": "public",
    "table": "a",
    "name": "public.a",
    "owner": "api",
    "readable": True,
    "extension": None,
    "columns": ["id"],
    "generated": [],
}
# What a database with one table of one row answers, by what only that query holds.
TABLE = {
    "'memberships'": json.dumps(FACTS),
    "'columns'": json.dumps([LISTED]),
    "record_out": '[1, "2"]',
    "'largeObjects'": json.dumps(ABOUT),
}


class DatabasesTest(ProgramsTest):
    """A test with a restic and a docker whose psql answers as configured; the database has one table, `public.a`."""

    programs = ("restic", "ssh-keygen", "systemctl")

    def setUp(self) -> None:
        super().setUp()
        path = pathlib.Path(self.home, "bin/docker")
        path.write_text(DOCKER.format(python=sys.executable, home=self.home), encoding="utf-8")
        path.chmod(stat.S_IRWXU)
        self.psql(TABLE)
        # tests/databases/test_guard.py has it.
        self.patch(guard.Guard, "_run", mock.Mock())
        self.patch(guard, "READY_SECONDS", 0)

    def psql(self, answers: Mapping[str, str]) -> None:
        """Answers each line that holds a name with its text, and fails at one that holds that of `FAIL`."""
        pathlib.Path(self.home, "docker.json").write_text(json.dumps(answers), encoding="utf-8")

    def docker(self) -> str:
        """What docker was asked to do; lines of standard input are indented."""
        path = pathlib.Path(self.home, "docker.calls")
        return path.read_text(encoding="utf-8") if path.exists() else ""
