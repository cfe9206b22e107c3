"""Starting a container until it is healthy, and removing one."""

from phiward_host.common.errors import Failed
from phiward_host.containers import lifecycle
from tests.fake_engine import HEALTHY, EngineTest


def state(
    health: object = None, *, restarts: int = 0, running: bool = True, restarting: bool = False, code: int = 0
) -> object:
    about = {"Running": running, "Restarting": restarting, "ExitCode": code}
    return {"RestartCount": restarts, "State": about if health is None else {**about, "Health": health}}


class Starting(EngineTest):
    def fails(self, answer: object, seconds: float = 60) -> str:
        self.engine.answers["GET /containers/db/json"] = answer
        with self.assertRaises(Failed) as raised:
            lifecycle.start_healthy("db", {}, seconds)
        return str(raised.exception)

    def test_a_healthy_one_is_created_and_started(self) -> None:
        self.engine.answers["GET /containers/a%2Fb/json"] = HEALTHY
        lifecycle.start_healthy("a/b", {"Image": "x"}, 60)
        self.assertEqual(
            self.engine.asked,
            [
                ("POST /containers/create?name=a%2Fb", {"Image": "x"}),
                ("POST /containers/a%2Fb/start", None),
                ("GET /containers/a%2Fb/json", None),
            ],
        )

    def test_an_unhealthy_one_fails_with_the_time_it_took(self) -> None:
        health = {"Status": "unhealthy", "Log": [{"ExitCode": 0}, {"ExitCode": 7}]}
        self.assertEqual(
            self.fails(state(health), seconds=255),
            "db: not healthy within 0 s; its last health check: exit code 7; see docker logs db",
        )

    def test_one_that_stays_starting_fails_when_the_time_is_over(self) -> None:
        for health in ({"Status": "starting", "Log": None}, {"Status": "starting"}):
            self.assertEqual(
                self.fails(state(health), seconds=0),
                "db: not healthy within 0 s; its last health check: exit code none yet; see docker logs db",
            )

    def test_one_that_ends_or_restarts_again_and_again_fails_at_once(self) -> None:
        sentence = "db: ended with exit code 3 before it was healthy; see docker logs db"
        self.assertEqual(self.fails(state(running=False, code=3)), sentence)
        self.assertEqual(self.fails(state({"Status": "starting"}, restarting=True, restarts=3, code=3)), sentence)

    def test_one_that_runs_once_more_is_waited_for_since_its_exit_code_is_not_known_then(self) -> None:
        runs = state({"Status": "starting"}, restarts=3)
        between = state({"Status": "starting"}, restarting=True, restarts=3, code=3)
        answers = [runs, runs, between]
        self.engine.watch = lambda question: self.engine.answers.update(
            {question: answers.pop(0)} if question == "GET /containers/db/json" else {}
        )
        self.assertIn("ended with exit code 3", self.fails(runs))
        self.assertEqual(answers, [])

    def test_one_that_ended_and_is_started_again_is_waited_for(self) -> None:
        # Between its end and its next start the Engine calls it unhealthy.
        between = state({"Status": "unhealthy"}, restarting=True, restarts=1, code=1)
        answers = [state({"Status": "starting"}), between, between, state({"Status": "starting"}, restarts=1), HEALTHY]

        def next_answer(question: str) -> None:
            if question == "GET /containers/db/json":
                self.engine.answers[question] = answers.pop(0)

        self.engine.watch = next_answer
        lifecycle.start_healthy("db", {}, 60)
        self.assertEqual(answers, [])

    def test_one_that_was_started_again_says_how_often_when_it_fails(self) -> None:
        self.assertEqual(
            self.fails(state({"Status": "starting"}, restarts=2), seconds=0),
            "db: not healthy within 0 s; its last health check: exit code none yet; "
            "it ended and was started again 2 times; see docker logs db",
        )

    def test_an_answer_of_another_form_is_refused_by_its_path(self) -> None:
        self.assertIn("container db.State", self.fails({"RestartCount": 0, "State": []}))


class Removing(EngineTest):
    def test_it_is_stopped_in_its_time_and_removed_with_its_nameless_volumes(self) -> None:
        self.engine.answers = {"POST /containers/db/stop": None, "DELETE /containers/db": None}
        lifecycle.remove("db", 30)
        self.assertEqual(
            self.engine.questions(), ["POST /containers/db/stop?t=30", "DELETE /containers/db?v=true&force=true"]
        )
