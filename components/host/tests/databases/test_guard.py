"""While work goes on, nobody else takes what all sessions share: one session of ours looks at the others."""

import contextlib
import json
import os
import pathlib
import sys
import time
from collections.abc import Generator
from unittest import mock

from phiward_host.common.errors import Failed
from phiward_host.databases import eviction, guard
from phiward_host.databases.guard import guarded, under_guard
from tests.fake_programs import ProgramsTest

PSQL = """#!{python} -I
import json, sys
with open({home!r} + "/asked", "a") as log:
    for line in sys.stdin:
        log.write(line)
        log.flush()
        with open({home!r} + "/answer") as file:
            answer = file.read()
        if answer.startswith("FATAL"):
            sys.stderr.write(answer)
            sys.exit(2)
        if "ProcSignalBarrier" in line:
            print(answer, flush=True)
"""

ENDED = {"database": "it's", "excessive": True, "who": "api_e1 with 6001 locks"}


class GuardTest(ProgramsTest):
    def setUp(self) -> None:
        super().setUp()
        path = pathlib.Path(self.home, "bin/docker")
        path.write_text(PSQL.format(python=sys.executable, home=self.home), encoding="utf-8")
        path.chmod(0o700)
        self.patch(guard, "TICK_SECONDS", 0.02)
        self.patch(guard, "READY_SECONDS", 5.0)

        def record(sentence: str) -> str:
            return sentence

        self.patch(eviction, "record", record)

    def says(self, text: str) -> None:
        pathlib.Path(self.home, "next").write_text(text, encoding="utf-8")
        os.replace(f"{self.home}/next", f"{self.home}/answer")

    def asked(self) -> list[str]:
        return pathlib.Path(self.home, "asked").read_text(encoding="utf-8").splitlines()

    def test_it_is_in_its_place_before_the_work_begins_and_asks_in_one_transaction(self) -> None:
        self.says("[]")
        found: list[str] = []
        with guarded("db", found):
            self.assertEqual(self.asked()[0], "BEGIN;")
            self.assertIn("ProcSignalBarrier", self.asked()[2])
            while len(self.asked()) < 9:
                time.sleep(0.01)
        self.assertEqual((self.asked().count("BEGIN;"), found), (1, []))

    def test_whom_it_ended_is_told_once(self) -> None:
        self.says(json.dumps([ENDED]))
        found: list[str] = []
        with guarded("db", found):
            while len(self.asked()) < 9:
                time.sleep(0.01)
        self.assertEqual(len(found), 1)
        self.assertRegex(
            found[0], "^db: a session of api_e1 with 6001 locks was ended: .* for 10 s all others in its database"
        )

    def test_who_took_more_than_half_is_ended_at_once_for_a_while(self) -> None:
        self.says(json.dumps([ENDED]))
        with guarded("db", []):
            while len(self.asked()) < 9:
                time.sleep(0.01)
        looks = [line for line in self.asked() if "ProcSignalBarrier" in line]
        self.assertIn("datname IN ('') AS banned", looks[0])
        self.assertIn("datname IN ('it''s') AS banned", looks[1])

    def test_work_that_failed_while_others_were_in_its_way_is_done_again(self) -> None:
        self.says("[]")
        tries: list[int] = []

        def work() -> str:
            tries.append(len(tries))
            if len(tries) < 2:
                self.says(json.dumps([ENDED]))
                raise Failed("out of shared memory")
            return "done"

        self.assertEqual(under_guard("db", [], work), "done")

    def test_work_that_failed_by_itself_is_not(self) -> None:
        self.says("[]")
        tries: list[int] = []

        def work() -> None:
            tries.append(len(tries))
            raise Failed("no such table")

        with self.assertRaisesRegex(Failed, "no such table"):
            under_guard("db", [], work)
        self.assertEqual(len(tries), 1)

    def test_where_it_is_not_let_in_others_are_ended_from_outside_first(self) -> None:
        @contextlib.contextmanager
        def kept_out(container: str, sentences: list[str]) -> Generator[None]:
            self.says("[]")
            yield
            sentences.append(f"{container}: ended from outside")

        self.says("FATAL:  out of shared memory\n")
        found: list[str] = []
        with mock.patch.object(eviction, "kept_out", kept_out), guarded("db", found):
            self.assertEqual(found, ["db: ended from outside"])

    def test_a_server_that_does_not_answer_keeps_no_work_from_its_own_end(self) -> None:
        self.patch(guard, "READY_SECONDS", 0.2)
        self.says("FATAL:  the database system is shutting down\n")
        began = time.monotonic()
        found: list[str] = []
        with guarded("db", found):
            pass
        self.assertLess(time.monotonic() - began, 4)
        self.assertEqual(found, [])
