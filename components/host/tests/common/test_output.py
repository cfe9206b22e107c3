"""Programs that answer without end, or take memory without end, are ended, and not we."""

import resource
import subprocess
import sys
import unittest
from unittest import mock

from phiward_host.common import memory, output, process


class OutputTest(unittest.TestCase):
    def test_a_program_that_says_too_much_is_ended(self) -> None:
        with mock.patch.object(output, "MOST_BYTES", 1 << 20):
            done = process.run(["yes"], timeout=60)
        self.assertEqual((done.code, done.stdout), (process.TOO_MUCH, ""))
        self.assertEqual(process.ended("/usr/bin/ssh", done.code), "ssh said more than it may")

    def test_of_errors_the_first_are_kept_and_the_program_goes_on(self) -> None:
        program = "import sys; sys.stderr.write('e' * (5 << 20)); print('done')"
        done = process.run([sys.executable, "-c", program], timeout=60)
        self.assertEqual((done.code, done.stdout), (0, "done\n"))
        self.assertLessEqual(len(done.stderr), output.MOST_ERROR_BYTES + output.PART_BYTES)

    def test_much_goes_in_and_comes_out_at_once(self) -> None:
        text = "é\n" * 500_000
        self.assertEqual(process.run(["cat"], stdin=text).stdout, text)
        self.assertEqual(process.run(["true"], stdin=text).code, 0)
        self.assertEqual(process.run(["cat"], stdin="").stdout, "")

    def test_time_runs_out_also_while_it_speaks(self) -> None:
        done = process.run(["sleep", "60"], timeout=0.2)
        self.assertEqual((done.code, done.stderr), (process.TIMED_OUT, "sleep: no answer within 0.2 s"))
        speaking = "import time\nwhile True: print('x', flush=True); time.sleep(0.01)"
        self.assertEqual(process.run([sys.executable, "-c", speaking], timeout=0.5).code, process.TIMED_OUT)

    def test_memory_has_a_limit_for_what_is_started(self) -> None:
        script = (
            "import subprocess, sys\nfrom phiward_host.common import memory\nmemory.bound()\n"
            "grows = 'held = []\\nwhile True: held.append(bytearray(1 << 24))'\n"
            "import resource; print(resource.getrlimit(resource.RLIMIT_DATA)[0])\n"
            "resource.setrlimit(resource.RLIMIT_DATA, (1 << 28, 1 << 28)); memory.bound()\n"
            "sys.exit(subprocess.run([sys.executable, '-c', grows], capture_output=True).returncode)"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertGreater(int(done.stdout), 1 << 28)

    def test_an_earlier_limit_is_not_raised(self) -> None:
        with (
            mock.patch.object(resource, "getrlimit", return_value=(1, 5)),
            mock.patch.object(resource, "setrlimit") as limited,
        ):
            memory.bound()
        limited.assert_called_once_with(resource.RLIMIT_DATA, (5, 5))
