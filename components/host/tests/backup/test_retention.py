"""Which snapshots belong together and which may be removed."""

import datetime
import os
import tempfile
import unittest
from unittest import mock

from phiward_host.backup import retention
from phiward_host.backup.retention import Snapshot, as_time, complete_runs, from_future, read_options, surplus
from phiward_host.common.errors import Refused
from tests.backup.examples import NOW, run, snapshot


class RetentionTest(unittest.TestCase):
    def test_keeps_what_is_young_and_the_last_complete_runs(self) -> None:
        snapshots = run("new", 0) + run("young", 20) + run("old", 40) + run("older", 50)
        self.assertEqual(surplus(snapshots, 1, 30), ["old-db", "old-files", "older-db", "older-files"])
        self.assertEqual(surplus(snapshots, 3, 30), ["older-db", "older-files"])
        self.assertEqual(surplus(snapshots, 4, 1), [])

    def test_does_not_count_a_run_without_its_files_as_one_of_the_last(self) -> None:
        broken = [snapshot(f"broken-{day}", 40 + day, f"b{day}", "db/api") for day in range(5)]
        expected = [entry.id for entry in broken]
        self.assertEqual(surplus(run("new", 0) + broken + run("good", 60), 2, 30), expected)

    def test_removes_nothing_while_no_backups_are_made(self) -> None:
        self.assertEqual(surplus(run("only", 400) + run("before", 420), 1, 30), [])

    def test_removes_nothing_of_nothing(self) -> None:
        self.assertEqual(surplus([], 1, 1), [])

    def test_notices_what_is_dated_in_the_future_and_bears_a_clock_that_is_a_little_fast(self) -> None:
        self.assertEqual(from_future(run("now", 0) + run("fast", -0.02), NOW), [])
        self.assertEqual(from_future(run("evil", -1), NOW), ["evil-db", "evil-files"])

    def test_reads_the_times_that_restic_writes(self) -> None:
        self.assertEqual(as_time("2026-11-23T06:54:18.091595866Z", "time").year, 2026)
        offset = as_time("2026-11-23T06:54:18+01:00", "time").utcoffset()
        self.assertEqual(offset, datetime.timedelta(seconds=3600))

    def test_refuses_a_time_that_is_none_by_its_path(self) -> None:
        with self.assertRaisesRegex(Refused, r"snapshots\.0\.time"):
            as_time("0000-01-01T00:00:00Z", "snapshots.0.time")

    def test_a_snapshot_added_to_a_run_later_does_not_replace_its_own(self) -> None:
        forged = snapshot("forged", 1, "good", "db/api")
        self.assertEqual(complete_runs([*run("good", 5), forged])[0].parts["db/api"].id, "good-db")

    def test_a_snapshot_without_tags_belongs_to_no_run(self) -> None:
        for tags in ({}, {"tags": None}, {"tags": ["other"]}):
            found = Snapshot.from_json({"id": "a", "time": "2026-01-01T00:00:00Z", **tags}, "snapshot")
            self.assertEqual((found.run, found.part, found.paths), (None, None, ()))
            self.assertEqual(complete_runs([found]), [])

    def test_reads_a_small_repository_whole_and_a_large_one_a_seventh_a_day(self) -> None:
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(f"{root}/data/ab")
            with open(f"{root}/data/ab/pack", "wb") as file:
                file.write(b"12345")
            self.assertEqual(read_options(root), ["--read-data"])
            with mock.patch.object(retention, "READ_WHOLE_BYTES", 4):
                self.assertRegex(" ".join(read_options(root)), r"^--read-data-subset=[1-7]/7$")


if __name__ == "__main__":
    unittest.main()
