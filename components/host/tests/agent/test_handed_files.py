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

    def test_a_secret_that_was_sent_along_is_compared_and_no_record_asked(self) -> None:
        self.applied()
        self.assertEqual(changed_files(self.plan, {"token": SECRET}), [])
