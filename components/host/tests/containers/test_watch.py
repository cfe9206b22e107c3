"""The watch over services: what people are told, once, and when they are told that it is over."""

import contextlib
import io
import json
import os
from collections.abc import Sequence

from phiward_host.alerts import main as alerts
from phiward_host.alerts import settings as alert_settings
from phiward_host.common import docker, paths, process
from phiward_host.common.process import Completed
from phiward_host.containers import watch
from tests.fake_engine import FakeEngine
from tests.support import InDirectory

QUESTION = "GET /containers/api-1/json"
SICK = "it is unhealthy"


def container(
    health: str = "healthy", *, restarts: int = 0, running: bool = True, restarting: bool = False, id: str = "a"
) -> object:
    state = {"Running": running, "Restarting": restarting, "Health": {"Status": health}}
    return {"Id": id, "RestartCount": restarts, "State": state}


class Watch(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.engine = FakeEngine()
        self.told: list[tuple[str, str]] = []
        self.patch(docker, "ask", self.ask)
        self.patch(alerts, "send", self.send)
        self.dropped = ""
        self.code = 0
        self.asked: Sequence[str] = ()
        self.patch(process, "run", self.journalctl)
        self.patch(alert_settings, "PATH", self.path("alert.json", '{"host": "web"}'))
        text = json.dumps({"jobs": {}, "watched": [{"called": "api", "container": "api-1"}]})
        self.patch(watch, "SETTINGS", self.path("jobs.json", text))

    def ask(
        self, method: str, path: str, body: object = None, *, allowed: Sequence[int] = (), timeout: float = 0
    ) -> object:
        return self.engine.ask(method, path, body, allowed=allowed)

    def journalctl(self, argv: Sequence[str], *, timeout: float) -> Completed:
        self.assertEqual(argv[0], "journalctl")
        self.assertLess(timeout, 60)
        self.asked = argv
        return Completed(self.code, self.dropped, "")

    def send(self, _: object, unit: str, result: str) -> bool:
        self.told.append((unit, result))
        return True

    def looks(self, *answers: object) -> list[tuple[str, str]]:
        """What is told in so many looks."""
        self.told.clear()
        for answer in answers:
            self.engine.answers[QUESTION] = answer
            with contextlib.redirect_stdout(io.StringIO()):
                self.assertEqual(watch.main([]), 0)
        return [*self.told]

    def test_a_well_one_and_one_that_is_sick_for_one_look_are_not_told(self) -> None:
        self.assertEqual(self.looks(container(), container("unhealthy"), container(), None, container()), [])

    def test_each_change_is_told_once(self) -> None:
        for sick, words in (
            (container("unhealthy"), SICK),
            (container(running=False), "it does not run"),
            (container(restarting=True), "it ends again and again"),
            (None, "its container is missing"),
        ):
            self.assertEqual(self.looks(sick, sick, sick, sick), [("service api", words)])
            self.assertEqual(
                self.looks(container("starting"), container(), container()), [("service api", "it is well again")]
            )

    def test_one_that_is_well_in_between_and_ends_again_and_again_is_told_once(self) -> None:
        looping = [container(restarts=count) for count in range(0, 24, 2)]
        self.assertEqual(self.looks(*looping), [("service api", "it ends again and again")])
        calm = [container(restarts=22)] * 16
        self.assertEqual(self.looks(*calm), [("service api", "it is well again")])
        # The next version's container is another one.
        self.assertEqual(self.looks(container(restarts=0, id="b"), container(restarts=1, id="b")), [])

    def test_three_new_starts_are_told_at_the_first_look_that_finds_them(self) -> None:
        self.assertEqual(self.looks(container(restarts=5), container(restarts=7)), [])
        self.assertEqual(self.looks(container(restarts=8)), [("service api", "it ends again and again")])

    def test_its_record_is_written_where_a_look_finds_something_new_alone(self) -> None:
        self.looks(*[container()] * watch.REMEMBERED)
        path = f"{paths.BASE}/status/services.json"
        before = os.stat(path).st_ino
        self.looks(*[container()] * 3)
        self.assertEqual(os.stat(path).st_ino, before)
        self.looks(container(restarts=1))
        self.assertNotEqual(os.stat(path).st_ino, before)

    def test_an_engine_that_does_not_answer_is_one_alert_and_says_nothing_of_services(self) -> None:
        silent = ConnectionRefusedError()
        self.assertEqual(self.looks(silent, silent, silent, silent), [("Docker", "it does not answer")])
        self.assertEqual(self.looks(container(), container()), [("Docker", "it is well again")])

    def test_more_lines_than_the_journal_takes_are_told_once_and_of_containers_alone(self) -> None:
        self.dropped = "Suppressed 9 messages from other.service\n"
        self.assertEqual(self.looks(*[container()] * 5), [])
        self.dropped += "Suppressed 12345 messages from docker.service\n"
        said = ("output of containers", "a container prints more than the journal takes")
        self.assertEqual(self.looks(*[container()] * 6), [said])
        self.dropped = ""
        self.assertEqual(self.looks(*[container()] * 3), [("output of containers", "it is well again")])

    def test_a_loss_counts_for_as_many_looks_as_an_alert_takes_so_that_no_half_minute_is_lost_in_silence(self) -> None:
        self.looks(container())
        [seconds] = [int(word[len("--since=-") : -1]) for word in self.asked if word.startswith("--since=-")]
        # Looks are 20 seconds apart, and what one takes; journald says half a minute later what is lost.
        self.assertGreater(seconds, 3 * watch.LOOKS * (20 + watch.ANSWER_SECONDS))
        [lines] = [int(word.partition("=")[2]) for word in self.asked if word.startswith("--lines=")]
        # Each unit's two priorities, each half a minute.
        self.assertGreaterEqual(lines, 20 * 2 * seconds // 30)

    def test_what_cannot_be_seen_is_not_well(self) -> None:
        unseen = ("output of containers", "it cannot be seen whether the journal takes what containers print")
        well = ("output of containers", "it is well again")
        for code in (1, process.TIMED_OUT, process.NOT_FOUND, process.TOO_MUCH):
            self.code = code
            self.assertEqual(self.looks(*[container()] * 6), [unseen])
            self.code = 0
            self.assertEqual(self.looks(*[container()] * 2), [well])
        # The one line of containers may be among those that are left out.
        self.dropped = "Suppressed 9 messages from other.service\n" * watch.DROPPED_LINES
        self.assertEqual(self.looks(*[container()] * 6), [unseen])
        self.dropped = ""
        self.assertEqual(self.looks(*[container()] * 2), [well])
        # What is seen is said, though journalctl failed after it.
        self.code, self.dropped = 1, "Suppressed 9 messages from docker.service\n"
        self.assertEqual(
            self.looks(*[container()] * 6), [("output of containers", "a container prints more than the journal takes")]
        )

    def test_what_is_not_declared_any_more_is_forgotten_and_without_recipients_nothing_is_sent(self) -> None:
        self.looks(container("unhealthy"), container("unhealthy"))
        self.patch(watch, "SETTINGS", self.path("jobs.json", '{"jobs": {}, "watched": []}'))
        self.assertEqual(self.looks(container()), [])
        with open(f"{paths.BASE}/status/services.json", encoding="utf-8") as file:
            self.assertEqual([*json.load(file)], ["docker", "output of containers"])
        text = json.dumps({"jobs": {}, "watched": [{"called": "api", "container": "api-1"}]})
        self.patch(watch, "SETTINGS", self.path("jobs.json", text))
        self.patch(alert_settings, "PATH", self.path("none.json"))
        self.assertEqual(self.looks(*[None] * 4), [])
