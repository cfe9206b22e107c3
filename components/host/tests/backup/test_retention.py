"""Which snapshots belong together and which may be removed."""

import datetime
import os
import tempfile
import unittest
from dataclasses import replace
from unittest import mock

from phiward_host.backup import retention
from phiward_host.backup.retention import (
    Snapshot,
    as_time,
    complete_runs,
    forget_words,
    from_future,
    read_options,
    repeated_parts,
    surplus,
)
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

    def test_a_run_in_which_something_is_missing_does_not_push_out_one_that_has_it(self) -> None:
        def signed(name: str, days_ago: float, *, whole: bool) -> list[Snapshot]:
            return [
                replace(snapshot(f"{name}-files", days_ago, name, "files"), form="2"),
                replace(snapshot(f"{name}-manifest", days_ago, name, "manifest"), form="2", whole=whole),
            ]

        partial = [entry for day in range(40) for entry in signed(f"p{day}", day, whole=False)]
        expired = surplus([*partial, *signed("whole", 50, whole=True), *signed("older", 60, whole=True)], 1, 30)
        self.assertNotIn("whole-manifest", expired)
        self.assertIn("older-manifest", expired)
        # One that was cut off before its manifest is none.
        cut = [replace(snapshot("cut", 1, "cut", "files"), form="2")]
        self.assertEqual(complete_runs(cut), [])

    def test_order_and_age_go_by_the_arrival_where_it_is_on_record(self) -> None:
        def came(entry: Snapshot, days_ago: float) -> Snapshot:
            return replace(entry, arrived=NOW - datetime.timedelta(days=days_ago))

        old = [came(entry, 50) for entry in run("old", -0.01)]
        new = [came(entry, 0) for entry in run("new", 400)]
        self.assertEqual([entry.id for entry in complete_runs(old + new)], ["new", "old"])
        self.assertEqual(surplus(old + new, 1, 30), ["old-db", "old-files"])
        added = came(snapshot("added", 9, "new", "db/api"), -0.001)
        self.assertEqual(complete_runs([added, *new])[0].parts["db/api"].id, "new-db")
        self.assertEqual(repeated_parts([*new, added]), ["new db/api"])

    def test_a_date_in_no_year_that_is_one_breaks_nothing(self) -> None:
        dates = (
            "0000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-12:00",
            "2026-01-01T00:00:00",
            "",
        )
        odd = [
            Snapshot.from_json({"id": date, "time": date, "tags": ["run=r", "part=files"]}, "snapshot")
            for date in dates
        ]
        self.assertEqual(from_future(odd, NOW), list(dates))
        self.assertEqual(surplus([*run("new", 0), *odd], 1, 3650), list(dates))

    def test_any_number_of_snapshots_is_removed_by_command_lines_that_are_short_enough(self) -> None:
        self.assertEqual(forget_words([]), [])
        self.assertEqual(forget_words(["a"], "-x"), [["forget", "--prune", "-x", "--quiet", "a"]])
        found = forget_words([f"{number:064}" for number in range(30_000)])
        self.assertEqual([words[1:3] for words in found if "--prune" in words], [["--prune", "--quiet"]])
        self.assertEqual((len(found), "--prune" in found[-1]), (30, True))
        self.assertLess(max(len(" ".join(words)) for words in found), 100_000)

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
