"""Running programs."""

import unittest
from unittest import mock

from phiward_host.common.errors import Failed
from phiward_host.common.files import read_text, secret_file
from phiward_host.common.log import RootLog
from phiward_host.common.process import NOT_FOUND, TIMED_OUT, must, run
from tests.support import OnDisk


class Running(unittest.TestCase):
    def test_a_program_runs_in_the_fixed_environment_and_reads_nothing(self) -> None:
        with mock.patch.dict("os.environ", {"STRANGE": "1"}):
            done = run(["sh", "-c", 'cat; printf \'%s %s\' "$HOME" "$STRANGE"'])
        self.assertEqual((done.code, done.stdout), (0, "/root "))

    def test_a_program_gets_input_variables_and_descriptors_that_are_meant_for_it(self) -> None:
        with secret_file("secret") as (descriptor, path):
            done = run(["sh", "-c", 'cat - "$F"'], stdin="input ", env={"F": path}, pass_fds=[descriptor])
        self.assertEqual(done.stdout, "input secret")

    def test_a_program_that_is_missing_or_slow_has_a_code_of_its_own(self) -> None:
        self.assertEqual(run(["no-such-program"]).code, NOT_FOUND)
        self.assertEqual(run(["sleep", "5"], timeout=0.05).code, TIMED_OUT)


class Requiring(OnDisk):
    def test_a_program_that_fails_is_named_and_its_output_is_in_the_log_alone(self) -> None:
        with self.assertRaises(Failed) as failed:
            must("the dump", ["sh", "-c", "echo secret; exit 3"], RootLog("job"))
        log = f"{self.base}/log/job.log"
        self.assertEqual(
            str(failed.exception), f"the dump: sh exited with status 3; its output is in {log} on the host"
        )
        self.assertIn("secret", read_text(log))

    def test_what_the_system_refused_a_program_is_told_and_nothing_else_that_it_said(self) -> None:
        words = 'echo \'{"path": "/srv/a secret", "error": "no space left on device"}\' >&2; exit 1'
        with self.assertRaisesRegex(Failed, "^the dump: sh exited with status 1: No space left on device; its output"):
            must("the dump", ["sh", "-c", words], RootLog("job"))
