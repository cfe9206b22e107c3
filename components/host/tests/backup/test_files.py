"""How restored files come into their places."""

import contextlib
import json
import os
import pathlib
import shutil
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from unittest import mock

from phiward_host.backup import files as module
from phiward_host.backup import sizes
from phiward_host.backup.files import restore_copy, restore_in_place
from phiward_host.backup.locations import LocalRepository
from phiward_host.backup.mounts import is_within
from phiward_host.backup.repository import Password
from phiward_host.backup.retention import Snapshot, as_time
from phiward_host.common import files, trees
from phiward_host.common.errors import Failed, Refused
from tests.backup.examples import settings
from tests.common.test_directory import AS_ROOT, STRANGER
from tests.support import InDirectory

SNAPSHOT = Snapshot("aa1", as_time("2026-01-01T00:00:00Z", "time"), "run", "files")


def no_users(paths: Sequence[str]) -> list[str]:
    """Stands in for a host without containers."""
    return []


def nearly_full(path: str) -> int:
    return sizes.RESERVE_BYTES + 4095


@dataclass(frozen=True)
class Backup(LocalRepository):
    """A backup of the paths below the directory `saved`, by what restic is asked for it."""

    saved: str = ""

    def argv(self, *words: str) -> list[str]:
        assert words[0] == "ls", words
        with open(f"{self.saved}.ls", "w", encoding="utf-8") as listing:
            for path in words[4:]:
                for found in self._below(path):
                    status = os.lstat(self.saved + found)
                    kind = "file" if stat.S_ISREG(status.st_mode) else "dir"
                    name = os.fsencode(found).decode("utf-8", "replace")
                    listing.write(json.dumps({"path": name, "type": kind, "size": status.st_size}) + "\n")
        return ["/bin/cat", f"{self.saved}.ls"]

    def must(self, what: str, *words: str) -> str:
        assert words[0] == "restore", words
        into = words[words.index("--target") + 1]
        for path in (words[at + 1] for at, word in enumerate(words) if word == "--include"):
            if os.path.lexists(self.saved + path):
                above = ""
                for part in path.strip("/").split("/")[:-1]:
                    above += f"/{part}"
                    os.makedirs(into + above, exist_ok=True)
                    shutil.copystat(self.saved + above, into + above)
                    self._own(self.saved + above, into + above)
                self._copy(self.saved + path, into + path)
        return ""

    def _below(self, path: str) -> Iterator[str]:
        if os.path.lexists(self.saved + path):
            yield path
            for root, directories, names in os.walk(self.saved + path):
                yield from (os.path.join(root, name)[len(self.saved) :] for name in [*directories, *names])

    def _copy(self, source: str, target: str) -> None:
        if os.path.isdir(source) and not os.path.islink(source):
            shutil.copytree(source, target, symlinks=True)
            for root, directories, names in os.walk(source):
                for name in (".", *directories, *names):
                    self._own(os.path.join(root, name), os.path.join(target + root[len(source) :], name))
        else:
            shutil.copy2(source, target, follow_symlinks=False)
        self._own(source, target)

    def _own(self, source: str, target: str) -> None:
        found = os.lstat(source)
        os.chown(target, found.st_uid, found.st_gid, follow_symlinks=False)


