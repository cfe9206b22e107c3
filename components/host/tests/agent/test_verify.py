"""Verifying, and what a host says of its plans."""

import contextlib
import io
import json
import os
import pathlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from phiward_host.agent import asking, failed_checks
from phiward_host.agent import status as status_module
from phiward_host.agent import verify as verify_module
from phiward_host.agent.asked import asked_last
from phiward_host.agent.asking import Asker
from phiward_host.agent.homes import KeyFile
from phiward_host.agent.main import report
from phiward_host.agent.status import inventory, status
from phiward_host.agent.transaction import Transaction
from phiward_host.agent.verify import Checks, Questions, verify
from phiward_host.common import contained, files, process
from phiward_host.common.decode import Fields
from phiward_host.common.process import Completed
from tests.agent.plans import file_of, plan_of
from tests.support import InDirectory


def check(id: str, argv: Sequence[str], **parts: object) -> dict[str, object]:
    return {
        "id": id,
        "control": "X-01",
        "cites": [],
        "argv": list(argv),
        "expect": {"kind": "equals", "text": "yes"},
        **parts,
    }


class Verifying(InDirectory):
    def results(self, *checks: dict[str, object], generation: str = "h") -> list[dict[str, object]]:
        self.path("state/units/ssh/generation.json", json.dumps({"hash": "h", "files": [], "directories": []}))
        plan = Checks.from_json({"unit": "ssh", "checks": list(checks)}, "plan")
        return [entry.to_json() for entry in verify(Questions([plan], {"ssh": generation}))]

    def test_equal_questions_are_asked_once_and_a_failure_says_what_was_seen(self) -> None:
        asked: list[Sequence[str]] = []

        def answer(argv: Sequence[str], stdin: str | None) -> Completed:
            asked.append(argv)
            return Completed(0, "yes\n" if argv[0] == "good" else "no\n", "")

        self.run_with(answer)
        found = self.results(check("a", ["good"]), check("b", ["good"]), check("c", ["bad"]))
        self.assertEqual(len(asked), 2)
        self.assertEqual([entry["status"] for entry in found], ["pass", "pass", "pass", "fail"])
        self.assertEqual(found[3]["expected"], {"kind": "equals", "text": "yes"})
        self.assertEqual((found[3]["seen"], found[3]["exit"]), ("no", 0))

    def test_what_takes_long_is_asked_first_and_answers_stay_with_their_questions(self) -> None:
        asked: list[str] = []

        def answer(argv: Sequence[str], stdin: str | None) -> Completed:
            asked.append(argv[0])
            return Completed(0, "yes\n" if argv[0] == "quick" else "no\n", "")

        self.patch(asking, "AT_ONCE", 1)
        self.run_with(answer)
        found = self.results(check("a", ["quick"]), check("b", ["restic", "cat"]), check("c", ["quick", "too"]))
        self.assertEqual(asked, ["restic", "quick", "quick"])
        self.assertEqual([entry["status"] for entry in found], ["pass", "pass", "fail", "pass"])

    def test_a_container_whose_health_is_not_known_yet_is_asked_again_for_a_while(self) -> None:
        self.patch(asking, "POLL_SECONDS", 0)
        answers = iter(["health starting\nup", "health starting\nup", "health healthy\nup"])
        self.run_with(lambda argv, stdin: Completed(0, next(answers) if argv[1] == "container" else "", ""))
        asked = ("docker", "container", "inspect", "db")
        self.assertEqual(Asker().ask(asked).stdout, "health healthy\nup")
        self.patch(asking, "STARTING_SECONDS", -1)
        answers = iter(["health starting", "health healthy"])
        self.assertEqual(Asker().ask(asked).stdout, "health starting")

    def test_a_docker_that_hangs_is_asked_once_and_all_that_would_ask_it_fails_at_once(self) -> None:
        asked: list[str] = []

        def answer(argv: Sequence[str], stdin: str | None) -> Completed:
            asked.append(argv[0])
            return Completed(process.TIMED_OUT if argv[0] == "docker" else 0, "yes\n", "")

        self.run_with(answer)
        ours = ["/usr/bin/python3", "-I", "/usr/local/lib/phiward/phiward.pyz"]
        found = self.results(
            *(check(f"c{number}", ["docker", "inspect", str(number)]) for number in range(9)),
            check("accounts", [*ours, "accounts", "check-added"]),
            check("other", [*ours, "backup", "fresh"]),
        )
        self.assertEqual(sorted(asked), ["/usr/bin/python3", "docker"])
        self.assertEqual([entry["status"] for entry in found], ["pass", *["fail"] * 10, "pass"])
        self.assertIn("Docker did not answer within", str(found[1]["seen"]))

    def test_a_docker_that_is_stopped_answers_each_question_itself(self) -> None:
        self.run_with(lambda argv, stdin: Completed(1, "", "Cannot connect to the Docker daemon"))
        found = self.results(check("c", ["docker", "info"]))
        self.assertEqual(found[1]["seen"], "Cannot connect to the Docker daemon")

    def test_another_generation_than_the_deployed_one_fails(self) -> None:
        found = self.results(generation="other")
        expected = {
            "unit": "ssh",
            "id": "ssh-generation",
            "status": "fail",
            "expected": {"kind": "equals", "text": "other"},
            "seen": "h",
            "exit": 0,
        }
        self.assertEqual(found, [expected])

    def test_a_record_that_others_than_root_can_write_is_no_record(self) -> None:
        self.path("state/units/ssh/generation.json", json.dumps({"hash": "h", "files": [], "directories": []}))
        os.chmod(self.path("state"), 0o777)
        plan = Checks.from_json({"unit": "ssh", "checks": []}, "plan")
        found = verify(Questions([plan], {"ssh": "h"}))[0].to_json()
        self.assertEqual(found["status"], "fail")
        self.assertIn("state: it belongs to", str(found["seen"]))
        os.chmod(self.path("state"), 0o700)

    def test_in_a_container_a_check_that_cannot_hold_there_is_skipped_with_its_reason(self) -> None:
        for module in (verify_module, failed_checks):
            self.patch(module, "in_container", lambda: True)
        found = self.results(check("kernel", ["sysctl"], skipInContainer="its machine's kernel"))
        self.assertEqual((found[1]["status"], found[1]["reason"]), ("skipped", "its machine's kernel"))

    def test_what_fails_is_noted_for_the_next_apply_unless_the_unit_was_never_applied(self) -> None:
        self.run_with(lambda argv, stdin: Completed(0, argv[0], ""))
        noted = os.path.join(self.base, "units/ssh/failed-checks.json")
        self.results(check("a", ["no"]), check("b", ["yes"]), check("c", ["no"], onlyWarns=True))
        self.assertEqual(json.loads(pathlib.Path(noted).read_text()), ["a"])
        self.results(check("a", ["yes"]))
        self.assertFalse(os.path.exists(noted))
        other = Checks.from_json({"unit": "other", "checks": [check("a", ["no"])]}, "plan")
        verify(Questions([other], {}))
        self.assertEqual(os.listdir(os.path.join(self.base, "units")), ["ssh"])

    def test_what_was_noted_of_checks_that_are_not_asked_stays(self) -> None:
        self.run_with(lambda argv, stdin: Completed(0, argv[0], ""))
        noted = os.path.join(self.base, "units/ssh/failed-checks.json")
        self.results(check("a", ["no"]), check("b", ["no"]))
        self.results(check("a", ["yes"]))
        self.assertEqual(json.loads(pathlib.Path(noted).read_text()), ["b"])
        self.results(check("c", ["no"]))
        self.assertEqual(json.loads(pathlib.Path(noted).read_text()), ["b", "c"])

    def reported(self, *, warns: bool, strict: bool) -> tuple[int, str, str]:
        """Exit code, standard output and standard error for one check that fails."""
        self.path("state/units/ssh/generation.json", json.dumps({"hash": "h", "files": [], "directories": []}))
        self.run_with(lambda argv, stdin: Completed(0, "no\n", ""))
        plan = Checks.from_json({"unit": "ssh", "checks": [check("a", ["x"], onlyWarns=warns)]}, "plan")
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as errors:
            code = report(verify(Questions([plan], {"ssh": "h"})), strict=strict)
        return code, out.getvalue(), errors.getvalue()

    def test_a_failure_that_only_warns_is_told_and_fails_no_deploy(self) -> None:
        for warns, strict in ((True, True), (False, False)):
            code, out, errors = self.reported(warns=warns, strict=strict)
            self.assertEqual((code, json.loads(out)["results"][1]["status"], errors), (0, "fail", ""))

    def test_where_a_strict_one_fails_only_what_failed_is_printed(self) -> None:
        code, out, errors = self.reported(warns=False, strict=True)
        self.assertEqual((code, out), (1, ""))
        self.assertRegex(errors, "^phiward: a: expected .*, seen 'no")
        self.assertEqual(errors.count("\n"), 1)


