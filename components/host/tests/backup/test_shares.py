"""The time of a job, divided."""

import unittest
from dataclasses import replace
from unittest import mock

from phiward_host.backup import shares
from phiward_host.backup.manifest import DatabaseManifest
from phiward_host.backup.settings import DatabaseServer
from tests.backup.examples import manifest


def manifest_of(size: int) -> DatabaseManifest:
    return replace(manifest(), bytes=size)


class SharesTest(unittest.TestCase):
    def test_what_one_leaves_is_divided_among_those_after_it(self) -> None:
        with mock.patch.object(shares.time, "monotonic") as now:
            now.return_value = 1000.0
            divided = shares.Shares(300, 3)
            self.assertEqual(divided.take(), 100)
            now.return_value += 20
            self.assertEqual(divided.take(), 140)
            now.return_value += 140
            self.assertEqual(divided.take(), 140)

    def test_the_smallest_come_first_and_the_largest_has_what_they_left(self) -> None:
        servers = [DatabaseServer("big", "i", ("b", "a", "new")), DatabaseServer("db", "i", ("c",))]
        known = {"big/b": manifest_of(7), "big/a": manifest_of(5), "db/c": manifest_of(9)}
        ordered = shares.smallest_first(servers, known)
        self.assertEqual(
            [(server.service, server.names) for server in ordered], [("db", ("c",)), ("big", ("new", "a", "b"))]
        )

    def test_whoever_comes_late_has_none_left(self) -> None:
        divided = shares.Shares(0, 1)
        self.assertEqual([divided.take(), divided.take()], [0, 0])
