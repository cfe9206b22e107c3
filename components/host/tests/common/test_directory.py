"""Ways that somebody else could lead elsewhere are not gone."""

import os
import pathlib
import stat
import subprocess
import threading
import unittest

from phiward_host.common import directory, files, staging, trees
from phiward_host.common.account import as_account
from phiward_host.common.directory import NotRootsAlone, opened
from phiward_host.common.errors import Failed
from phiward_host.common.walking import MOST_HELD, Descent, walk
from tests.support import InDirectory, deep_tree

# Somebody who has no account on any machine.
STRANGER = 54321
AS_ROOT = unittest.skipUnless(os.geteuid() == 0, "only root can make what others own")


class Ways(InDirectory):
    def of_stranger(self, name: str) -> str:
        path = self.path(name)
        os.makedirs(path)
        os.chmod(path, 0o755)
        os.chown(path, STRANGER, STRANGER)
        return path

    @AS_ROOT
    def test_what_another_owns_on_the_way_is_refused_by_every_verb(self) -> None:
        home = self.of_stranger("home/mallory")
        pathlib.Path(home, "file").write_text("theirs")
        inside = f"{home}/file"
        verbs = {
            "read": lambda: files.read(inside),
            "write": lambda: files.write(inside, "x"),
            "append": lambda: files.appending(inside),
            "lock": lambda: files.lock_file(inside),
            "remove": lambda: files.remove(inside),
            "rename": lambda: files.rename(inside, self.path("x")),
            "rename to": lambda: files.rename(self.path("y", "y"), inside),
            "link": lambda: files.link(inside, "x"),
            "names": lambda: files.names(home),
            "matching": lambda: files.matching(f"{home}/*"),
            "make directory": lambda: files.make_directory(f"{home}/x/y"),
            "remove tree": lambda: trees.remove_tree(inside),
            "copy": lambda: trees.copy(inside, self.path("z")),
            "exists": lambda: files.exists(inside),
        }
        for name, verb in verbs.items():
            with self.subTest(name), self.assertRaises(NotRootsAlone) as refused:
                verb()
            self.assertEqual(refused.exception.filename, home)
            self.assertIn(f"it belongs to {STRANGER}:{STRANGER} with mode 0755", str(refused.exception))
        self.assertEqual(os.listdir(home), ["file"])

    def test_a_directory_that_others_can_write_to_is_refused_and_a_sticky_one_may_be_passed_only(self) -> None:
        for mode, passed in ((0o777, False), (0o757, False), (0o1777, True)):
            with self.subTest(oct(mode)):
                shared = self.path(f"shared-{mode:o}")
                os.makedirs(f"{shared}/own")
                os.chmod(shared, mode)
                with self.assertRaises(NotRootsAlone):
                    files.write(f"{shared}/x", "x")
                if passed:
                    files.write(f"{shared}/own/x", "x")
                else:
                    with self.assertRaises(NotRootsAlone):
                        files.write(f"{shared}/own/x", "x")

    @AS_ROOT
    def test_a_group_may_write_only_where_nobody_is_in_it(self) -> None:
        shared = self.path("shared")
        os.makedirs(shared)
        os.chmod(shared, 0o775)
        os.chown(shared, 0, STRANGER)
        files.write(f"{shared}/x", "x")
        os.chown(shared, 0, 1)  # of the account `daemon`
        with self.assertRaises(NotRootsAlone):
            files.write(f"{shared}/x", "x")

    @AS_ROOT
    def test_a_link_of_root_is_followed_and_its_way_is_judged(self) -> None:
        self.path("real/file", "ours")
        os.symlink("real", self.path("link"))
        os.symlink("../link/./file", self.path("real/again"))
        self.assertEqual(files.read_text(self.path("link/again")), "ours")
        home = self.of_stranger("home/mallory")
        pathlib.Path(home, "file").write_text("theirs")
        os.symlink(home, self.path("to-home"))
        os.symlink(f"{home}/file", self.path("to-file"))
        for path in ("to-home/file", "to-file", "link/../home/mallory/file"):
            with self.subTest(path), self.assertRaises(NotRootsAlone):
                files.read(self.path(path))

    @AS_ROOT
    def test_a_link_in_a_directory_such_as_tmp_is_followed_where_root_made_it_alone(self) -> None:
        shared = self.path("shared")
        os.makedirs(shared)
        os.chmod(shared, 0o1777)
        self.path("real/file", "ours")
        os.symlink(self.path("real"), f"{shared}/link")
        self.assertEqual(files.read_text(f"{shared}/link/file"), "ours")
        os.chown(f"{shared}/link", STRANGER, STRANGER, follow_symlinks=False)
        with self.assertRaises(NotRootsAlone):
            files.write(f"{shared}/link/file", "theirs")

    def test_links_that_never_end_are_an_error(self) -> None:
        os.symlink("b", self.path("a"))
        os.symlink("a", self.path("b"))
        for path in ("a", "a/x"):
            with self.subTest(path), self.assertRaises(OSError):
                files.read(self.path(path))

    def test_a_pipe_a_directory_and_what_is_too_large_are_not_read(self) -> None:
        os.mkfifo(self.path("pipe"))
        with open(self.path("sparse"), "wb") as sparse:
            sparse.truncate(files.MOST_BYTES + 1)
        for path in ("pipe", "sparse", "."):
            with self.subTest(path), self.assertRaises(OSError):
                files.read(self.path(path))
        with self.assertRaises(OSError):
            files.appending(self.path("pipe"))

    @AS_ROOT
    def test_in_an_account_s_tree_a_file_is_read_without_any_link(self) -> None:
        volume = self.of_stranger("volumes/data")
        pathlib.Path(volume, "VERSION").write_text("17\n")
        self.assertEqual(files.read_beneath(volume, "VERSION", 10), b"17\n")
        pathlib.Path(self.root, "secret").write_text("secret")
        os.symlink(f"{self.root}/secret", f"{volume}/link")
        os.symlink(self.root, f"{volume}/way")
        os.mkfifo(f"{volume}/pipe")
        for path in ("link", "way/secret", "../../secret", "pipe"):
            with self.subTest(path), self.assertRaises(OSError):
                files.read_beneath(volume, path, 10)
        with self.assertRaises(OSError):
            files.read_beneath(volume, "VERSION", 2)

    @AS_ROOT
    def test_a_directory_that_is_replaced_by_a_link_all_the_time_never_leads_away(self) -> None:
        """The window between a look and the use of a path, which descriptors do not have."""
        home = self.of_stranger("home/mallory")
        victim = self.path("etc/victim", "untouched")
        ended = threading.Event()

        def swap() -> None:
            while not ended.is_set():
                os.mkdir(f"{home}/.ssh")
                os.rmdir(f"{home}/.ssh")
                os.symlink(self.path("etc"), f"{home}/.ssh")
                os.unlink(f"{home}/.ssh")

        swapping = threading.Thread(target=swap)
        swapping.start()
        try:
            for _ in range(300):
                with self.assertRaises(OSError):
                    files.remove(f"{home}/.ssh/victim")
        finally:
            ended.set()
            swapping.join()
        self.assertEqual(pathlib.Path(victim).read_text(), "untouched")


