"""Applying a plan."""

import hashlib
import json
import os
import pathlib
from collections.abc import Sequence

from phiward_host.agent import apply
from phiward_host.agent.apply import Apply, Changes
from phiward_host.agent.plan import Plan
from phiward_host.agent.status import status
from phiward_host.agent.transaction import Transaction
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.process import Completed
from tests.agent.plans import file_of, plan_of
from tests.support import OK, InDirectory


def accept(plan: Plan) -> None:
    """Stands in for the look at the system."""


def step(id: str, on: Sequence[str] | None = None, **parts: object) -> dict[str, object]:
    """A step that runs its command always, or when one of `on` changed."""
    never = {"argv": ["holds"], "expect": {"kind": "exit", "code": 9}}
    when = {"kind": "state", "unless": never} if on is None else {"kind": "change", "on": list(on)}
    return {"id": id, "argv": [id], "phase": "after", "when": when, "undo": {"kind": "none"}, **parts}


class Applying(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.ran: list[str] = []
        self.failing = "none"
        self.run_with(self.answer)
        self.patch(apply, "require_system", accept)

    def answer(self, argv: Sequence[str], stdin: str | None) -> Completed:
        self.ran.append(argv[0])
        return Completed(1, "", "its words") if argv[0] == self.failing else OK

    def apply(self, **parts: object) -> dict[str, object]:
        return Apply(plan_of(**parts), {}, "digest").run()


class Reports(Applying):
    def answer_of(self, path: str) -> dict[str, object]:
        return Apply(plan_of(reports=[{"id": "key", "path": path}]), {}, "digest").commit()

    def test_an_apply_reports_the_public_values_that_were_made_on_the_host(self) -> None:
        key = self.path("key.pub", "ssh-ed25519 AAAA comment\n")
        self.assertEqual(self.answer_of(key)["reports"], {"key": "ssh-ed25519 AAAA comment"})

    def test_an_apply_without_the_value_leaves_no_generation(self) -> None:
        with self.assertRaises(FileNotFoundError):
            self.answer_of(self.path("missing"))
        self.assertIsNone(Transaction("unit").generation().hash)


class Triggers(Applying):
    def test_a_step_waits_for_the_paths_and_steps_that_it_names(self) -> None:
        changed = self.path("changed")
        os.makedirs(os.path.dirname(changed), exist_ok=True)
        answer = self.apply(
            files=[file_of(changed, {"kind": "text", "text": "x"})],
            steps=[step("a", [changed]), step("b", ["/other"]), step("c", ["a"]), step("d", ["b"]), step("e", ["*"])],
        )
        self.assertEqual(answer["changed"], [changed, "a", "c", "e"])
        self.assertEqual([name for name in self.ran if name in "abcde"], ["a", "c", "e"])

    def test_nothing_changed_means_no_step_that_waits_for_anything(self) -> None:
        self.assertEqual(self.apply(steps=[step("e", ["*"])])["status"], "unchanged")
        self.assertNotIn("e", self.ran)

    def test_what_the_operator_reads_triggers_nothing_but_steps_that_wait_for_anything(self) -> None:
        changes = Changes()
        changes.add(["package nginx"])
        self.assertFalse(changes.call_for(["package nginx"]))
        self.assertTrue(changes.call_for(["*"]))


class Repairing(Applying):
    """Files are as declared, and a check of the unit was seen to fail."""

    def check(self, id: str, argv: Sequence[str], **parts: object) -> dict[str, object]:
        return {"id": id, "argv": list(argv), "expect": {"kind": "exit", "code": 0}, **parts}

    def see(self, **parts: object) -> None:
        """Asks the host what differs from the plan, as `phiward up` does before it applies any."""
        status([plan_of(**parts)], {})

    def test_every_step_that_waits_for_a_file_runs_again(self) -> None:
        steps = [step("reload", ["/other"]), step("any", ["*"]), step("of-other-step", ["rare"])]
        parts = {"steps": steps, "checks": [self.check("effect", ["effect"])]}
        self.apply(**parts)
        self.see(**parts)
        self.assertEqual(self.apply(**parts)["status"], "unchanged")
        self.failing = "effect"
        self.see(**parts)
        self.assertEqual(self.apply(**parts)["changed"], ["reload", "any"])

    def test_one_that_holds_again_by_then_calls_for_none(self) -> None:
        parts = {"steps": [step("reload", ["/other"])], "checks": [self.check("effect", ["effect"])]}
        self.apply(**parts)
        self.failing = "effect"
        self.see(**parts)
        self.failing = "none"
        self.assertEqual(self.apply(**parts)["status"], "unchanged")

    def test_once_it_is_mended_and_where_nothing_failed_no_check_is_asked(self) -> None:
        parts = {"steps": [step("reload", ["/other"])], "checks": [self.check("effect", ["effect"])]}
        self.apply(**parts)
        self.failing = "effect"
        self.see(**parts)
        self.apply(**parts)
        self.ran.clear()
        self.assertEqual(self.apply(**parts)["status"], "unchanged")
        self.assertEqual(self.ran, [])

    def test_a_record_of_them_that_is_damaged_has_each_asked(self) -> None:
        parts = {"steps": [step("reload", ["/other"])], "checks": [self.check("effect", ["effect"])]}
        self.apply(**parts)
        self.failing = "effect"
        self.path("state/units/unit/failed-checks.json", "[1")
        self.assertEqual(self.apply(**parts)["changed"], ["reload"])

    def test_a_unit_that_was_never_applied_is_asked_nothing(self) -> None:
        self.failing = "effect"
        parts = {"steps": [step("reload", ["/other"])], "checks": [self.check("effect", ["effect"])]}
        self.see(**parts)
        self.assertEqual((self.apply(**parts)["status"], self.ran), ("unchanged", []))

    def test_what_the_steps_of_the_unit_do_not_bring_about_calls_for_none(self) -> None:
        checks = [
            self.check("effect", ["effect"], outOfReach=True),
            self.check("mail", ["effect"], onlyWarns=True),
        ]
        parts = {"steps": [step("reload", ["/other"])], "checks": checks}
        self.apply(**parts)
        self.failing = "effect"
        self.see(**parts)
        self.assertEqual(self.apply(**parts)["status"], "unchanged")

    def test_a_masked_unit_is_unmasked_and_the_step_done(self) -> None:
        masked = True

        def answer(argv: Sequence[str], stdin: str | None) -> Completed:
            nonlocal masked
            if argv[:2] == ["systemctl", "show"]:
                return Completed(0, "masked\n" if masked else "loaded\n", "")
            if argv[:2] == ["systemctl", "unmask"]:
                masked = False
            return Completed(1, "", "Unit ssh.service is masked.") if argv[0] == "systemctl" and masked else OK

        self.run_with(answer)
        start = step("start", argv=["systemctl", "start", "ssh.service"])
        probe = {"argv": ["holds"], "expect": {"kind": "exit", "code": 9}}
        start["when"] = {"kind": "state", "unless": probe}
        self.assertEqual(self.apply(steps=[start])["changed"], ["ssh.service unmasked", "start"])

    def test_a_step_that_fails_for_another_reason_unmasks_nothing(self) -> None:
        ran: list[Sequence[str]] = []

        def answer(argv: Sequence[str], stdin: str | None) -> Completed:
            ran.append(argv)
            return Completed(1, "loaded\n", "")

        self.run_with(answer)
        with self.assertRaisesRegex(Failed, "step start: systemctl exited with status 1"):
            self.apply(steps=[step("start", argv=["systemctl", "start", "ssh.service"])])
        self.assertNotIn("unmask", [argv[1] for argv in ran if argv[0] == "systemctl"])


class Failing(Applying):
    def plan(self) -> Plan:
        os.makedirs(self.root, exist_ok=True)
        existing = self.path("existing", "old")
        return plan_of(
            files=[
                file_of(existing, {"kind": "text", "text": "new"}),
                file_of(self.path("made"), {"kind": "text", "text": "x"}),
            ],
            steps=[step("reload", ["*"], undo={"kind": "again"}), step("restart", ["*"], advice="see the journal")],
        )

    def test_a_step_that_fails_takes_everything_back_and_names_log_and_advice(self) -> None:
        self.failing = "restart"
        with self.assertRaises(Failed) as failed:
            Apply(self.plan(), {}, "digest").run()
        log = f"{self.base}/log/unit.log"
        self.assertEqual(
            str(failed.exception),
            f"step restart: restart exited with status 1; its output is in {log} on the host; "
            "the change was rolled back; see the journal",
        )
        self.assertIn("its words", pathlib.Path(log).read_text())
        self.assertEqual(pathlib.Path(self.path("existing")).read_text(), "old")
        self.assertFalse(os.path.exists(self.path("made")))
        self.assertEqual(self.ran.count("reload"), 2)
        self.assertIsNone(Transaction("unit").generation().hash)

    def test_an_owner_that_the_host_does_not_know_is_named(self) -> None:
        unknown = {
            "path": self.path("x"),
            "owner": "nobody-at-all:root",
            "mode": "0644",
            "content": {"kind": "text", "text": "x"},
        }
        with self.assertRaisesRegex(Refused, "x: unknown owner nobody-at-all:root; the change was rolled back"):
            self.apply(files=[unknown])

    def test_a_stranger_s_file_is_kept_when_it_is_replaced(self) -> None:
        Apply(self.plan(), {}, "digest").run()
        self.assertEqual(pathlib.Path(self.path("existing")).read_text(), "new")
        kept = list(pathlib.Path(self.base, "removed/unit").rglob("existing"))
        self.assertEqual([path.read_text() for path in kept], ["old"])

    def test_the_generation_names_what_the_plan_declared(self) -> None:
        Apply(self.plan(), {}, "digest").run()
        written = json.loads(pathlib.Path(self.base, "units/unit/generation.json").read_text())
        declared = [self.path("existing"), self.path("made")]
        contents = {path: hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest() for path in declared}
        self.assertEqual(written, {"hash": "digest", "files": declared, "directories": [], "digests": contents})


class Trying(Applying):
    def setUp(self) -> None:
        super().setUp()
        self.patch(apply, "STEP_PAUSE_SECONDS", 0)

    def answer(self, argv: Sequence[str], stdin: str | None) -> Completed:
        self.ran.append(argv[0])
        return Completed(1 if argv[0] == "reload" and self.ran.count("reload") < 3 else 0, "", "")

    def test_a_step_is_tried_again_for_as_long_as_it_says_and_no_other_step_is(self) -> None:
        answer = self.apply(steps=[step("reload", trySeconds=60)])
        self.assertEqual((answer["status"], self.ran.count("reload")), ("changed", 3))
        self.ran.clear()
        with self.assertRaisesRegex(Failed, "^step reload: reload exited with status 1"):
            self.apply(steps=[step("reload")])
        self.assertEqual(self.ran.count("reload"), 1)


class DamagedRecords(Applying):
    def test_an_apply_keeps_damaged_records_aside_names_them_and_runs_all_that_waits_for_anything(self) -> None:
        units = "state/units/unit"
        for text in ("", '{"ha', "null"):
            with self.subTest(text=text):
                self.path(f"{units}/generation.json", text)
                self.path(f"{units}/transaction/manifest.json", text)
                self.ran.clear()
                answer = self.apply(steps=[step("reload", ["*"])])
                self.assertEqual(answer["status"], "changed")
                named = str(answer["changed"])
                self.assertIn("generation.json was damaged; it is kept as ", named)
                self.assertIn("transaction/manifest.json was damaged", named)
                self.assertIn("reload", self.ran)
                self.assertEqual(Transaction("unit").generation().hash, "digest")
                self.assertEqual(self.apply(steps=[step("reload", ["*"])])["status"], "unchanged")
        kept = sorted(os.listdir(self.path(units)))
        self.assertEqual(len([name for name in kept if ".damaged-" in name]), 6)


class Guarded(Applying):
    def test_a_guarded_change_waits_for_its_confirmation(self) -> None:
        answer = self.apply(deadManSeconds=20, files=[file_of(self.path("x"), {"kind": "text", "text": "x"})])
        self.assertEqual(answer["confirmWithin"], 20)
        self.assertEqual(Transaction("unit").opened().state, "applied")

    def test_a_newer_apply_takes_back_what_nobody_confirmed(self) -> None:
        path = self.path("x", "old")
        self.apply(deadManSeconds=20, files=[file_of(path, {"kind": "text", "text": "new"})])
        answer = Apply(plan_of(files=[file_of(self.path("y"), {"kind": "text", "text": "y"})]), {}, "next").run()
        self.assertEqual(pathlib.Path(path).read_text(), "old")
        self.assertEqual(answer["changed"], [self.path("y")])
