"""Several programs by one start: each in a process of its own, which ends as it would alone."""

import contextlib
import io
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import NoReturn

from phiward_host import __main__ as programs
from phiward_host import questions
from phiward_host.common import output, process
from phiward_host.common.process import Completed
from tests.support import InDirectory

Program = Callable[[Sequence[str]], int]


def says(words: Sequence[str]) -> int:
    print(" ".join(words))
    print("complaint", file=sys.stderr)
    return int(words[0])


def fails(words: Sequence[str]) -> NoReturn:
    raise ValueError("a fault")


def waits(words: Sequence[str]) -> int:
    time.sleep(60)
    return 0


def fills(words: Sequence[str]) -> int:
    sys.stdout.write("x" * 4096)
    return 0


def dies(words: Sequence[str]) -> int:
    os.abort()


def changes(words: Sequence[str]) -> int:
    os.environ["CHANGED"] = "yes"
    os.chdir("/")
    os.umask(0)
    return 0


KNOWN: dict[str, Program] = {
    "says": says,
    "fails": fails,
    "waits": waits,
    "fills": fills,
    "dies": dies,
    "changes": changes,
}


SAID = Completed(0, "0\n", "complaint\n")


def second_answered(asked: Sequence[Sequence[str]], seconds: float) -> dict[int, Completed]:
    return {1: SAID}


class Questions(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.patch(programs, "PROGRAMS", {**dict.fromkeys(KNOWN, ""), "questions": ""})
        self.patch(programs, "entry", KNOWN.__getitem__)

    def answers(self, *asked: Sequence[str], seconds: float = 20) -> list[Completed | None]:
        found = questions.answers_to(asked, seconds)
        return [found.get(place) for place in range(len(asked))]

    def test_each_says_and_ends_as_it_does_alone_whatever_becomes_of_the_others(self) -> None:
        says_so, failed, died, other = self.answers(("says", "0", "a"), ("fails",), ("dies",), ("says", "7"))
        self.assertEqual(says_so, Completed(0, "0 a\n", "complaint\n"))
        self.assertEqual(other, Completed(7, "7\n", "complaint\n"))
        assert failed is not None and died is not None
        self.assertEqual((failed.code, failed.stdout), (1, ""))
        self.assertIn("ValueError: a fault", failed.stderr)
        self.assertEqual(died.code, -6)

    def test_more_than_run_at_once_are_all_answered_in_order(self) -> None:
        asked = [("says", "0", str(number)) for number in range(3 * questions.AT_ONCE)]
        self.assertEqual(
            [done and done.stdout for done in self.answers(*asked)], [f"0 {n}\n" for n in range(len(asked))]
        )

    def test_one_whose_time_is_up_is_ended_and_what_was_not_begun_is_left_out(self) -> None:
        begun = time.monotonic()
        found = self.answers(*[("waits",)] * (3 * questions.AT_ONCE), seconds=0.2)
        self.assertLess(time.monotonic() - begun, 10)
        codes = [None if done is None else done.code for done in found]
        self.assertEqual(codes[: questions.AT_ONCE], [process.TIMED_OUT] * questions.AT_ONCE)
        self.assertIsNone(codes[-1])

    def test_one_that_says_too_much_has_not_answered(self) -> None:
        self.patch(output, "MOST_BYTES", 1024)
        (found,) = self.answers(("fills",))
        assert found is not None
        self.assertEqual((found.code, found.stdout), (process.TOO_MUCH, ""))

    def test_nothing_that_one_changes_of_its_process_is_seen_by_another(self) -> None:
        before = (os.getcwd(), os.umask(0o022))
        os.umask(before[1])
        self.answers(("changes",))
        self.assertNotIn("CHANGED", os.environ)
        now = (os.getcwd(), os.umask(0o022))
        os.umask(now[1])
        self.assertEqual(now, before)

    def run_main(self, request: object, *words: str) -> tuple[int, str]:
        class Given:
            buffer = io.BytesIO(json.dumps(request).encode())

        self.patch(sys, "stdin", Given)
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()):
            code = questions.main(words)
        return code, out.getvalue()

    def test_it_prints_the_answers_and_refuses_what_is_no_program_or_itself(self) -> None:
        self.patch(questions, "answers_to", second_answered)
        code, said = self.run_main({"questions": [["says", "0"], ["says", "0"]]}, "5")
        self.assertEqual((code, json.loads(said)), (0, [None, vars(SAID)]))
        refused: list[list[list[str]]] = [[["nothing"]], [["questions", "5"]], [[]], [["says"], ["nothing"]]]
        for asked in refused:
            self.assertEqual(self.run_main({"questions": asked}, "5"), (1, ""))
        for words in ((), ("0",), ("x",), ("601",), ("5", "5")):
            self.assertEqual(self.run_main({"questions": []}, *words), (1, ""))