class Staging(InDirectory):
    def test_a_name_may_have_all_of_its_255_bytes(self) -> None:
        for name in ("n" * 255, "ü" * 127):
            files.write(self.path(name), "text")
            self.assertEqual(files.read_text(self.path(name)), "text")
        self.assertEqual(sorted(os.listdir(self.root)), sorted(["n" * 255, "ü" * 127]))

    def test_two_writers_of_one_file_do_not_meet(self) -> None:
        one, two = (staging.stage(self.path("x"), text) for text in ("one", "two"))
        staging.put_in_place(two)
        self.assertEqual(files.read_text(self.path("x")), "two")
        staging.put_in_place(one)
        self.assertEqual(files.read_text(self.path("x")), "one")

    def test_what_a_process_that_ended_left_is_removed_and_what_another_writes_is_not(self) -> None:
        with subprocess.Popen(["true"]) as process:
            ended = process.pid
        token = "0123456789abcdef"
        for name in (f".phiward-{ended}-{token}.new", f".phiward-1-{token}.new", ".x.phiward-new", ".y.phiward-new"):
            self.path(name, "")
        staging.remove_staged(self.path("x"))
        self.assertEqual(sorted(os.listdir(self.root)), [f".phiward-1-{token}.new", ".y.phiward-new"])


