"""Applies that have nothing to do."""

import os
import pathlib
from collections.abc import Sequence

from phiward_host.agent import apply, failed_checks, settled
from phiward_host.agent.apply import Apply
from phiward_host.agent.confirm import confirm
from phiward_host.agent.plan import Plan
from phiward_host.agent.transaction import Transaction
from phiward_host.common.process import Completed
from tests.agent.plans import file_of, plan_of
from tests.support import OK, InDirectory


def accept(plan: Plan) -> None:
    """Stands in for the look at the system."""


class Settling(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.ran: list[str] = []
        self.down = False
        self.run_with(self.answer)
        self.patch(apply, "require_system", accept)
        self.patch(settled, "require_system", accept)
        up = {"argv": ["is-up"], "expect": {"kind": "exit", "code": 0}}
        start = {"id": "start", "argv": ["start"], "phase": "after", "undo": {"kind": "none"}}
        self.file = self.path("x")
        self.plan = plan_of(
            files=[file_of(self.file, {"kind": "text", "text": "x"})],
            packages=["nginx"],
            reports=[{"id": "key", "path": self.path("key.pub", "its key\n")}],
            steps=[{**start, "when": {"kind": "state", "unless": up}}],
            deadManSeconds=20,
        )
        Apply(self.plan, {}, "digest").run()

    def answer(self, argv: Sequence[str], stdin: str | None) -> Completed:
        self.ran.append(argv[0])
        if argv[0] == "dpkg-query":
            return Completed(0, "nginx installed\n", "")
        return Completed(1, "", "down") if argv[0] == "is-up" and self.down else OK

    def settled(self, digest: str = "digest") -> dict[str, object] | None:
        return settled.settled(self.plan, {}, digest)

    def test_what_waits_for_its_confirmation_is_not_settled(self) -> None:
        self.assertIsNone(self.settled())

    def test_what_is_in_place_is_told_as_an_apply_would_and_nothing_is_written(self) -> None:
        confirm("unit", "digest")
        before = {path: os.stat(path).st_mtime_ns for path in pathlib.Path(self.root).rglob("*")}
        answer = self.settled()
        self.assertEqual({path: os.stat(path).st_mtime_ns for path in pathlib.Path(self.root).rglob("*")}, before)
        self.assertEqual(answer, Apply(self.plan, {}, "digest").run())
        self.assertEqual((answer or {})["status"], "unchanged")
        self.assertEqual((answer or {})["reports"], {"key": "its key"})

    def test_another_generation_is_not_settled(self) -> None:
        confirm("unit", "digest")
        self.assertIsNone(self.settled("next"))

    def test_a_file_a_step_or_a_package_that_is_not_as_declared_is_not_settled(self) -> None:
        confirm("unit", "digest")
        pathlib.Path(self.file).write_text("other")
        self.assertIsNone(self.settled())
        Apply(self.plan, {}, "digest").run()
        confirm("unit", "digest")
        self.assertIsNotNone(self.settled())
        self.down = True
        self.assertIsNone(self.settled())
        self.down = False
        self.run_with(lambda argv, stdin: Completed(1, "", ""))
        self.assertIsNone(self.settled())

    def test_a_check_that_was_seen_to_fail_is_not_settled_while_it_fails(self) -> None:
        effect = {"id": "effect", "argv": ["is-up"], "expect": {"kind": "exit", "code": 0}}
        self.plan = plan_of(checks=[effect])
        Apply(self.plan, {}, "digest").run()
        failed_checks.note("unit", self.plan.checks, {("is-up",): Completed(1, "", "")})
        self.assertIsNotNone(self.settled())
        self.down = True
        self.assertIsNone(self.settled())

    def test_damaged_records_and_what_was_rolled_back_are_not_settled(self) -> None:
        transaction = Transaction("unit")
        transaction.roll_back("nobody confirmed it in time")
        self.assertIsNone(self.settled())
        Apply(self.plan, {}, "digest").run()
        confirm("unit", "digest")
        pathlib.Path(Transaction("unit").generation_path).write_text("{")
        self.assertIsNone(self.settled())
