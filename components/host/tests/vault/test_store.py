"""What a host's account at the vault can make of its own directory, it cannot make root do for it."""

import os
import pathlib

from phiward_host.common import trees
from phiward_host.common.decode import as_strs
from phiward_host.common.errors import Failed
from phiward_host.vault.copies import kept_by, remove_old_locks
from phiward_host.vault.quarantine import move_aside, move_unexpected, settled_names, unexpected
from phiward_host.vault.store import Store
from tests.common.test_directory import AS_ROOT, STRANGER
from tests.support import InDirectory, deep_tree


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
        found = as_strs(self.store.look(lambda: unexpected(f"{self.home}/restic", 1e12)), "found")
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

    def test_a_tree_of_any_depth_is_moved_by_its_top_and_keeps_nothing_from_its_turn(self) -> None:
        places = ("locks", "data", "data/ab", "keys", ".")
        for place in places:
            os.makedirs(f"{self.home}/restic/{place}/a", exist_ok=True)
        os.makedirs(f"{self.home}/restic/index/{'0' * 64}")
        good = pathlib.Path(self.home, f"restic/data/ab/{'1' * 64}")
        good.write_text("pack")
        self.handed_over()
        for place in places:
            deep_tree(f"{self.home}/restic/{place}/a", 1200)
        self.addCleanup(trees.remove_tree, self.home)
        remove_old_locks(self.store)
        self.assertEqual(
            move_unexpected(self.store, 1e12),
            ["a", "data/a", "data/ab/a", f"index/{'0' * 64}", "keys/a", "locks/a"],
        )
        self.assertEqual(move_unexpected(self.store, 1e12), [])
        self.assertEqual(list(kept_by(self.store)), [f"data/ab/{'1' * 64}"])

    def test_what_could_not_be_looked_at_names_the_host_and_why(self) -> None:
        self.handed_over()
        with self.assertRaisesRegex(
            Failed, r"^web: .*/vault/web: .* a fault of the program \(ZeroDivisionError\); look"
        ):
            self.store.look(lambda: 1 // 0)
        with self.assertRaisesRegex(Failed, r"^web: .* there is more to say of it than 64 MB"):
            self.store.look(lambda: "x" * (65 << 20))