class RestoringTest(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.backup = Backup(settings(), Password("none"), f"{self.root}/saved")
        self.patch(module, "users_of", no_users)
        self.there = f"{self.root}/there"
        os.makedirs(self.there)
        self.aside = f"{self.base}/restores/stamp"

    def erase(self, staging: str) -> None:
        """What is taken out of what was fetched; nothing, until a test says otherwise."""

    def saved(self, path: str, text: str, mode: int = 0o644) -> None:
        where = pathlib.Path(f"{self.root}/saved{self.root}/{path}")
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text(text)
        where.chmod(mode)

    def restore(self, *paths: str, volumes: Sequence[str] = ()) -> module.Restored:
        return restore_in_place(
            self.backup,
            SNAPSHOT,
            [f"{self.root}/{path}" for path in paths],
            "stamp",
            volumes,
            self.erase,
            lambda: None,
        )

    def tree(self, path: str) -> dict[str, str]:
        found = sorted(pathlib.Path(path).rglob("*"))
        return {str(one.relative_to(path)): one.read_text() for one in found if one.is_file() and not one.is_symlink()}


class InPlace(RestoringTest):
    def test_the_old_tree_is_set_aside_whole_and_the_backup_s_takes_its_place(self) -> None:
        for path, text in (("there/same", "s"), ("there/changed", "good"), ("there/inner/made", "m")):
            self.saved(path, text)
        old = {"same": "s", "changed": "bad", "newer": "n", "inner/newer": "i"}
        for name, text in old.items():
            self.path(f"there/{name}", text)
        restored = self.restore("there")
        self.assertEqual(self.tree(self.there), {"same": "s", "changed": "good", "inner/made": "m"})
        self.assertEqual(self.tree(f"{self.aside}{self.there}"), old)
        self.assertEqual((restored.files, restored.aside), (3, self.aside))
        self.assertEqual(sorted(os.listdir(self.root)), ["saved", "saved.ls", "state", "there"])

    def test_a_newer_log_of_a_database_in_files_goes_with_it(self) -> None:
        for name, text in (("db", "old"), ("db-journal", "old journal")):
            self.saved(f"there/{name}", text)
        for name in ("db", "db-wal", "db-shm", "other"):
            self.path(f"there/{name}", f"new {name}")
        self.restore("there/db")
        expected = {"db": "old", "db-journal": "old journal", "other": "new other"}
        self.assertEqual(self.tree(self.there), expected)
        kept = {name: f"new {name}" for name in ("db", "db-wal", "db-shm")}
        self.assertEqual(self.tree(f"{self.aside}{self.there}"), kept)

    def test_a_name_may_have_all_of_its_255_bytes_and_be_no_utf_8(self) -> None:
        names = ["n" * 255, "ü" * 127, os.fsdecode(b"\xff\xfe"), "line\x85end", "new\nline", ".NAME.restored"]
        for name in names:
            self.saved(f"there/{name}", name if name.isascii() else "x")
            self.path(f"there/{name}", "old")
        os.makedirs(f"{self.there}/.x.restored")
        self.restore("there")
        self.assertEqual(sorted(os.listdir(self.there)), sorted(names))
        for name in names[:1]:
            self.restore(f"there/{name}")
            self.assertEqual(pathlib.Path(self.there, name).read_text(), name)

    def test_a_file_a_directory_and_a_link_change_places_and_are_kept(self) -> None:
        self.saved("there/now-directory/in", "i")
        self.saved("there/now-file", "f")
        self.path("there/now-directory", "d")
        self.path("there/now-file/old", "o")
        os.symlink("nowhere", f"{self.root}/saved{self.there}/now-link")
        self.path("there/now-link", "l")
        for name in ("now-directory", "now-file", "now-link"):
            self.restore(f"there/{name}")
        self.assertEqual(self.tree(self.there), {"now-directory/in": "i", "now-file": "f"})
        self.assertEqual(os.readlink(f"{self.there}/now-link"), "nowhere")
        kept = self.tree(f"{self.aside}{self.there}")
        self.assertEqual(kept, {"now-directory": "d", "now-file/old": "o", "now-link": "l"})

    @AS_ROOT
    def test_a_parent_that_is_missing_is_made_as_it_was(self) -> None:
        self.saved("there/a/b/file", "x")
        os.chmod(f"{self.root}/saved{self.there}/a", 0o750)
        os.chown(f"{self.root}/saved{self.there}/a", STRANGER, 0)
        os.chmod(f"{self.root}/saved{self.there}/a/b", 0o711)
        self.restore("there/a/b/file")
        found = os.stat(f"{self.there}/a")
        self.assertEqual((found.st_uid, stat.S_IMODE(found.st_mode)), (STRANGER, 0o750))
        self.assertEqual(stat.S_IMODE(os.stat(f"{self.there}/a/b").st_mode), 0o711)

    def test_a_path_within_another_comes_back_with_it(self) -> None:
        self.saved("there/inner/file", "good")
        self.path("there/inner/file", "bad")
        self.assertEqual(self.restore("there/inner", "there").files, 1)
        self.assertEqual(self.tree(f"{self.aside}{self.there}"), {"inner/file": "bad"})

    def test_what_is_not_in_the_backup_replaces_nothing(self) -> None:
        self.saved("there/file", "good")
        self.path("there/file", "bad")
        with self.assertRaisesRegex(Refused, "there/gone: not in this backup; nothing was replaced"):
            self.restore("there/file", "there/gone")
        self.assertEqual(self.tree(self.there), {"file": "bad"})

    def test_a_pattern_in_a_name_is_that_name(self) -> None:
        asked: list[str] = []

        def must(_: Backup, what: str, *words: str) -> str:
            asked.extend(words)
            raise Failed("enough")

        self.saved("there/[a]*?\\", "x")
        with mock.patch.object(Backup, "must", must), self.assertRaisesRegex(Failed, "enough"):
            self.restore("there/[a]*?\\")
        self.assertIn(f"{self.there}/\\[a]\\*\\?\\\\", asked)


class Links(RestoringTest):
    @AS_ROOT
    def test_a_link_in_a_volume_leads_nowhere_whoever_made_it(self) -> None:
        victim = self.path("etc/passwd", "untouched")
        for owner in (0, STRANGER):
            volume = f"{self.root}/there/volume-{owner}"
            os.makedirs(f"{volume}/real")
            os.symlink(self.path("etc"), f"{volume}/link")
            os.chown(volume, owner, owner)
            os.chown(f"{volume}/link", owner, owner, follow_symlinks=False)
            for name in ("file", "real/file", "link/passwd"):
                self.saved(f"there/volume-{owner}/{name}", "good")
            for name in ("file", "real/file"):
                self.restore(f"there/volume-{owner}/{name}", volumes=[volume])
                self.assertEqual(pathlib.Path(volume, name).read_text(), "good")
            with self.assertRaisesRegex(Failed, "link is not a directory, or it is a link that an account made"):
                self.restore(f"there/volume-{owner}/link/passwd", volumes=[volume])
        self.assertEqual(pathlib.Path(victim).read_text(), "untouched")
        self.assertEqual(os.listdir(self.path("etc")), ["passwd"])

    def test_a_link_of_root_before_a_volume_is_followed(self) -> None:
        os.symlink("there", f"{self.root}/way")
        self.saved("way/volume/file", "good")
        self.path("there/volume/file", "bad")
        self.restore("way/volume", volumes=[f"{self.root}/way/volume"])
        self.assertEqual(self.tree(self.there), {"volume/file": "good"})

    @AS_ROOT
    def test_a_home_that_is_a_link_leads_nowhere(self) -> None:
        home = f"{self.there}/mallory"
        os.makedirs(home)
        os.chown(home, STRANGER, STRANGER)
        os.symlink(self.path("etc"), f"{home}/.config")
        self.path("etc/file", "untouched")
        self.saved("there/mallory/.config/file", "good")
        self.saved("there/mallory/plain", "good")
        self.restore("there/mallory/plain")
        with self.assertRaises(Failed):
            self.restore("there/mallory/.config/file")
        self.assertEqual(self.tree(self.path("etc")), {"file": "untouched"})
        self.assertEqual(self.tree(home), {"plain": "good"})


class Room(RestoringTest):
    def test_room_is_asked_for_first(self) -> None:
        self.saved("there/file", "good")
        self.path("there/file", "bad")
        self.patch(files, "free_bytes", nearly_full)
        with self.assertRaisesRegex(Refused, "there/file: 4096 bytes .* has room for 4095; nothing was replaced"):
            self.restore("there/file")
        with self.assertRaisesRegex(Refused, "has room for 4095; nothing was replaced"):
            restore_copy(self.backup, SNAPSHOT, [f"{self.there}/file"], self.path("copy"), self.erase)
        self.assertEqual(self.tree(self.there), {"file": "bad"})

    def test_a_disk_that_fills_up_meanwhile_leaves_the_old_and_no_half(self) -> None:
        self.saved("there/file", "good")
        self.path("there/file", "bad")

        def must(backup: Backup, what: str, *words: str) -> str:
            into = words[words.index("--target") + 1]
            pathlib.Path(into, "half").write_text("half")
            raise Failed("local: files cannot be restored: restic exited with status 1")

        with mock.patch.object(Backup, "must", must), self.assertRaisesRegex(Failed, "cannot be restored"):
            self.restore("there")
        self.assertEqual(self.tree(self.there), {"file": "bad"})
        self.assertEqual([name for name in os.listdir(self.root) if name.startswith(".")], [])

    def test_what_cannot_be_moved_to_where_it_is_kept_stays_beside_its_place_and_is_named(self) -> None:
        self.saved("there/file", "good")
        self.path("there/file", "bad")
        self.path("state/restores", "a file where the directory would be")
        with self.assertRaisesRegex(
            Failed, "file: it is replaced, and what was there stays as .*/.phiward-before-stamp-1"
        ):
            self.restore("there/file")
        self.assertEqual(self.tree(self.there), {"file": "good", ".phiward-before-stamp-1": "bad"})


class Mounts(RestoringTest):
    def test_of_a_file_system_that_is_mounted_all_that_is_in_it_is_replaced(self) -> None:
        self.patch(module, "mount_points", lambda: ["/", self.there])
        self.saved("there/file", "good")
        self.saved("there/inner/made", "m")
        for name, text in (("file", "bad"), ("newer/n", "n")):
            self.path(f"there/{name}", text)
        self.restore("there")
        self.assertEqual(self.tree(self.there), {"file": "good", "inner/made": "m"})
        self.assertEqual(self.tree(f"{self.aside}{self.there}"), {"file": "bad", "newer/n": "n"})

    def test_a_tree_in_which_one_is_mounted_is_refused(self) -> None:
        self.patch(module, "mount_points", lambda: ["/", f"{self.there}/disk"])
        self.saved("there/file", "good")
        with self.assertRaisesRegex(Refused, "a file system is mounted at .*/disk, so it cannot be replaced whole"):
            self.restore("there")


class Erasing(RestoringTest):
    def erase(self, staging: str) -> None:
        trees.remove_tree(f"{staging}{self.there}/gone")

    def test_what_may_not_come_back_is_out_of_it_before_anything_is_in_place(self) -> None:
        for name in ("kept", "gone"):
            self.saved(f"there/{name}", "good")
        self.assertEqual(self.restore("there").files, 1)
        self.assertEqual(self.tree(self.there), {"kept": "good"})
        into = self.path("copy")
        self.assertEqual(restore_copy(self.backup, SNAPSHOT, [self.there], into, self.erase).files, 1)
        self.assertEqual(list(self.tree(into).values()), ["good"])

    def test_where_nothing_else_was_asked_for_it_is_said_and_nothing_changes(self) -> None:
        self.saved("there/gone", "good")
        self.path("there/gone", "newer")
        with self.assertRaisesRegex(Refused, "--what: found data of a person who was erased since"):
            self.restore("there/gone")
        self.assertEqual(self.tree(self.there), {"gone": "newer"})
        into = self.path("copy")
        with self.assertRaisesRegex(Refused, "who was erased since"):
            restore_copy(self.backup, SNAPSHOT, [f"{self.there}/gone"], into, self.erase)
        self.assertEqual(os.listdir(into), [])


class Copies(RestoringTest):
    def test_a_copy_goes_into_an_empty_directory_of_root_s(self) -> None:
        self.saved("there/file", "good")
        into = self.path("copy")
        self.assertEqual(
            restore_copy(self.backup, SNAPSHOT, [f"{self.there}/file"], into, self.erase), module.Restored(1, None)
        )
        self.assertEqual(pathlib.Path(into + self.there, "file").read_text(), "good")
        link = self.path("link")
        os.symlink(into, link)
        for taken in (into, link):
            with self.subTest(taken), self.assertRaisesRegex(Refused, "exists and is not an empty directory"):
                restore_copy(self.backup, SNAPSHOT, [f"{self.there}/file"], taken, self.erase)

    @AS_ROOT
    def test_a_directory_that_others_can_change_gets_no_copy(self) -> None:
        shared = self.path("shared")
        os.makedirs(shared)
        os.chmod(shared, 0o1777)
        with self.assertRaisesRegex(Refused, "--into: .*shared: .*choose another, such as /root/restored"):
            restore_copy(self.backup, SNAPSHOT, [f"{self.there}/file"], f"{shared}/copy", self.erase)
        self.assertEqual(os.listdir(shared), [])


class Within(InDirectory):
    def test_a_name_that_begins_alike_is_not_within(self) -> None:
        found = [is_within(path, "/srv/a") for path in ("/srv/a", "/srv/a/b", "/srv/ab", "/srv")]
        self.assertEqual(found, [True, True, False, False])
        self.assertFalse(is_within("/srv", ""))


class Failing(RestoringTest):
    def test_what_was_replaced_before_a_failure_is_named(self) -> None:
        for name in ("one", "two"):
            self.saved(f"there/{name}/file", "good")
            self.path(f"there/{name}/file", "bad")
        whole = module.replace

        def replace(place: module.Place, staging: str, stamp: str) -> str | None:
            if place.path.endswith("two"):
                raise OSError(28, "No space left on device")
            return whole(place, staging, stamp)

        with (
            contextlib.ExitStack() as held,
            self.assertRaisesRegex(
                Failed, "two: No space left on device; it was not replaced; replaced already, .*/one"
            ),
        ):
            held.enter_context(mock.patch.object(module, "replace", replace))
            self.restore("there/one", "there/two")
        self.assertEqual(self.tree(self.there), {"one/file": "good", "two/file": "bad"})
