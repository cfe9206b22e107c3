"""Taking down what no longer applies."""

import os
from collections.abc import Sequence

from phiward_host.agent import apply
from phiward_host.agent.apply import Apply
from phiward_host.agent.plan import Plan
from phiward_host.agent.removal import Removal, remove
from phiward_host.agent.transaction import Transaction
from phiward_host.common.errors import Failed
from phiward_host.common.process import Completed
from tests.agent.plans import EMPTY, file_of, plan_of
from tests.support import OK, InDirectory

HOLDS = {"argv": ["holds"], "expect": {"kind": "exit", "code": 0}}
FAILS = {"argv": ["holds"], "expect": {"kind": "exit", "code": 9}}
STOP = {
    "id": "stop",
    "argv": ["stop"],
    "phase": "before",
    "when": {"kind": "state", "unless": FAILS},
    "undo": {"kind": "none"},
}


def accept(plan: Plan) -> None:
    """Stands in for the look at the system."""


class Removing(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.ran: list[str] = []
        self.failing = "none"
        self.run_with(self.answer)
        self.patch(apply, "require_system", accept)
        self.file = self.path("unit.conf")

    def answer(self, argv: Sequence[str], stdin: str | None) -> Completed:
        self.ran.append(argv[0])
        return Completed(1, "", "its words") if argv[0] == self.failing else OK

    def install(self) -> None:
        Apply(plan_of(files=[file_of(self.file, {"kind": "text", "text": "text"})]), {}, "first").run()
        self.ran.clear()

    def remove(self, once_true: object = None) -> dict[str, object]:
        plan = {**EMPTY, "steps": [STOP]}
        return remove([Removal.from_json({"plan": plan, "onceTrue": once_true}, "removal")], "second")

    def test_what_was_never_applied_is_not_touched(self) -> None:
        self.assertEqual(self.remove(), {"status": "unchanged", "removed": [], "waiting": []})
        self.assertEqual(self.ran, [])

    def test_what_was_applied_is_stopped_its_files_go_and_it_is_forgotten(self) -> None:
        self.install()
        self.assertTrue(os.path.exists(self.file))
        self.assertEqual(self.remove(), {"status": "changed", "removed": ["unit"], "waiting": []})
        self.assertFalse(os.path.exists(self.file))
        self.assertIn("stop", self.ran)
        self.assertIsNone(Transaction("unit").generation().hash)
        self.assertEqual(self.remove(), {"status": "unchanged", "removed": [], "waiting": []})

    def test_what_waits_stays_whole(self) -> None:
        self.install()
        self.assertEqual(self.remove(FAILS), {"status": "unchanged", "removed": [], "waiting": ["unit"]})
        self.assertTrue(os.path.exists(self.file))
        self.assertEqual(Transaction("unit").generation().hash, "first")
        self.assertEqual(self.remove(HOLDS)["removed"], ["unit"])

    def test_a_removal_that_fails_names_the_unit_and_leaves_it_as_it_was(self) -> None:
        self.install()
        self.failing = "stop"
        with self.assertRaisesRegex(Failed, "^unit: step stop"):
            self.remove()
        self.assertTrue(os.path.exists(self.file))
        self.assertEqual(Transaction("unit").generation().hash, "first")
