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
        found, rest = in_batches(ids, ask)
        self.assertEqual(({snapshot.id for snapshot in found}, rest), (set(ids) - {"7"}, ["7"]))
        self.assertLess(len(asked), 25)

    def test_gives_up_those_that_came_last_where_too_many_cannot_be_listed(self) -> None:
        def ask(batch: Sequence[str]) -> Completed:
            good = all(int(name) < 300 for name in batch)
            return Completed(0 if good else 1, json.dumps([{"id": name, "time": ""} for name in batch]), "")

        found, rest = in_batches([str(number) for number in range(50_000)], ask)
        self.assertEqual(sorted(int(snapshot.id) for snapshot in found), list(range(300)))
        self.assertLess(len(rest), 300)
