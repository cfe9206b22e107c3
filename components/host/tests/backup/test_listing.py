"""Snapshots are listed whatever others added to them."""

import datetime
import json
import unittest
from collections.abc import Sequence

from phiward_host.backup.listing import in_batches, near
from phiward_host.common.process import Completed


class Listing(unittest.TestCase):
    def test_looks_for_a_run_that_is_named_only_among_what_came_at_its_time(self) -> None:
        """However much was added later, an earlier backup is found without reading it."""
        came = {
            "aa1": datetime.datetime(2026, 1, 2, 3, tzinfo=datetime.UTC),
            "bb1": datetime.datetime(2026, 1, 2, 4, tzinfo=datetime.UTC),
            "ff1": datetime.datetime(2026, 1, 9, tzinfo=datetime.UTC),
        }
        self.assertEqual(near(came, "20260102T020000Z-abcdef"), ["aa1", "bb1"])
        self.assertEqual(near(came, "bb"), ["aa1", "bb1"])
        for unknown in (None, "", "cc", "20269902T020000Z-abcdef"):
            self.assertEqual(near(came, unknown), ["aa1", "bb1", "ff1"])

    def test_lists_snapshots_in_batches_down_to_the_one_that_cannot_be_listed(self) -> None:
        asked: list[int] = []

        def ask(batch: Sequence[str]) -> Completed:
            asked.append(len(batch))
            if "7" in batch:
                return Completed(1, "", "")
            return Completed(0, json.dumps([{"id": name, "time": "2026-01-02T00:00:00Z"} for name in batch]), "")

        ids = [str(number) for number in range(600)]
        listed = in_batches(ids, ask)
        self.assertEqual({snapshot.id for snapshot in listed.found}, set(ids) - {"7"})
        self.assertEqual((listed.foreign, listed.unlisted), ([], ["7"]))
        self.assertLess(len(asked), 25)

    def test_gives_up_those_that_came_last_where_too_many_cannot_be_listed(self) -> None:
        def ask(batch: Sequence[str]) -> Completed:
            good = all(int(name) < 300 for name in batch)
            return Completed(0 if good else 1, json.dumps([{"id": name, "time": ""} for name in batch]), "")

        listed = in_batches([str(number) for number in range(50_000)], ask)
        self.assertEqual(sorted(int(snapshot.id) for snapshot in listed.found), list(range(300)))
        self.assertLess(len(listed.left_out), 300)

    def test_knows_what_no_host_makes_from_what_another_look_may_list(self) -> None:
        entries = [
            {"id": "large", "time": "2026-01-02T00:00:00Z", "paths": ["a" * 65536]},
            {"id": "odd", "time": 7},
            {"id": "good", "time": "2026-01-02T00:00:00Z"},
        ]
        listed = in_batches(["large", "odd", "good", "gone"], lambda _: Completed(0, json.dumps(entries), ""))
        self.assertEqual([snapshot.id for snapshot in listed.found], ["good"])
        self.assertEqual((listed.foreign, listed.unlisted), (["large", "odd"], ["gone"]))
