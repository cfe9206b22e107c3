"""One unit's change, and the way back from it."""

import errno
import json
import os
import pathlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from unittest import mock

from phiward_host.agent import entries, retry, systemd_units, transaction
from phiward_host.agent.confirm import LeftOver, confirm, recover, rollback
from phiward_host.agent.entries import Entry
from phiward_host.agent.generation import Generation
from phiward_host.agent.transaction import Transaction
from phiward_host.common import files, lock, staging
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.process import Completed
from tests.support import OK, InDirectory


class Changing(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.patch(transaction, "UNDO_PAUSES", (0, 0))

    def change(self) -> tuple[str, str, str, str]:
        """Changes a file, removes one, makes one, replaces a link; returns their paths."""
        kept = self.path("etc/kept.conf", "old")
        gone = self.path("etc/gone.conf", "precious")
        link = self.path("etc/link")
        made = self.path("etc/made.conf")
        os.symlink("kept.conf", link)
        os.chmod(gone, 0o640)
        begun = Transaction("unit")
        begun.begin("digest", None)
        begun.remember([kept, gone, link, made])
        files.write(kept, b"new")
        os.unlink(gone)
        os.unlink(link)
        files.write(made, b"made")
        return kept, gone, link, made

    def assert_old(self, kept: str, gone: str, link: str, made: str) -> None:
        self.assertEqual(pathlib.Path(kept).read_text(), "old")
        self.assertEqual(pathlib.Path(gone).read_text(), "precious")
        self.assertEqual(os.stat(gone).st_mode & 0o777, 0o640)
        self.assertEqual(os.readlink(link), "kept.conf")
        self.assertFalse(os.path.exists(made))
        self.assertEqual(sorted(os.listdir(os.path.join(self.root, "etc"))), ["gone.conf", "kept.conf", "link"])


class RollingBack(Changing):
    def test_a_roll_back_restores_content_mode_links_and_absence(self) -> None:
        changed = self.change()
        Transaction("unit").roll_back("test")
        self.assert_old(*changed)
        self.assertFalse(os.path.exists(Transaction("unit").path))

    def test_a_roll_back_that_was_itself_interrupted_is_finished_by_the_next(self) -> None:
        for interrupted_after in range(4):
            with self.subTest(interrupted_after=interrupted_after):
                self.setUp()
                changed = self.change()
                first = Transaction("unit")
                for entry in list(reversed(first.opened().entries))[:interrupted_after]:
                    entries.restore(entry, first.path)
                Transaction("unit").roll_back("test")
                self.assert_old(*changed)

    def test_staged_files_of_an_interrupted_swap_are_cleared_away(self) -> None:
        changed = self.change()
        staging.stage(changed[0], b"half", owner=(os.getuid(), os.getgid()), mode=0o644)
        Transaction("unit").roll_back("test")
        self.assert_old(*changed)

    def test_a_link_comes_back_where_a_directory_took_its_place(self) -> None:
        link = self.path("link")
        os.symlink("elsewhere", link)
        begun = Transaction("unit")
        begun.begin("digest", None)
        begun.remember([link])
        os.unlink(link)
        os.mkdir(link)
        Transaction("unit").roll_back("test")
        self.assertEqual(os.readlink(link), "elsewhere")

    def test_the_owner_and_mode_of_a_directory_come_back(self) -> None:
        directory = self.path("directory")
        os.mkdir(directory, 0o750)
        begun = Transaction("unit")
        begun.begin("digest", None)
        begun.remember([directory])
        os.chmod(directory, 0o700)
        Transaction("unit").roll_back("test")
        self.assertEqual(os.stat(directory).st_mode & 0o777, 0o750)

    def test_steps_are_taken_back_in_reverse_and_reloads_come_last_in_order(self) -> None:
        ran: list[tuple[str, str | None]] = []

        def answer(argv: Sequence[str], stdin: str | None) -> Completed:
            ran.append((argv[0], stdin))
            return OK

        self.run_with(answer)
        begun = Transaction("unit")
        begun.begin("digest", None)
        begun.undo_later(["reload-1"], "again")
        begun.undo_later(["undo-1"], "undo", "saved")
        begun.undo_later(["reload-2"], "again")
        begun.undo_later(["undo-2"], "undo")
        ran.clear()
        Transaction("unit").roll_back("test")
        expected = [("undo-2", None), ("undo-1", "saved"), ("reload-1", None), ("reload-2", None)]
        self.assertEqual([entry for entry in ran if entry[0] != "systemctl"], expected)

    def test_an_undo_that_fails_does_not_keep_the_others_from_theirs(self) -> None:
        ran: list[str] = []

        def answer(argv: Sequence[str], stdin: str | None) -> Completed:
            ran.append(argv[0])
            return Completed(1 if argv[0] == "undo-2" else 0, "", "")

        begun = Transaction("unit")
        begun.begin("digest", None)
        begun.undo_later(["undo-1"], "undo")
        begun.undo_later(["undo-2"], "undo")
        self.run_with(answer)
        begun.roll_back("test")
        self.assertEqual(ran[:2], ["undo-2", "undo-1"])

    def test_an_undo_that_failed_once_is_tried_again_and_nothing_is_done_twice(self) -> None:
        ran: list[str] = []

        def answer(argv: Sequence[str], stdin: str | None) -> Completed:
            ran.append(argv[0])
            return Completed(1 if argv[0] == "undo-2" and ran.count("undo-2") == 1 else 0, "", "")

        begun = Transaction("unit")
        begun.begin("digest", None)
        begun.undo_later(["undo-1"], "undo")
        begun.undo_later(["undo-2"], "undo")
        begun.undo_later(["reload"], "again")
        self.run_with(answer)
        self.assertEqual(begun.roll_back("test"), [])
        self.assertEqual([name for name in ran if name != "systemctl"], ["undo-2", "undo-1", "reload", "undo-2"])

    def test_an_undo_that_fails_to_the_end_is_on_record_and_told(self) -> None:
        begun = Transaction("unit")
        begun.begin("digest", 20)
        begun.undo_later(["undo", "this"], "undo")
        begun.arm("open")
        self.run_with(lambda argv, stdin: Completed(1 if argv[0] == "undo" else 0, "", ""))
        with self.assertRaisesRegex(LeftOver, "unit: undo this: failed 3 times"):
            recover("unit")
        note = json.loads(pathlib.Path(begun.rolled_back_path).read_text())
        self.assertEqual((note["hash"], note["left"]), ("digest", ["undo this: failed 3 times"]))
        self.assertIn("undo this: failed 3 times", pathlib.Path(self.base, "log/unit.log").read_text())
        self.assertIsNone(Transaction("unit").manifest)
        self.run_with(lambda argv, stdin: OK)
        recover("unit")

    def test_a_file_that_cannot_be_put_back_is_named_and_the_next_try_does_what_is_left_alone(self) -> None:
        changed = self.change()
        ran: list[str] = []

        def answer(argv: Sequence[str], stdin: str | None) -> Completed:
            ran.append(argv[0])
            return OK

        begun = Transaction("unit")
        begun.undo_later(["undo"], "undo")
        begun.undo_later(["reload"], "again")
        self.run_with(answer)
        whole, failing = entries.restore, changed[0]

        def restore(old: Entry, home: str) -> None:
            if old.path == failing:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            whole(old, home)

        with (
            mock.patch.object(entries, "restore", restore),
            self.assertRaisesRegex(Refused, "kept.conf: No space left on device; it is tried again$"),
        ):
            begun.roll_back("test")
        self.assertEqual(ran, ["undo", "reload"])
        self.assertEqual(Transaction("unit").roll_back("test"), [])
        self.assert_old(*changed)
        # What repeats a command is for files that are back.
        self.assertEqual([name for name in ran if name != "systemctl"], ["undo", "reload", "reload"])

    def test_on_a_full_disk_a_roll_back_ends_and_is_known_without_a_byte_written(self) -> None:
        changed = self.change()
        begun = Transaction("unit")
        begun.undo_later(["undo"], "undo")
        ran: list[str] = []

        def answer(argv: Sequence[str], stdin: str | None) -> Completed:
            ran.append(argv[0])
            return OK

        self.run_with(answer)

        def stage(path: str, *_: object, **more: object) -> object:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

        with mock.patch.object(staging, "stage", stage):
            Transaction("unit").roll_back("test")
            recover("any")
        self.assert_old(*changed)
        self.assertEqual(ran.count("undo"), 1)
        self.assertEqual(Transaction("unit").rolled_back(), "digest")
        with self.assertRaisesRegex(Refused, "was rolled back or never applied"):
            confirm("unit", "digest")
        Transaction("unit").forget_roll_back()
        self.assertIsNone(Transaction("unit").rolled_back())

    def test_at_boot_files_are_restored_and_no_step_is_run(self) -> None:
        changed = self.change()
        ran: list[str] = []

        def answer(argv: Sequence[str], stdin: str | None) -> Completed:
            ran.append(argv[0])
            return OK

        self.run_with(answer)
        begun = Transaction("unit")
        begun.undo_later(["undo"], "undo")
        begun.roll_back("test", boot=True)
        self.assert_old(*changed)
        self.assertNotIn("undo", ran)


class FormerVersions(Changing):
    def test_a_change_that_a_former_version_began_is_rolled_back(self) -> None:
        kept, gone, link, made = (self.path(f"etc/{name}") for name in ("kept.conf", "gone.conf", "link", "made.conf"))
        self.path("etc/kept.conf", "new")
        self.path("etc/made.conf", "made")
        self.path("state/units/unit/transaction/0", "old")
        self.path("state/units/unit/transaction/1", "precious")
        os.chmod(self.path("state/units/unit/transaction/1"), 0o640)
        ran: list[tuple[str, str | None]] = []

        def answer(argv: Sequence[str], stdin: str | None) -> Completed:
            ran.append((argv[0], stdin))
            return OK

        self.run_with(answer)
        manifest = {
            "hash": "digest",
            "state": "applied",
            "entries": [
                {"path": kept, "kind": "file", "backup": 0},
                {"path": gone, "kind": "file", "backup": 1},
                {"path": link, "kind": "link", "target": "kept.conf"},
                {"path": made, "kind": "absent"},
                {"path": self.path("etc"), "kind": "directory", "owner": [os.getuid(), os.getgid()], "mode": 0o755},
            ],
            "undo": [
                {"argv": ["reload"], "how": "again", "stdin": None},
                {"argv": ["undo"], "how": "undo", "stdin": "x"},
            ],
            "seconds": 20,
            "deadline": 12.5,
        }
        self.path("state/units/unit/transaction/manifest.json", json.dumps(manifest))
        rollback("unit", "digest")
        self.assert_old(kept, gone, link, made)
        self.assertEqual(ran[:2], [("undo", "x"), ("reload", None)])
        self.assertEqual(Transaction("unit").rolled_back(), "digest")

    def test_what_is_written_now_is_what_a_former_version_reads(self) -> None:
        begun = Transaction("unit")
        begun.begin("digest", 20)
        begun.remember([self.path("absent")])
        written = json.loads(pathlib.Path(begun.path, "manifest.json").read_text())
        self.assertEqual(sorted(written), ["deadline", "entries", "hash", "seconds", "state", "undo"])
        self.assertEqual(written["entries"], [{"path": self.path("absent"), "kind": "absent"}])


class Switch(InDirectory):
    def test_killed_before_the_new_timer_runs_a_change_is_still_open_so_that_recovery_takes_it_back(self) -> None:
        begun = Transaction("unit")
        begun.begin("digest", 20)
        with (
            mock.patch.object(transaction, "command", side_effect=KeyboardInterrupt),
            self.assertRaises(KeyboardInterrupt),
        ):
            begun.arm("applied")
        self.assertEqual(Transaction("unit").opened().state, "open")

    def test_the_timer_calls_the_agent_that_stays_on_the_host(self) -> None:
        ran: list[Sequence[str]] = []

        def answer(argv: Sequence[str], stdin: str | None) -> Completed:
            ran.append(argv)
            return OK

        self.run_with(answer)
        Transaction("unit").begin("digest", 20)
        expected = ["/usr/bin/python3", "-I", f"{self.base}/agent.pyz", "rollback", "unit", "digest"]
        self.assertEqual(list(ran[0])[-6:], expected)
        self.assertIn("--on-active=20", ran[0])

    def test_a_timer_that_finds_the_deadline_moved_leaves_the_change(self) -> None:
        begun = Transaction("unit")
        begun.begin("digest", 20)
        rollback("unit", "digest")
        self.assertIsNotNone(Transaction("unit").manifest)

    def test_a_roll_back_of_drift_is_remembered_although_the_generation_stays(self) -> None:
        self.path("state/units/unit/generation.json", json.dumps({"hash": "same", "files": [], "directories": []}))
        begun = Transaction("unit")
        begun.begin("same", None)
        begun.roll_back("test")
        with self.assertRaisesRegex(Refused, "was rolled back or never applied"):
            confirm("unit", "same")

    def test_recovery_takes_back_an_open_change_and_leaves_one_that_waits(self) -> None:
        for state, stays in (("open", False), ("applied", True)):
            begun = Transaction(state)
            begun.begin("digest", 20)
            begun.arm("applied" if stays else "open")
            recover(state)
            self.assertEqual(os.path.exists(begun.path), stays)

    def test_at_boot_a_unit_that_fails_does_not_keep_the_others_unrecovered(self) -> None:
        self.path("state/units/a-broken/transaction/manifest.json", "no JSON")
        changed = self.path("etc/x", "old")
        for unit in ("b-full", "ssh"):
            begun = Transaction(unit)
            begun.begin("digest", 20)
            begun.remember([changed if unit == "ssh" else self.path("etc/y", "y")])
            begun.arm("applied")
        pathlib.Path(changed).write_text("new")
        whole = entries.restore

        def restore(old: Entry, home: str) -> None:
            if "b-full" in home:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            whole(old, home)

        with (
            mock.patch.object(entries, "restore", restore),
            self.assertRaisesRegex(
                Failed, "^b-full: not everything .*No space left.*; a-broken: .*/manifest.json was damaged"
            ),
        ):
            recover("--boot")
        self.assertEqual(pathlib.Path(changed).read_text(), "old")
        self.assertFalse(os.path.exists(Transaction("ssh").path))
        # It waited for its confirmation; nobody can give that any more, so the next recovery goes on with it.
        self.assertEqual(Transaction("b-full").opened().state, "open")
        recover("any")
        self.assertFalse(os.path.exists(Transaction("b-full").path))

    def damaged(self, text: str) -> Transaction:
        """A unit whose change is under way, and whose manifest holds another text."""
        begun = Transaction("unit")
        begun.begin("digest", 20)
        begun.remember([self.path("etc/x", "old")])
        files.write_json(begun.generation_path, {"hash": "digest", "files": ["/etc/x"], "directories": []})
        files.write(f"{begun.path}/manifest.json", text)
        return begun

    def test_a_damaged_manifest_is_kept_aside_named_and_not_tried_again(self) -> None:
        for text in ("", '{"hash": "dig', "null", "[]", '{"hash": "digest"}', "\x00\x00"):
            with self.subTest(text=text):
                path = self.damaged(text).path
                with self.assertRaisesRegex(LeftOver, r"^rolled back, but for .*unit: .*/manifest\.json was damaged"):
                    recover("unit")
                self.assertFalse(os.path.exists(path))
                kept = pathlib.Path(path).parent.glob("transaction.damaged-*")
                self.assertEqual([(entry / "0").read_text() for entry in kept], ["old"])
                # Nobody takes it for applied, and it is still known which files are the unit's.
                self.assertEqual(Transaction("unit").generation(), Generation("unknown", ["/etc/x"], []))
                recover("unit")
                self.setUp()

    def test_a_damaged_record_of_a_generation_counts_as_one_that_no_plan_has(self) -> None:
        for text in ("", "{}", '{"hash": 1', "null"):
            with self.subTest(text=text):
                unit = Transaction("unit")
                os.makedirs(unit.home, exist_ok=True)
                pathlib.Path(unit.generation_path).write_text(text)
                self.assertEqual(unit.generation().hash, "unknown")
                with self.assertRaisesRegex(Refused, "cannot confirm: the host is at generation unknown"):
                    confirm("unit", "digest")

    def test_a_damaged_note_of_a_roll_back_has_the_unit_count_as_rolled_back(self) -> None:
        unit = Transaction("unit")
        os.makedirs(unit.home, exist_ok=True)
        files.write_json(unit.generation_path, {"hash": "digest", "files": [], "directories": []})
        self.assertIsNone(unit.rolled_back())
        pathlib.Path(unit.rolled_back_path).write_text("")
        self.assertEqual(unit.rolled_back(), "digest")
        with self.assertRaises(Refused):
            confirm("unit", "digest")

    def test_a_recovery_is_tried_again_ever_more_rarely_and_within_limits(self) -> None:
        text = systemd_units.texts()[systemd_units.OF_A_UNIT]
        settings = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        self.assertGreater(int(settings["StartLimitBurst"]), 1)
        self.assertIn("RestartSteps", settings)
        self.assertEqual(settings["RestartPreventExitStatus"], str(retry.LEFT_OVER))
        self.assertEqual(settings["OnFailure"], "phiward-alert@%n.service")
        at_boot = systemd_units.texts()[systemd_units.AT_BOOT]
        self.assertIn("\nOnFailure=phiward-recover@any.service\n", at_boot)

    def test_at_boot_recovery_takes_back_every_change(self) -> None:
        for unit in ("one", "two"):
            begun = Transaction(unit)
            begun.begin("digest", 20)
            begun.arm("applied")
        recover("--boot")
        self.assertEqual([os.path.exists(Transaction(unit).path) for unit in ("one", "two")], [False, False])


class Confirming(InDirectory):
    def applied(self, digest: str) -> None:
        self.path("state/units/unit/generation.json", json.dumps({"hash": digest, "files": [], "directories": []}))

    def test_the_live_generation_is_confirmed_and_its_way_back_is_closed(self) -> None:
        self.applied("new")
        Transaction("unit").begin("new", None)
        self.assertEqual(confirm("unit", "new")["status"], "confirmed")
        self.assertIsNone(Transaction("unit").manifest)

    def test_a_connection_that_was_there_before_the_change_proves_nothing(self) -> None:
        self.applied("new")
        transaction = Transaction("unit")
        transaction.begin("new", 20)
        hold = lock.hold

        def held(name: str, who: str, seconds: float) -> AbstractContextManager[None]:
            transaction.arm("applied")
            return hold(name, who, seconds)

        self.patch(lock, "hold", held)
        with self.assertRaisesRegex(
            Refused, "this connection began before the change was made.*run npx phiward up again"
        ):
            confirm("unit", "new")
        self.assertIsNotNone(Transaction("unit").manifest)
        self.patch(lock, "hold", hold)
        self.assertEqual(confirm("unit", "new")["status"], "confirmed")

    def test_another_generation_is_refused_also_when_nothing_is_pending(self) -> None:
        self.applied("old")
        with self.assertRaisesRegex(
            Refused, "the host is at generation old, expected new.*was rolled back or never applied"
        ):
            confirm("unit", "new")
        with self.assertRaisesRegex(Refused, "was rolled back or never applied"):
            confirm("never-applied", "new")
