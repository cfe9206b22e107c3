"""A service of which one container runs at a time: what is stopped and watched, and when the former one is back."""

import contextlib
import io
import json
from collections.abc import Sequence
from unittest import mock

from phiward_host.common import process
from phiward_host.common.errors import Failed
from phiward_host.common.process import Completed
from phiward_host.containers import handover, initialize
from phiward_host.containers.handover import Handover, Service
from tests.fake_engine import EngineTest

API = Service("api", "api-2", 60)
HANDOVER = Handover(API, ["old"], None)


def container(status: str = "running", health: str = "starting", id: str = "new", restarts: int = 0) -> object:
    state = {"Status": status, "Running": status == "running", "Restarting": status == "restarting"}
    return {"Id": id, "RestartCount": restarts, "State": {**state, "Health": {"Status": health}}}


def never(*_: object) -> bool:
    return False


class HandoverTest(EngineTest):
    def setUp(self) -> None:
        super().setUp()
        self.programs: list[list[str]] = []
        self.code = 0
        self.engine.answers["GET /containers/json"] = [{"Id": "old", "Names": ["/api-1"]}]
        self.engine.answers["GET /containers/api-2/json"] = None
        for target, name, value in ((process, "run", self.run_program), (handover, "POLL_SECONDS", 0)):
            patch = mock.patch.object(target, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def run_program(self, argv: Sequence[str]) -> Completed:
        self.programs.append([*argv])
        self.engine.asked.append((f"RUN {argv[0]} {argv[1]}", None))
        return Completed(self.code if argv[0] == "systemd-run" else 0, "", "no unit")

    def changes(self) -> list[str]:
        return [question for question in self.engine.questions() if not question.startswith("GET")]

    def test_the_former_one_is_stopped_once_it_is_watched_and_would_come_back_at_a_boot(self) -> None:
        handover.begin([API])
        self.assertEqual(
            self.changes(),
            [
                "RUN systemctl stop",
                "POST /containers/old/update",
                "RUN systemd-run --quiet",
                "POST /containers/old/stop",
            ],
        )
        self.assertIn(("POST /containers/old/update", {"RestartPolicy": {"Name": "always"}}), self.engine.asked)
        told = Handover.from_json(json.loads(self.programs[-1][-1]), "handover")
        self.assertEqual(told, HANDOVER)

    def test_one_that_ends_in_the_moment_in_which_its_policy_changes_is_asked_again(self) -> None:
        ending = Failed("Cannot update container old: runc did not terminate: container not running: unknown")
        update = "POST /containers/old/update"
        answers: list[object] = [ending, ending, {}]
        self.engine.watch = lambda question: self.engine.answers.update(
            {question: answers.pop(0)} if question == update and answers else {}
        )
        handover.begin([API])
        self.assertEqual(self.changes().count(update), 3)
        for refusal, tries in ((ending, handover.ENDING_TRIES), (Failed("no such policy"), 1)):
            self.engine.asked.clear()
            self.engine.answers[update] = refusal
            with self.assertRaises(Failed):
                handover.begin([API])
            self.assertEqual(self.changes().count(update), tries)

    def test_nothing_is_stopped_where_the_declared_one_alone_runs_or_none_does(self) -> None:
        for running in ([], [{"Id": "new", "Names": ["/api-2"]}]):
            self.engine.answers["GET /containers/json"] = running
            handover.begin([API])
            self.assertEqual((handover.settled([API]), self.changes()), (0, []))

    def test_a_former_one_that_runs_is_not_settled(self) -> None:
        with contextlib.redirect_stderr(io.StringIO()) as said:
            self.assertEqual(handover.settled([API]), 1)
        self.assertIn("a container of api runs that is not api-2", said.getvalue())

    def test_the_former_one_goes_on_where_nobody_can_watch(self) -> None:
        self.code = 1
        with self.assertRaisesRegex(Failed, "no unit"):
            handover.begin([API])
        self.assertNotIn("POST /containers/old/stop", self.changes())
        self.assertEqual(self.changes()[-2:], ["POST /containers/old/update", "POST /containers/old/start"])

    def test_one_that_failed_earlier_is_not_taken_for_the_next_one(self) -> None:
        self.engine.answers["GET /containers/api-2/json"] = container("exited", id="failed")
        handover.begin([API])
        told = Handover.from_json(json.loads(self.programs[-1][-1]), "handover")
        self.assertEqual(told.unhealthy, "failed")
        self.watched([container("exited", id="failed"), container(health="healthy")], told)
        self.assertNotIn("POST /containers/old/start", self.changes())

    def test_one_that_could_not_start_beside_the_former_one_may_become_healthy_after_it(self) -> None:
        again = container("restarting", id="failed", restarts=9)
        self.watched([again, again, container(health="healthy", id="failed")], Handover(API, ["old"], "failed"))
        self.assertEqual(self.changes(), ["POST /containers/old/update"])

    def test_an_init_step_is_run_between_the_two_and_the_former_one_is_back_where_it_fails(self) -> None:
        steps = {"api": initialize.Initialization("api", "abc", {}, 60, backs_up=False, stops_first=True)}
        failing = False

        def run(service: str, _: object) -> None:
            self.engine.asked.append((f"INIT {service}", None))
            if failing:
                raise Failed("its init step failed")

        api = Service("api", "api-2", 60, 600)
        with (
            mock.patch.object(initialize, "declared", lambda: steps),
            mock.patch.object(initialize, "run", run),
            mock.patch.object(initialize, "is_done", never),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            self.assertEqual(handover.settled([api]), 1)
            handover.begin([api])
            self.assertEqual(self.changes()[-2:], ["POST /containers/old/stop", "INIT api"])
            self.assertEqual(
                Handover.from_json(json.loads(self.programs[-1][-1]), "handover").service.initializing, 600
            )
            failing = True
            with self.assertRaisesRegex(Failed, "its init step failed"):
                handover.begin([api])
            self.assertEqual(self.changes()[-1], "POST /containers/old/start")
            self.assertIn("DELETE /containers/phiward-init-api?v=true&force=true", self.changes())
            self.engine.answers["GET /containers/json"] = []
            self.assertEqual(handover.settled([api]), 1)
            failing = False
            self.engine.asked.clear()
            handover.begin([api])
            self.assertEqual(self.changes(), ["INIT api"])

    def watched(self, states: list[object], told: Handover = HANDOVER) -> None:
        self.engine.asked.clear()
        path = "GET /containers/api-2/json"

        def next_state(question: str) -> None:
            if question == path:
                self.engine.answers[path] = states.pop(0) if len(states) > 1 else states[0]

        self.engine.watch = next_state
        with contextlib.redirect_stdout(io.StringIO()):
            handover.watch(told)

    def test_a_healthy_one_ends_it_and_the_former_one_stays_stopped_also_at_a_boot(self) -> None:
        between = [container("created"), container(), container("restarting", restarts=1), container(restarts=3)]
        self.watched([None, *between, container(health="healthy")])
        self.assertEqual(self.changes(), ["POST /containers/old/update"])
        self.assertIn(("POST /containers/old/update", {"RestartPolicy": {"Name": "no"}}), self.engine.asked)

    def test_the_former_one_is_back_where_the_next_one_fails_in_any_way_or_is_never_made(self) -> None:
        given_back = ["POST /containers/api-2/stop", "POST /containers/old/update", "POST /containers/old/start"]
        for failed in (container("exited"), container(health="unhealthy"), container("restarting", restarts=3)):
            self.watched([None, container(), failed])
            self.assertEqual(self.changes(), given_back)
            self.assertIn(
                ("POST /containers/old/update", {"RestartPolicy": {"Name": "unless-stopped"}}), self.engine.asked
            )
        with mock.patch.object(handover, "APPEAR_SECONDS", -1):
            self.watched([None])
        self.assertEqual(self.changes(), given_back)
        with mock.patch.object(handover, "SPARE_SECONDS", -61):
            self.watched([container()])
        self.assertEqual(self.changes(), given_back)
