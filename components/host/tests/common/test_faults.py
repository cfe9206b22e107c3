"""What went wrong in work that stands alone: all of it is told, in sentences, and nothing is left undone."""

import contextlib
import errno
import io
import os
from collections.abc import Callable

from phiward_host.common import cli, files
from phiward_host.common.errors import Failed
from phiward_host.common.faults import Faults, each
from phiward_host.common.log import RootLog
from tests.support import OnDisk

LOG = RootLog("job")


class FaultsTest(OnDisk):
    def test_one_that_fails_in_whatever_way_keeps_no_other_from_its_turn(self) -> None:
        done: list[int] = []

        def work(number: int) -> None:
            done.append(number)
            if number == 1:
                raise Failed("no 1")
            if number == 3:
                raise KeyError("a secret")
            if number == 4:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/srv/x")

        log = f"{self.base}/log/job.log"
        with self.assertRaises(Failed) as raised:
            each(work, [1, 2, 3, 4, 5], LOG)
        fault = f"a fault of the program (KeyError); the trace is in {log} on the host"
        self.assertEqual(str(raised.exception), f"no 1; {fault}; /srv/x: No space left on device")
        self.assertEqual(done, [1, 2, 3, 4, 5])
        self.assertIn("a secret", files.read_text(log))

    def test_an_answer_is_handed_on_and_nothing_is_raised_where_all_is_well(self) -> None:
        faults = Faults(LOG)
        self.assertEqual(faults.attempt(lambda: 1), 1)
        faults.raise_any()

    def test_an_error_of_the_system_names_its_path_also_where_it_was_met_by_a_descriptor(self) -> None:
        path = self.path("full")
        self.patch(os, "fsync", self.full)
        said = self.complaint(lambda: files.write(path, "text"))
        self.assertEqual(said, f"phiward: {path}: No space left on device\n")

    def full(self, _: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def complaint(self, work: Callable[[], object]) -> str:
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            self.assertEqual(cli.main("the job", LOG, lambda: int(bool(work()))), 1)
        return said.getvalue()
