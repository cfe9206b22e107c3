"""Scheduled jobs: what is run, what is on record, and what is said of one that fails."""

import contextlib
import io
import json
import os
from collections.abc import Sequence

from phiward_host.common import docker, lock, paths, process
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed
from phiward_host.common.process import Completed
from phiward_host.containers import jobs, one_off
from tests.fake_engine import FakeEngine
from tests.support import InDirectory, answering

NAME = "phiward-job-report"
JOB = {"service": "api", "request": {"Image": "x"}, "seconds": 60}


class Jobs(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.engine = FakeEngine({f"POST /containers/{NAME}/wait": {"StatusCode": 0}})
        self.patch(docker, "ask", self.ask)
        text = json.dumps({"jobs": {"report": JOB}, "watched": []})
        self.patch(jobs, "SETTINGS", self.path("jobs.json", text))

    def ask(
        self, method: str, path: str, body: object = None, *, allowed: Sequence[int] = (), timeout: float = 0
    ) -> object:
        return self.engine.ask(method, path, body, allowed=allowed)

    def main(self, *words: str) -> tuple[int, str]:
        with contextlib.redirect_stderr(io.StringIO()) as said:
            return jobs.main(words), said.getvalue()

    def record(self) -> Fields:
        with open(f"{paths.BASE}/services/api/runs/job-report.json", encoding="utf-8") as file:
            return Fields.of(json.load(file), "record")

    def test_one_runs_each_time_as_a_container_that_is_gone_then_and_is_on_record(self) -> None:
        for _ in range(2):
            self.assertEqual(self.main("run", "report"), (0, ""))
        self.assertEqual(self.engine.questions().count(f"POST /containers/{NAME}/start"), 2)
        self.assertEqual(self.engine.questions()[-1], f"DELETE /containers/{NAME}?v=true&force=true")
        self.assertEqual([self.record().integer(name) for name in ("exitCode", "seconds")], [0, 0])

    def test_one_that_fails_or_takes_too_long_is_a_failure_of_its_unit(self) -> None:
        self.engine.answers[f"POST /containers/{NAME}/wait"] = {"StatusCode": 4}
        self.assertEqual(
            self.main("run", "report"),
            (
                1,
                "phiward: the job report ended with exit code 4 after 0 s; "
                "npx phiward logs report shows what it said\n",
            ),
        )
        self.engine.answers[f"POST /containers/{NAME}/wait"] = TimeoutError()
        self.assertIn("the job report did not end within 60 s, and was ended", self.main("run", "report")[1])
        self.assertIn(f"POST /containers/{NAME}/stop?t=10", self.engine.questions())

    def test_one_that_says_more_than_is_read_has_succeeded_all_the_same(self) -> None:
        self.patch(process, "run", answering(lambda argv, _: Completed(process.TOO_MUCH, "", "too much")))
        self.assertEqual(self.main("run", "report"), (0, ""))
        self.assertEqual(self.record().integer("exitCode"), 0)
        with open(f"{paths.BASE}/services/api/runs/job-report.log", encoding="utf-8") as file:
            self.assertIn("its output could not be read (", file.read())

    def test_those_at_the_lock_of_a_person_get_the_name_and_a_minute(self) -> None:
        entry = {"service": "api", "request": {"Image": "x", "Cmd": ["end"]}, "seconds": 1800}
        self.path("jobs.json", json.dumps({"jobs": {}, "atLock": {"report": entry}, "watched": []}))
        works = jobs.at_lock("bob")
        self.assertEqual(list(works), ["report"])
        self.assertEqual(works["report"](), ())
        created = [body for question, body in self.engine.asked if "/create" in question]
        self.assertEqual(created, [{"Image": "x", "Cmd": ["end", "bob"]}])
        self.engine.answers[f"POST /containers/{NAME}/wait"] = TimeoutError()
        with self.assertRaisesRegex(Failed, "the job report did not end within 60 s, and was ended"):
            works["report"]()
        self.patch(jobs, "SETTINGS", self.path("none.json"))
        self.assertEqual(jobs.at_lock("bob"), {})

    def test_one_waits_for_an_init_step_of_its_service(self) -> None:
        self.patch(jobs, "LOCK_SECONDS", 0)
        with lock.hold("init-api.lock", "the init step", 0):
            code, said = self.main("run", "report")
        self.assertEqual((code, self.engine.questions()), (1, []))
        self.assertIn("another init step is running", said)

    def test_what_a_killed_one_left_is_removed_and_another_name_is_refused(self) -> None:
        self.assertEqual(self.main("clean-up", "report"), (0, ""))
        self.assertEqual(self.engine.questions()[-1], f"DELETE /containers/{NAME}?v=true&force=true")
        for words in (("run", "other"), ("run",), ()):
            self.assertEqual(self.main(*words)[0], 1)
        self.assertFalse(os.path.exists(one_off.directory("other")))
