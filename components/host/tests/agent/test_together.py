"""Questions that one command answers for several: what it does not answer beyond doubt is asked alone."""

import json
from collections.abc import Callable, Sequence

from phiward_host.agent.asking import answers_to
from phiward_host.agent.together import groups
from phiward_host.common import process
from phiward_host.common.process import Completed
from tests.support import InDirectory

ARCHIVE = ("/usr/bin/python3", "-I", "/usr/local/lib/phiward/phiward.pyz")
FRESH, HEALTHY, LAST = (
    (*ARCHIVE, *words) for words in (("backup", "fresh"), ("sessions", "healthy"), ("integrity", "last"))
)
SHOW = ("systemctl", "show", "--property=FragmentPath,DropInPaths")
Answer = Callable[[Sequence[str], str | None], Completed]


def ended(code: int, stdout: str, stderr: str = "") -> dict[str, object]:
    return {"code": code, "stdout": stdout, "stderr": stderr}


class Together(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.asked: list[tuple[str, ...]] = []

    def ask(self, answer: Answer, *questions: tuple[str, ...]) -> list[Completed]:
        """The answers to these questions, in their order."""

        def noted(argv: Sequence[str], stdin: str | None) -> Completed:
            self.asked.append(tuple(argv))
            return answer(argv, stdin)

        self.run_with(noted)
        found = answers_to(questions)
        return [found[question] for question in questions]

    def test_programs_of_one_archive_are_started_once_and_each_has_its_own_answer(self) -> None:
        def answer(argv: Sequence[str], stdin: str | None) -> Completed:
            asked = json.loads(stdin or "")["questions"]
            self.assertEqual(asked, [["backup", "fresh"], ["sessions", "healthy"], ["integrity", "last"]])
            return Completed(0, json.dumps([ended(0, "yes\n"), ended(1, "", "no\r\n"), ended(-9, "")]), "")

        found = self.ask(answer, FRESH, HEALTHY, LAST)
        self.assertEqual(found, [Completed(0, "yes\n", ""), Completed(1, "", "no\n"), Completed(-9, "", "")])
        self.assertEqual(self.asked, [(*ARCHIVE, "questions", "30")])

    def test_each_is_asked_alone_where_the_one_start_does_not_answer_all_of_it(self) -> None:
        whole = [ended(0, "together"), ended(0, "together")]
        for code, said in (
            (1, json.dumps(whole)),
            (process.TIMED_OUT, ""),
            (0, ""),
            (0, "together"),
            (0, json.dumps(whole[:1])),
            (0, json.dumps([*whole, *whole])),
            (0, json.dumps({"0": whole})),
            (0, json.dumps([whole[0], {"code": "0", "stdout": "", "stderr": ""}])),
            (0, json.dumps([whole[0], {"code": 0}])),
            (0, "[" * 100_000),
        ):
            with self.subTest(said=said[:40], code=code):
                self.asked.clear()
                found = self.ask(
                    lambda argv, stdin, code=code, said=said: (
                        Completed(code, said, "") if "questions" in argv else Completed(3, "alone", "")
                    ),
                    FRESH,
                    HEALTHY,
                )
                self.assertEqual(found, [Completed(3, "alone", "")] * 2)
                self.assertEqual(self.asked[1:], [FRESH, HEALTHY])

    def test_one_that_was_not_begun_in_time_is_asked_alone(self) -> None:
        said = json.dumps([ended(0, "together"), None])
        found = self.ask(lambda argv, stdin: Completed(0, said if "questions" in argv else "alone", ""), FRESH, HEALTHY)
        self.assertEqual([answer.stdout for answer in found], ["together", "alone"])

    def test_a_docker_that_hangs_keeps_no_other_program_waiting(self) -> None:
        def answer(argv: Sequence[str], stdin: str | None) -> Completed:
            if argv[0] == "docker":
                return Completed(process.TIMED_OUT, "", "")
            self.assertNotIn("redis", stdin or "")
            return Completed(0, json.dumps([ended(0, "yes"), ended(0, "yes")]), "")

        found = self.ask(answer, FRESH, (*ARCHIVE, "redis", "ask"), HEALTHY)
        self.assertEqual([each.code for each in found], [0, process.TIMED_OUT, 0])

    def test_units_that_are_as_they_should_be_are_asked_at_once_and_any_other_again_alone(self) -> None:
        def answer(argv: Sequence[str], stdin: str | None) -> Completed:
            states = {"a.timer": "active", "b.timer": "failed", "c.timer": "active"}
            units = argv[2:]
            # As systemctl(1): 0 where any is active.
            code = 0 if any(states[unit] == "active" for unit in units) else 3
            return Completed(code, "".join(f"{states[unit]}\n" for unit in units), "")

        questions = [("systemctl", "is-active", unit) for unit in ("a.timer", "b.timer", "c.timer")]
        found = self.ask(answer, *questions)
        self.assertEqual(
            found, [Completed(0, "active\n", ""), Completed(3, "failed\n", ""), Completed(0, "active\n", "")]
        )
        self.assertEqual(self.asked, [("systemctl", "is-active", "a.timer", "b.timer", "c.timer"), questions[1]])

    def test_all_units_are_asked_alone_where_one_has_no_line_or_something_is_complained_of(self) -> None:
        questions = [("systemctl", "is-enabled", unit) for unit in ("a.service", "gone.service")]
        for said, complaint in (
            ("enabled\n", ""),
            ("enabled\nenabled\nenabled\n", ""),
            ("enabled\nenabled\n", "Failed"),
        ):
            with self.subTest(said=said):
                found = self.ask(
                    lambda argv, stdin, said=said, complaint=complaint: (
                        Completed(1, "alone", "") if len(argv) == 3 else Completed(0, said, complaint)
                    ),
                    *questions,
                )
                self.assertEqual(found, [Completed(1, "alone", "")] * 2)

    def test_properties_of_units_are_asked_at_once_and_go_to_the_question_of_each(self) -> None:
        def answer(argv: Sequence[str], stdin: str | None) -> Completed:
            return Completed(0, "\n".join(f"FragmentPath=/{unit}\nDropInPaths=\n" for unit in argv[3:]), "")

        questions = [(*SHOW, "a.service"), (*SHOW, "b.service", "c.timer"), (*SHOW, "d.socket")]
        alone = [answer(question, None) for question in questions]
        self.assertEqual(self.ask(answer, *questions), alone)
        self.assertEqual(self.asked, [(*SHOW, "a.service", "b.service", "c.timer", "d.socket")])

    def test_properties_that_do_not_add_up_are_asked_alone(self) -> None:
        block = "FragmentPath=/x\nDropInPaths=\n"
        for code, said in (
            (0, block),
            (0, f"{block}\n{block}\n{block}"),
            (0, f"{block}\nFragmentPath=/x\n"),
            (0, f"{block}\n{block}Id=x\n"),
            (1, f"{block}\n{block}"),
        ):
            with self.subTest(said=said):
                found = self.ask(
                    lambda argv, stdin, code=code, said=said: (
                        Completed(0, "alone", "") if len(argv) == 4 else Completed(code, said, "")
                    ),
                    (*SHOW, "a.service"),
                    (*SHOW, "b.service"),
                )
                self.assertEqual(found, [Completed(0, "alone", "")] * 2)

    def test_no_option_and_no_pattern_is_in_a_group(self) -> None:
        for unit in ("--all", "a*.service", "[ab].service", "?.service", "a.service b.service", "a"):
            self.assertEqual(groups([("systemctl", "is-active", "a.service"), ("systemctl", "is-active", unit)]), [])
            self.assertEqual(groups([(*SHOW, "a.service"), (*SHOW, unit)]), [])
        self.assertEqual(groups([(*SHOW, "a.service"), ("systemctl", "show", "--property=Id", "a.service")]), [])
        self.assertEqual(groups([FRESH, ("/usr/bin/python3", "-I", "/tmp/other.pyz", "backup", "fresh")]), [])
