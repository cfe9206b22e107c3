"""Directories that nothing can be written into are named, and what was tried leaves nothing."""

import errno
import os
from unittest import mock

from phiward_host import state
from phiward_host.common import staging
from tests.support import InDirectory


class Writable(InDirectory):
    def test_nothing_is_said_of_a_directory_that_can_be_written_and_nothing_is_left(self) -> None:
        self.assertEqual(state.not_writable([self.root]), [])
        self.assertEqual(os.listdir(self.root), [])

    def test_each_other_is_named_with_what_the_system_says(self) -> None:
        file = self.path("file", "x")
        self.assertEqual(
            state.not_writable([f"{self.root}/none", file, self.root]),
            [f"{self.root}/none: No such file or directory", f"{file}: Not a directory"],
        )

    def test_a_full_disk_is_named_and_nothing_is_left(self) -> None:
        full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with mock.patch.object(staging.os, "fsync", side_effect=full):
            self.assertEqual(state.not_writable([self.root]), [f"{self.root}: No space left on device"])
        self.assertEqual(os.listdir(self.root), [])
