"""Waiting for old workers of nginx, on a made-up /proc."""

import os
import pathlib
import tempfile
import unittest
from unittest import mock

from phiward_host import nginx

OLD = b"nginx: worker process is shutting down\0"


class Draining(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.proc = pathlib.Path(directory.name)

    def process(self, number: str, command: bytes) -> None:
        os.makedirs(self.proc / number)
        (self.proc / number / "cmdline").write_bytes(command)

    def test_an_old_worker_is_one_that_shuts_down(self) -> None:
        self.process("12", b"nginx: worker process\0")
        self.process("13", b"grep\0nginx: worker process is shutting down\0")
        os.makedirs(self.proc / "14")  # it ended
        self.process("self", OLD)  # no process of its own
        self.assertFalse(nginx.is_draining(self.proc))
        self.process("99", OLD)
        self.assertTrue(nginx.is_draining(self.proc))

    def drained(self, *answers: bool) -> list[float]:
        """The waits of a run in which old workers are seen as `answers` say."""
        waits: list[float] = []
        with (
            mock.patch.object(nginx, "is_draining", side_effect=answers),
            mock.patch("time.sleep", waits.append),
            mock.patch("time.monotonic", lambda: sum(waits)),
        ):
            self.assertEqual(nginx.main(["drain"]), 0)
        return waits

    def test_it_waits_for_the_signal_and_then_for_each_old_worker(self) -> None:
        self.assertEqual(self.drained(False), [1])
        self.assertEqual(self.drained(True, True, False), [1, 0.1, 0.1])

    def test_it_gives_up_after_two_minutes(self) -> None:
        self.assertAlmostEqual(sum(self.drained(*[True] * 2000)), 120, delta=0.2)