class Trees(InDirectory):
    def test_a_tree_that_is_deeper_than_a_process_may_hold_is_removed(self) -> None:
        top = self.path("top")
        os.makedirs(top)
        deep_tree(top, 1500)
        trees.remove_tree(top)
        self.assertFalse(os.path.exists(top))

    def test_a_tree_that_is_deeper_than_a_process_may_hold_is_counted_measured_copied_and_given(self) -> None:
        top = self.path("top")
        os.makedirs(f"{top}/wide")
        pathlib.Path(top, "wide/file").write_text("12345")
        deep_tree(top, 1500)
        self.addCleanup(trees.remove_tree, top)
        self.assertEqual(trees.count_files(self.root, "top"), 2)
        self.assertEqual(trees.total_bytes(top), 5)
        trees.copy(top, self.path("copy"))
        self.addCleanup(trees.remove_tree, self.path("copy"))
        self.assertEqual(trees.count_files(self.root, "copy"), 2)
        trees.give(self.path("copy"), os.getuid(), os.getgid())
        self.assertEqual(pathlib.Path(self.path("copy/wide/file")).read_text(), "12345")

    def test_a_directory_that_is_moved_while_it_is_walked_is_passed_over_or_an_error(self) -> None:
        top, beside = self.path("top"), self.path("elsewhere")
        os.makedirs(f"{top}/e")
        os.mkdir(beside)
        deep_tree(top, MOST_HELD + 10)
        inner = f"{top}/{'/'.join(['d'] * (MOST_HELD + 4))}/d"
        with opened(self.root) as above, Descent(above, top) as tree:
            seen: list[str] = []
            for step in walk(tree, "top", moved="passed over"):
                seen.append(step.name)
                if step.name == "last":
                    os.rename(inner, f"{beside}/d")
            self.assertEqual((seen[-1], seen.count("e"), tree.names), ("top", 2, []))
        os.rename(f"{beside}/d", inner)
        with opened(self.root) as above, Descent(above, top) as tree, self.assertRaisesRegex(OSError, "meanwhile"):
            for step in walk(tree, "top"):
                if step.name == "last":
                    os.rename(inner, f"{beside}/d")

    def test_a_link_in_a_tree_is_removed_and_copied_itself(self) -> None:
        victim = self.path("victim/file", "untouched")
        self.path("tree/file", "x")
        os.symlink(self.path("victim"), self.path("tree/link"))
        os.mkfifo(self.path("tree/pipe"))
        os.chmod(self.path("tree/file"), 0o640)
        trees.copy(self.path("tree"), self.path("copy"))
        self.assertEqual(sorted(os.listdir(self.path("copy"))), ["file", "link"])
        self.assertTrue(os.path.islink(self.path("copy/link")))
        self.assertEqual(stat.S_IMODE(os.stat(self.path("copy/file")).st_mode), 0o640)
        for name in ("tree", "copy"):
            trees.remove_tree(self.path(name))
        self.assertEqual(pathlib.Path(victim).read_text(), "untouched")
        self.assertEqual(os.listdir(self.root), ["victim"])

    def test_a_file_with_holes_takes_no_more_room_than_it_had(self) -> None:
        with open(self.path("sparse"), "wb") as sparse:
            sparse.truncate(64 << 20)
        trees.copy(self.path("sparse"), self.path("copy"))
        self.assertEqual(os.stat(self.path("copy")).st_size, 64 << 20)
        self.assertLess(os.stat(self.path("copy")).st_blocks * 512, 1 << 20)


class Accounts(InDirectory):
    @AS_ROOT
    def test_what_is_looked_at_as_an_account_has_its_rights_and_no_group_of_root(self) -> None:
        secret = self.path("secret", "text")
        os.chmod(secret, 0o600)

        def look() -> object:
            try:
                pathlib.Path(secret).read_text()
            except PermissionError:
                return [os.getuid(), os.geteuid(), os.getgid(), os.getgroups(), "denied"]
            return "read"

        self.assertEqual(as_account(STRANGER, STRANGER, look), [STRANGER, STRANGER, STRANGER, [], "denied"])
        self.assertEqual(os.geteuid(), 0)

    def test_what_takes_too_long_fails_or_says_too_much_is_an_error(self) -> None:
        pipe = self.path("pipe")
        os.mkfifo(pipe)
        works = (lambda: pathlib.Path(pipe).read_text(), lambda: 1 // 0, lambda: "x" * (2 << 20))
        for work in works:
            with self.assertRaises(Failed):
                as_account(os.getuid(), os.getgid(), work, seconds=0.5)


class Splitting(unittest.TestCase):
    def test_what_names_no_entry_is_an_error(self) -> None:
        self.assertEqual(directory.split("/a/b/"), ("/a", "b"))
        self.assertEqual(directory.split("/a"), ("/", "a"))
        for path in ("/", "a", "", "/a/..", "/a/."):
            with self.subTest(path), self.assertRaises(OSError):
                directory.split(path)
