"""What is removed at the vault is removed in a copy first, and taken over so that nothing is lost at any moment."""

import hashlib
import json
import os
import pathlib
import time
import unittest
from collections.abc import Callable, Sequence
from contextlib import suppress
from unittest import mock

from phiward_host.common import files
from phiward_host.common.errors import Failed
from phiward_host.common.process import Completed
from phiward_host.vault import copies, proof
from phiward_host.vault import store as store_module
from phiward_host.vault.copies import copied, is_busy, kept_by, listed, remove_old_locks, take_over
from phiward_host.vault.store import Key, OpenStore, Store
from tests.support import InDirectory


class CutOff(Exception):
    """The power, at some moment."""


class CopiesTest(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.home = self.path("web")
        self.store = Store("web", self.home, os.getuid(), os.getgid())
        self.open = OpenStore(self.store, Key(0, "/dev/null"), self.store.repository)

        def as_account(_: int, __: int, work: Callable[[], object], ___: float, ____: int) -> object:
            return work()

        self.patch(store_module, "as_account", as_account)
        self.put("config", "config")
        self.key = self.put_named("keys", "key")
        self.old, self.new = self.put_named("snapshots", "old"), self.put_named("snapshots", "new")
        self.only_old, self.both = self.put_named("data", "only old"), self.put_named("data", "both")
        self.index = self.put_named("index", "says anything")

    def put(self, path: str, text: str, root: str = "restic") -> str:
        file = pathlib.Path(self.home, root, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return path

    def put_named(self, kind: str, text: str, root: str = "restic") -> str:
        name = hashlib.sha256(text.encode()).hexdigest()
        return self.put(f"data/{name[:2]}/{name}" if kind == "data" else f"{kind}/{name}", text, root)

    def kept(self) -> set[str]:
        return set(listed(self.store.repository))

    def pruned_in_copy(self) -> None:
        """What restic's forget and prune do there: one pack goes, one is written again, with a new index."""
        for path in (self.old, self.only_old, self.both):
            pathlib.Path(self.store.copy, path).unlink(missing_ok=True)
        self.packed = self.put_named("data", "both, packed again", "copy")
        self.truth = self.put_named("index", "true", "copy")

    def prune(self, *, forced: bool = False) -> bool:
        before = kept_by(self.store)
        expendable = [path for path in before if path.startswith(("snapshots/", "data/"))]
        with copied(self.open, [path for path in before if not path.startswith("index/")]):
            self.pruned_in_copy()
            return take_over(self.store, before, expendable, forced=forced)

    def test_a_copy_is_the_same_files_without_index_locks_and_strangers_and_goes_in_the_end(self) -> None:
        self.put("locks/" + "a" * 64, "lock")
        self.put("shell.sh", "x")
        self.put("left over", "by a job that was killed", "copy")
        with copied(self.open, [path for path in kept_by(self.store) if not path.startswith("index/")]) as copy:
            self.assertEqual(copy.directory, self.store.copy)
            there = set(listed(self.store.copy))
            self.assertEqual(there, self.kept() - {self.index})
            self.assertFalse(os.path.exists(f"{self.store.copy}/left over"))
            same = (os.stat(f"{self.home}/{root}/{self.both}").st_ino for root in ("restic", "copy"))
            self.assertEqual(len(set(same)), 1)
        self.assertFalse(os.path.exists(self.store.copy))

    def test_what_the_copy_has_become_is_taken_over(self) -> None:
        self.assertTrue(self.prune())
        self.assertEqual(self.kept(), {"config", self.key, self.new, self.packed, self.truth})

    def test_what_came_meanwhile_stays_whatever_it_is(self) -> None:
        before = kept_by(self.store)
        with copied(self.open, [path for path in before if not path.startswith("index/")]):
            self.pruned_in_copy()
            came = {self.put_named("data", "came later"), self.put_named("index", "came later too")}
            self.assertTrue(take_over(self.store, before, [self.old, self.new, self.only_old, self.both], forced=False))
        self.assertLessEqual(came, self.kept())

    def test_nothing_is_removed_while_the_host_adds(self) -> None:
        before = self.kept()
        for path in (self.put("locks/" + "b" * 64, "lock"),):
            self.assertFalse(self.prune())
            self.assertLessEqual(before, self.kept())
            os.unlink(f"{self.store.repository}/{path}")
        kept = kept_by(self.store)
        self.put_named("snapshots", "came later")
        self.assertTrue(is_busy(self.store.repository, kept))
        self.assertFalse(is_busy(self.store.repository, kept_by(self.store)))

    def test_a_backup_that_begins_while_it_is_taken_over_gets_the_index_back(self) -> None:
        before = self.kept()
        for moment in (1, 2):
            with mock.patch.object(copies, "is_busy", side_effect=[False] * (moment - 1) + [True]):
                self.assertFalse(self.prune())
            self.assertLessEqual(before, self.kept())

    def test_a_host_s_locks_count_no_longer_when_it_is_forced(self) -> None:
        self.put("locks/" + "b" * 64, "lock")
        self.assertTrue(self.prune(forced=True))
        self.assertNotIn(self.old, self.kept())

    def test_nothing_changes_where_restic_made_no_index(self) -> None:
        before = kept_by(self.store)
        with (
            copied(self.open, [path for path in before if path.startswith("data/")]),
            self.assertRaisesRegex(Failed, "^web: restic made no index, so nothing was changed$"),
        ):
            take_over(self.store, before, list(before), forced=False)
        self.assertEqual(self.kept(), set(before))

    def test_cut_off_at_any_moment_it_lacks_nothing_that_a_kept_snapshot_needs(self) -> None:
        changing = ("link_same", "rename", "remove", "sync", "make_directory")
        for moment in range(60):
            with self.subTest(moment=moment):
                self.setUp()
                left = [moment]

                def counted(name: str, left: list[int] = left) -> Callable[..., object]:
                    real = getattr(files, name)

                    def act(*words: object) -> object:
                        left[0] -= 1
                        if left[0] < 0:
                            raise CutOff
                        return real(*words)

                    return act

                patches = [mock.patch.object(files, name, counted(name)) for name in changing]
                with suppress(CutOff):
                    for patch in patches:
                        patch.start()
                    try:
                        self.prune()
                    finally:
                        for patch in patches:
                            patch.stop()
                kept = self.kept()
                self.assertIn(self.new, kept)
                # The pack of both, or the one that it was packed into, with the index that lists it or can be made.
                packed = self.packed if hasattr(self, "packed") else ""
                self.assertTrue(self.both in kept or (packed in kept and self.truth in kept))
                # A snapshot that is still there has its pack.
                self.assertTrue(self.old not in kept or self.only_old in kept)
                self.assertTrue(self.prune())
                self.assertNotIn(self.old, self.kept())

    def test_a_lock_that_is_old_by_the_vault_s_clock_is_removed_whatever_it_says(self) -> None:
        old, young = self.put("locks/" + "a" * 64, "2999"), self.put("locks/" + "b" * 64, "1970")
        os.utime(f"{self.store.repository}/{old}", (1, time.time() - 1801))
        remove_old_locks(self.store)
        self.assertEqual(os.listdir(f"{self.store.repository}/locks"), [os.path.basename(young)])


class ProofTest(CopiesTest):
    """restic finds wrong what `wrong` holds, and lists nothing of what `without_header` holds."""

    def setUp(self) -> None:
        super().setUp()
        self.patch(proof, "PAUSE_SECONDS", 0)
        self.wrong: list[set[str]] = []
        self.without_header: set[str] = set()
        self.checked: list[set[str]] = []
        self.patch(Store, "restic", self.restic)

    def restic(self, _: Key, *words: str, directory: str) -> Completed:
        packs = {path for path in listed(directory) if path.startswith("data/")}
        if words[0] == "check":
            self.checked.append(packs)
            wrong = [os.path.basename(path) for path in packs & (self.wrong.pop(0) if self.wrong else set())]
            text = json.dumps({"message_type": "summary", "broken_packs": wrong or None})
            return Completed(1 if wrong else 0, text, "")
        if words[:2] == ("cat", "index"):
            ids = [{"id": os.path.basename(path)} for path in packs - self.without_header]
            return Completed(0, json.dumps({"packs": ids}), "")
        return Completed(0, "index" if words[0] == "list" else "", "")

    def prove(self) -> set[str]:
        return proof.prove(self.open, kept_by(self.store))

    def test_reads_each_pack_once_and_again_when_it_is_another_file(self) -> None:
        self.assertEqual(self.prove(), {self.only_old, self.both})
        self.assertEqual(self.prove(), {self.only_old, self.both})
        os.unlink(f"{self.store.repository}/{self.both}")
        self.prove()
        self.put(self.both, "something else under the name of what was pruned")
        self.prove()
        self.assertEqual(self.checked, [{self.only_old, self.both}, {self.both}])

    def test_believes_that_a_pack_is_broken_when_it_was_read_twice_and_nobody_writes_it(self) -> None:
        self.wrong = [{self.both}]
        self.assertEqual(self.prove(), {self.only_old, self.both})
        broken = self.put_named("data", "broken")
        self.wrong = [{broken}, {broken}]
        proven = self.prove()
        self.assertEqual(proven, {self.only_old, self.both})
        self.assertEqual(proof.broken_packs(kept_by(self.store), proven), [])
        os.utime(f"{self.store.repository}/{broken}", (1, time.time() - 3600))
        self.assertEqual(proof.broken_packs(kept_by(self.store), proven), [broken])

    def test_a_pack_whose_header_cannot_be_read_is_broken_although_the_check_passes(self) -> None:
        self.without_header = {self.both}
        self.assertEqual(self.prove(), {self.only_old})

    def test_a_check_that_does_not_come_to_its_end_proves_nothing(self) -> None:
        def killed(_: Key, *words: str, directory: str) -> Completed:
            return Completed(137 if words[0] == "check" else 0, "", "")

        self.patch(Store, "restic", staticmethod(killed))
        with self.assertRaisesRegex(Failed, r"^web: its packs cannot be read \(restic exited with status 137\)"):
            self.prove()
        self.assertEqual(proof.read("web"), {})


def load_tests(loader: unittest.TestLoader, _: Sequence[unittest.TestSuite], __: str | None) -> unittest.TestSuite:
    """Each test once: ProofTest shares the repository of CopiesTest, and not its tests."""
    inherited = set(loader.getTestCaseNames(CopiesTest))
    own = [ProofTest(name) for name in loader.getTestCaseNames(ProofTest) if name not in inherited]
    return unittest.TestSuite([loader.loadTestsFromTestCase(CopiesTest), *own])
