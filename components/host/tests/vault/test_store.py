"""What a host's account at the vault can make of its own directory, it cannot make root do for it."""

import os
import pathlib

from phiward_host.common.decode import as_strs
from phiward_host.common.errors import Failed
from phiward_host.vault.quarantine import move_aside, settled_names, unexpected_files
from phiward_host.vault.store import Store
from tests.common.test_directory import AS_ROOT, STRANGER
from tests.support import InDirectory


@AS_ROOT
class Hostile(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        os.chmod(self.root, 0o755)
        self.home = self.path("vault/web")
        self.secret = self.path("secret/key.age", "of root's alone")
        os.chmod(self.secret, 0o600)
        os.chmod(os.path.dirname(self.secret), 0o700)
        for name in ("restic", "sealed"):
            os.makedirs(f"{self.home}/{name}")
        self.store = Store("web", self.home, STRANGER, STRANGER)

    def handed_over(self) -> None:
        """All that is in the directory is the account's, links themselves and not what they lead to."""
        for root, directories, names in os.walk(self.home):
            for name in (".", *directories, *names):
                os.chown(os.path.join(root, name), STRANGER, STRANGER, follow_symlinks=False)
        os.chmod(os.path.dirname(self.home), 0o755)
        os.chmod(self.home, 0o700)

    def test_a_sealed_password_that_is_a_link_a_pipe_or_has_no_end_is_passed_over(self) -> None:
        sealed = f"{self.home}/sealed"
        os.symlink(self.secret, f"{sealed}/link.age")
        os.symlink("/dev/zero", f"{sealed}/zero.age")
        os.mkfifo(f"{sealed}/pipe.age")
        with open(f"{sealed}/sparse.age", "wb") as sparse:
            sparse.truncate(1 << 40)
        pathlib.Path(sealed, "good.age").write_text("good")
        self.handed_over()
        self.assertEqual(self.store.sealed(), ["good"])

    def test_a_directory_that_is_a_link_shows_and_moves_nothing_of_root_s(self) -> None:
        os.symlink(os.path.dirname(self.secret), f"{self.home}/restic/keys")
        os.symlink("/etc/passwd", f"{self.home}/restic/config")
        self.handed_over()
        found = as_strs(self.store.look(lambda: unexpected_files(f"{self.home}/restic", 1e12)), "found")
        self.assertEqual(found, ["keys"])
        move_aside(self.store, ["config", "keys"])
        with self.assertRaises(Failed):
            move_aside(self.store, ["../../../secret/key.age"])
        self.assertEqual(pathlib.Path(self.secret).read_text(), "of root's alone")
        self.assertEqual(os.listdir(f"{self.home}/restic"), [])

    def test_a_quarantine_that_a_former_version_made_as_root_stays_beside_the_new_one(self) -> None:
        pathlib.Path(self.home, "restic/shell.sh").write_text("x")
        self.handed_over()
        os.mkdir(f"{self.home}/foreign", 0o700)
        pathlib.Path(self.home, "foreign/kept").write_text("kept")
        move_aside(self.store, ["shell.sh"])
        former = next(name for name in os.listdir(self.home) if name.startswith("foreign-"))
        self.assertEqual(pathlib.Path(self.home, former, "kept").read_text(), "kept")
        self.assertEqual(os.stat(f"{self.home}/foreign").st_uid, STRANGER)

    def test_where_files_are_moved_to_is_the_account_s_too(self) -> None:
        pathlib.Path(self.home, "restic/shell.sh").write_text("x")
        os.symlink(os.path.dirname(self.secret), f"{self.home}/foreign")
        self.handed_over()
        with self.assertRaises(Failed):
            move_aside(self.store, ["shell.sh"])
        self.assertEqual(os.listdir(os.path.dirname(self.secret)), ["key.age"])
        self.assertEqual(settled_names(f"{self.root}/none", 0), [])