NOTHING_SAID: Mapping[str, object] = MappingProxyType(
    {
        "programs": [],
        "isolated": None,
        "contained": [],
        "keptOut": dict[str, dict[str, object]](people={}, keys={}, networks={}),
    }
)


class Status(InDirectory):
    def test_it_says_who_and_what_is_kept_out_and_where_that_cannot_be_read(self) -> None:
        self.run_with(lambda argv, stdin: Completed(0, "", ""))
        key = "ssh-ed25519 AAAAbob"
        people = {"bob": contained.Entry(1.0, "alice", "a laptop", keys=(key,))}
        networks = {"192.0.2.0/24": contained.Entry(2.0, "alice", "tries logins", until=4e9)}
        contained.save(contained.Contained(people, {}, networks))
        self.assertEqual(
            status([], {})["keptOut"],
            {
                "people": {"bob": {"since": 1.0, "who": "alice", "why": "a laptop", "until": 0.0, "keys": [key]}},
                "keys": {},
                "networks": {
                    "192.0.2.0/24": {"since": 2.0, "who": "alice", "why": "tries logins", "until": 4e9, "keys": []}
                },
            },
        )
        files.write(contained.path(), "damaged")
        found = status([], {})
        self.assertEqual((found["contained"], found["keptOut"]), ([], None))

    def test_a_unit_says_its_generation_what_waits_and_what_has_drifted(self) -> None:
        self.patch(status_module, "in_container", lambda: False)
        self.run_with(lambda argv, stdin: Completed(1, "", ""))
        probe = {"argv": ["asked"], "expect": {"kind": "exit", "code": 0}}
        start = {"id": "start", "argv": ["start"], "phase": "after", "undo": {"kind": "none"}}
        plan = plan_of(
            files=[file_of(self.path("missing"), {"kind": "text", "text": "x"})],
            steps=[{**start, "when": {"kind": "state", "unless": probe}}],
        )
        Transaction("unit").begin("h", None)
        expected = {"generation": None, "waits": True, "rolledBack": None, "drift": [self.path("missing"), "start"]}
        self.assertEqual(status([plan], {}), {"units": {"unit": expected}, **NOTHING_SAID})
        Transaction("unit").roll_back("test")
        self.assertEqual(Transaction("unit").rolled_back(), "h")

    def test_of_a_unit_whose_record_others_can_write_nothing_is_known(self) -> None:
        self.path("state/units/unit/generation.json", json.dumps({"hash": "h", "files": [], "directories": []}))
        os.chmod(self.path("state"), 0o777)
        expected = {"generation": None, "waits": False, "rolledBack": None, "drift": [self.path("state")]}
        said = {"units": {"unit": expected}, **NOTHING_SAID, "keptOut": None}
        self.assertEqual(status([plan_of()], {}), said)
        os.chmod(self.path("state"), 0o700)

    def drift(self, **parts: object) -> object:
        units = Fields.of(status([plan_of(**parts)], {}), "status").child("units")
        return units.child("unit").texts("drift")

    def test_a_check_that_fails_has_drifted_though_the_files_are_as_declared(self) -> None:
        checks = [check("effect", ["effect"]), check("container", ["effect"], outOfReach=True)]
        self.run_with(lambda argv, stdin: Completed(0, "no\n", ""))
        self.assertEqual(self.drift(checks=checks), [])
        self.path("state/units/unit/generation.json", json.dumps({"hash": "h", "files": [], "directories": []}))
        self.assertEqual(self.drift(checks=checks), ["check effect"])
        self.run_with(lambda argv, stdin: Completed(0, "yes\n", ""))
        self.assertEqual(self.drift(checks=checks), [])

    def deployed(self, generation: str, *checks: dict[str, object]) -> dict[str, object]:
        """The status of a unit at the generation `h` that is asked its checks too, as a deploy of `generation` does."""
        self.path("state/units/unit/generation.json", json.dumps({"hash": "h", "files": [], "directories": []}))
        plan = Checks.from_json({"unit": "unit", "checks": list(checks)}, "plan")
        return status([plan_of(checks=list(checks))], {}, Questions([plan], {"unit": generation}))

    def test_asked_its_checks_too_it_answers_as_a_verification_does_and_asks_none_twice(self) -> None:
        asked: list[str] = []

        def answer(argv: Sequence[str], stdin: str | None) -> Completed:
            asked.append(argv[0])
            return Completed(0, f"{argv[0]}\n", "")

        self.run_with(answer)
        checks = [check("a", ["yes"]), check("b", ["no"]), check("container", ["never"], outOfReach=True)]
        plan = Checks.from_json({"unit": "unit", "checks": checks}, "plan")
        found = self.deployed("h", *checks)
        self.assertEqual(sorted(asked), ["never", "no", "yes"])
        verified = [entry.to_json() for entry in verify(Questions([plan], {"unit": "h"}))]
        self.assertEqual(found["results"], verified)
        self.assertEqual([entry["status"] for entry in verified], ["pass", "pass", "fail", "fail"])
        self.assertEqual(Fields.of(found, "status").child("units").child("unit").texts("drift"), ["check b"])
        self.assertEqual(asked_last(), Questions([plan], {"unit": "h"}))

    def test_it_answers_no_check_where_a_deploy_has_still_to_change_a_unit(self) -> None:
        self.run_with(lambda argv, stdin: Completed(0, "yes\n", ""))
        found = self.deployed("other", check("a", ["yes"]), check("container", ["never"], outOfReach=True))
        self.assertIsNone(found["results"])
        self.assertEqual(asked_last(), Questions([], {}))
        self.assertNotIn("results", status([plan_of()], {}))

    def test_a_check_that_does_not_answer_within_the_time_of_a_verification_fails_in_a_status_too(self) -> None:
        limits: dict[str, float | None] = {}

        def run(argv: Sequence[str], *, timeout: float | None = None) -> Completed:
            limits[argv[0]] = timeout
            return Completed(0, "yes\n", "")

        self.patch(process, "run", run)
        self.deployed("h", check("a", ["slow"]))
        self.assertEqual(limits, {"slow": asking.ANSWER_SECONDS})

    def test_an_inventory_names_what_would_be_removed_and_whom_keys_let_in(self) -> None:
        self.patch(status_module, "key_files", lambda: [KeyFile("/home/eve/.ssh/authorized_keys", ["SHA256:x eve"])])
        keys = self.path("d/authorized_keys", "x")
        self.path("d/other", "x")
        self.run_with(
            lambda argv, stdin: Completed(0, "256 SHA256:abc bob\n" if argv[0] == "ssh-keygen" else "bob\n", "")
        )
        entry = {"id": "s", "noun": "account", "list": ["getent"], "pattern": "^(.+)$", "keep": [], "remove": []}
        plan = plan_of(absent=[{"noun": "key file", "glob": self.path("d/*")}], sets=[entry])
        expected: list[dict[str, object]] = [
            {"unit": "unit", "noun": "key file", "name": keys, "holds": ["256 SHA256:abc bob"]},
            {"unit": "unit", "noun": "key file", "name": self.path("d/other"), "holds": []},
            {"unit": "unit", "noun": "account", "name": "bob", "holds": []},
            {
                "unit": "ssh",
                "noun": "authorized keys",
                "name": "/home/eve/.ssh/authorized_keys",
                "holds": ["SHA256:x eve"],
            },
        ]
        self.assertEqual(inventory([plan]), {"found": expected})
