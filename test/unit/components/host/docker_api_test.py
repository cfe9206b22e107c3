"""Waiting for a container: what its end, its restarts and its health check mean, and the time that is told."""
import importlib.util
import pathlib
import unittest

PROGRAM = pathlib.Path(__file__).parents[4] / "components/containers/daemon/host/api.py"


def answer(status, *, running=True, restarting=False, restarts=0, code=0):
    health = {"Status": status, "Log": [{"ExitCode": 1}]}
    return {"RestartCount": restarts, "State": {"Running": running, "Restarting": restarting, "ExitCode": code, "Health": health}}


class Starting(unittest.TestCase):
    def setUp(self):
        spec = importlib.util.spec_from_file_location("docker_api", PROGRAM)
        self.api = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.api)
        self.clock = 0.0
        self.api.time = self

    def monotonic(self):
        return self.clock

    def sleep(self, seconds):
        self.clock += seconds

    def start(self, *answers, seconds=255):
        left = list(answers)
        self.api.ask = lambda method, *_, **__: (left.pop(0) if len(left) > 1 else left[0]) if method == "GET" else {}
        self.api.start_healthy("db", {}, seconds)
        return left

    def refused(self, *answers, seconds=255):
        with self.assertRaises(self.api.Failed) as raised:
            self.start(*answers, seconds=seconds)
        return str(raised.exception)

    def test_one_that_ended_and_is_started_again_is_waited_for(self):
        between = answer("unhealthy", restarting=True, restarts=1, code=1)
        self.start(answer("starting"), between, between, answer("starting", restarts=1), answer("healthy", restarts=1))

    def test_one_that_ends_again_and_again_is_given_up(self):
        ends = [answer("unhealthy", restarting=True, restarts=count, code=7) for count in (1, 2, 3)]
        self.assertEqual(self.refused(*ends), "db: ended with exit code 7 before it was healthy; see docker logs db")

    def test_one_that_stays_down_is_given_up_at_once(self):
        self.assertIn("ended with exit code 3", self.refused(answer("unhealthy", running=False, code=3)))

    def test_an_unhealthy_one_is_given_up_with_the_time_that_it_took(self):
        waited = [answer("starting")] * 70
        self.assertEqual(
            self.refused(*waited, answer("unhealthy")),
            "db: not healthy within 14 s; its last health check: exit code 1; see docker logs db",
        )

    def test_one_that_stays_starting_is_given_up_when_the_time_is_over(self):
        self.assertEqual(
            self.refused(answer("starting", restarts=1), seconds=30),
            "db: not healthy within 30 s; its last health check: exit code 1; it ended and was started again 1 times; see docker logs db",
        )
