"""Modules that are compiled once, and loaded only where root alone could have put them there."""

import os
import pathlib
import stat
import subprocess
import sys
import zipfile
from unittest import mock

import phiward_host
from phiward_host.common import compiled
from tests.support import OnDisk

SOURCE = pathlib.Path(phiward_host.__file__).parent


class Compiling(OnDisk):
    def setUp(self) -> None:
        super().setUp()
        self.archive = os.path.join(self.root, "programs.pyz")
        self.pack(self.archive, "kept")

    def pack(self, path: str, answer: str) -> None:
        package = (SOURCE / "__init__.py").read_text().replace("/usr/local/lib/phiward/compiled", phiward_host.COMPILED)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("phiward_host/__init__.py", package)
            archive.writestr("phiward_host/answer.py", f"print({answer!r}, __file__)\n")

    def loaded(self) -> list[str]:
        """What a program of the archive says, and where its module was loaded from."""
        code = f"import sys; sys.path.insert(0, {self.archive!r}); import phiward_host.answer"
        done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
        return done.stdout.split()

    def names(self) -> list[str]:
        return sorted(os.listdir(phiward_host.COMPILED))

    def test_a_program_is_loaded_from_its_sources_until_its_modules_are_compiled(self) -> None:
        self.assertEqual(self.loaded(), ["kept", f"{self.archive}/phiward_host/answer.py"])
        compiled.keep([self.archive])
        self.assertEqual(self.loaded(), ["kept", f"{phiward_host.COMPILED}/{self.names()[0]}/phiward_host/answer.pyc"])

    def test_an_archive_that_changed_is_loaded_from_its_own_sources_and_the_former_modules_go(self) -> None:
        compiled.keep([self.archive])
        former = self.names()
        self.pack(self.archive, "changed")
        self.assertEqual(self.loaded()[0], "changed")
        compiled.keep([self.archive])
        self.assertEqual(self.loaded()[0], "changed")
        self.assertEqual(len(self.names()), 1)
        self.assertNotEqual(self.names(), former)

    def test_modules_that_others_than_root_could_write_are_not_loaded(self) -> None:
        compiled.keep([self.archive])
        file = f"{phiward_host.COMPILED}/{self.names()[0]}"
        for path in (phiward_host.COMPILED, file):
            mode = stat.S_IMODE(os.stat(path).st_mode)
            for worse in (mode | 0o020, mode | 0o002):
                os.chmod(path, worse)
                self.assertTrue(self.loaded()[1].endswith("answer.py"), f"{path} {worse:o}")
            os.chmod(path, mode)
            os.chown(path, 65534, -1)
            self.assertTrue(self.loaded()[1].endswith("answer.py"), f"{path} of another")
            os.chown(path, 0, -1)
        self.assertTrue(self.loaded()[1].endswith("answer.pyc"))
        os.rename(file, f"{self.root}/elsewhere")
        os.symlink(f"{self.root}/elsewhere", file)
        self.assertTrue(self.loaded()[1].endswith("answer.py"))

    def test_what_is_there_is_not_written_again_and_what_is_nobodys_goes(self) -> None:
        compiled.keep([self.archive])
        before = os.stat(f"{phiward_host.COMPILED}/{self.names()[0]}").st_ino
        pathlib.Path(phiward_host.COMPILED, "0.cpython-39.zip").touch()
        compiled.keep([self.archive])
        self.assertEqual([os.stat(f"{phiward_host.COMPILED}/{name}").st_ino for name in self.names()], [before])

    def test_an_archive_that_is_missing_or_damaged_and_a_full_disk_are_passed_over(self) -> None:
        damaged = self.path("damaged.pyz", "not a zip")
        with mock.patch.object(compiled.files, "write", side_effect=OSError(28, "No space left on device")):
            compiled.keep([self.archive])
        compiled.keep([f"{self.root}/missing.pyz", damaged, self.archive])
        self.assertEqual(len(self.names()), 1)
        self.assertTrue(self.loaded()[1].endswith("answer.pyc"))
