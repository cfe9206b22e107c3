"""Files with a secret that travels beside their plan."""

import os
import pathlib

from phiward_host.agent import apply
from phiward_host.agent.apply import Apply
from phiward_host.agent.handed_files import changed_files, digests
from phiward_host.agent.plan import Plan
from phiward_host.agent.status import drift, probe_answers
from phiward_host.common.errors import Refused
from tests.agent.plans import file_of, plan_of
from tests.support import InDirectory

SECRET = "correct horse"


def accept(plan: Plan) -> None:
    """Stands in for the look at the system."""


class Handed(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.patch(apply, "require_system", accept)
        self.file = self.path("closed")
        self.plan = plan_of(files=[file_of(self.file, {"kind": "secret", "secret": "token", "version": "1"}, "0400")])

    def applied(self) -> None:
        Apply(self.plan, {"token": SECRET}, "digest").run()

    def drift(self) -> object:
        return drift(self.plan, {}, probe_answers([self.plan]))

    def test_a_status_that_comes_without_the_secret_knows_the_file_that_was_applied(self) -> None:
        self.assertEqual(self.drift(), [self.file])
        self.applied()
        self.assertEqual(pathlib.Path(self.file).read_text(encoding="utf-8"), SECRET)
        self.assertEqual(self.drift(), [])

    def test_a_file_that_was_changed_on_the_host_has_drifted(self) -> None:
        self.applied()
        os.chmod(self.file, 0o600)
        self.assertEqual(self.drift(), [self.file])
        os.chmod(self.file, 0o400)
        pathlib.Path(self.file).write_text("another", encoding="utf-8")
        self.assertEqual(self.drift(), [self.file])
        os.remove(self.file)
        self.assertEqual(self.drift(), [self.file])
        os.mkdir(self.file)
        self.assertEqual(self.drift(), [self.file])

    def test_an_apply_without_the_secret_is_refused_and_nothing_is_written(self) -> None:
        with self.assertRaisesRegex(Refused, "its secret token was not handed over"):
            Apply(self.plan, {}, "digest").run()
        self.assertFalse(os.path.exists(self.file))
        with self.assertRaises(Refused):
            digests(self.plan, {})

    def test_a_file_is_filled_in_with_what_was_handed_over_and_what_is_kept_in_one_pass(self) -> None:
        self.path("state/secrets/db-api.2", "{{kept}}")
        filled = [
            {"text": "a {{b}} "},
            {"secret": "token", "version": "1"},
            {"text": ":"},
            {"kept": {"id": "db-api", "epoch": 2}},
            {"text": "\n"},
        ]
        plan = plan_of(files=[file_of(self.file, {"kind": "filled", "filled": filled}, "0400")])
        Apply(plan, {"token": "{{b}} {}"}, "digest").run()
        self.assertEqual(pathlib.Path(self.file).read_text(encoding="utf-8"), "a {{b}} {{b}} {}:{{kept}}\n")
        self.assertEqual(drift(plan, {}, probe_answers([plan])), [])
        with self.assertRaisesRegex(Refused, "its secret token was not handed over"):
            Apply(plan, {}, "digest").run()

    def test_a_file_without_what_was_handed_over_is_judged_by_its_content(self) -> None:
        self.path("state/secrets/db-api.2", "kept")
        plan = plan_of(
            files=[file_of(self.file, {"kind": "filled", "filled": [{"kept": {"id": "db-api", "epoch": 2}}]}, "0400")]
        )
        self.assertEqual(drift(plan, {}, probe_answers([plan])), [self.file])
        Apply(plan, {}, "digest").run()
        self.assertEqual(drift(plan, {}, probe_answers([plan])), [])
        os.remove(f"{self.root}/state/secrets/db-api.2")
        with self.assertRaisesRegex(Refused, "its secret db-api of epoch 2 is not kept on this host"):
            Apply(plan, {}, "digest").run()

    def test_a_secret_that_was_sent_along_is_compared_and_no_record_asked(self) -> None:
        self.applied()
        self.assertEqual(changed_files(self.plan, {"token": SECRET}), [])
