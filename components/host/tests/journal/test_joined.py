"""The look for files that are missing of what a vault keeps of a host's journal."""

import os
import struct
import time

from phiward_host.common import process
from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog
from phiward_host.common.process import Completed
from phiward_host.journal import check, joined, stored
from phiward_host.journal.settings import RemoteSettings, Sender
from phiward_host.journal.stored import Record
from phiward_host.sealing.header import BYTES, SIGNATURE
from tests.support import OnDisk


def whole(*_: object, **__: object) -> Completed:
    return Completed(0, "", "")


def no_records(*_: object) -> list[Record]:
    return []


class Joined(OnDisk):
    """Files of a host's journal follow each other, or what is missing is named."""

    def setUp(self) -> None:
        super().setUp()
        os.makedirs(os.path.join(self.root, "journal", "remote"))
        self.patch(stored, "TOP", os.path.join(self.root, "journal"))
        # Of their contents nothing is there.
        self.patch(process, "logged", whole)
        self.patch(stored, "records", no_records)
        self.settings = RemoteSettings((Sender("vault-web", "web"), Sender("vault-lab", "lab")), 6, 1800, 1 << 30)
        self.now = int(time.time())

    def write(self, first: int, last: int, series: str = "a", name: str = "", hours: float | None = None) -> str:
        """A file with these numbers, one an hour, the last so long ago."""
        path = os.path.join(self.root, "journal", "remote", name or f"remote-web@{series}-{first:016x}.journal")
        data = bytearray(BYTES)
        data[:8] = SIGNATURE
        data[72:88] = series.encode() * 16
        end = self.now - 3600 * (1000 - last if hours is None else hours)
        times = (int(at * 1_000_000) for at in (end - (last - first) * 3600, end))
        struct.pack_into("<QQQ", data, 152, last - first + 1, last, first)
        struct.pack_into("<QQ", data, 184, *times)
        with open(path, "wb") as file:
            file.write(data)
        os.utime(path, (end, end))
        return path

    def said(self) -> str:
        """What the daily look says; nothing where all is whole."""
        try:
            check.check(self.settings, RootLog("journal"))
        except Failed as failed:
            return str(failed)
        return ""

    def at(self, number: int) -> str:
        return stored.time_of(self.now - 3600 * (1000 - number))

    def words(self, count: int, begin: str, end: str) -> str:
        return f"of the records from {begin} to {end}, {count} that were here are missing"

    def test_nothing_is_missing_while_files_follow_each_other_or_another_series_begins(self) -> None:
        self.write(1, 100)
        self.write(101, 200)
        self.write(1, 5, "b", "remote-web@0123.journal~", hours=700)
        self.assertEqual(self.said(), "")
        self.write(201, 300, name="remote-web.journal")
        self.assertEqual(self.said(), "")
        # Full, it is renamed, and another one begins.
        os.rename(
            os.path.join(stored.TOP, "remote", "remote-web.journal"),
            os.path.join(stored.TOP, "remote", "remote-web@a-00000000000000c9.journal"),
        )
        self.write(301, 301, name="remote-web.journal")
        self.assertEqual(self.said(), "")

    def test_a_file_in_the_middle_that_is_missing_is_named_with_its_host_and_times_and_once(self) -> None:
        self.write(1, 100)
        gone = self.write(101, 200)
        self.write(201, 300)
        self.write(1, 9, name="remote-lab.journal")
        os.remove(gone)
        found = f"AUDIT_LOG_FAILURE: web: {self.words(100, self.at(100), self.at(201))}"
        self.assertEqual(self.said(), found)
        with self.assertRaisesRegex(Failed, "web: of the records from"):
            check.whole(self.settings)
        self.assertEqual(self.said(), "")

    def test_so_is_one_that_was_whole_at_the_last_look_wherever_it_was(self) -> None:
        self.write(1, 5, "b")
        self.write(1, 100)
        self.write(101, 200)
        self.write(201, 300, name="remote-web.journal")
        for name, missing, of in (
            ("remote-web@a-0000000000000001.journal", 100, (1, 101)),
            ("remote-web.journal", 100, (200, 300)),
            ("remote-web@b-0000000000000001.journal", 5, (1, 5)),
        ):
            self.assertEqual(self.said(), "")
            os.remove(os.path.join(stored.TOP, "remote", name))
            self.assertIn(self.words(missing, self.at(of[0]), self.at(of[1])), self.said())

    def test_one_whose_beginning_was_written_over_is_missing(self) -> None:
        self.write(1, 100)
        path = self.write(101, 200)
        self.write(201, 300)
        with open(path, "r+b") as file:
            file.write(bytes(BYTES))
        self.assertIn(self.words(100, self.at(100), self.at(201)), self.said())

    def test_what_is_past_its_years_is_no_hole(self) -> None:
        old = 6.1 * 365.25 * 24
        self.write(1, 100, hours=old + 1000)
        middle = self.write(101, 200, hours=old + 500)
        self.write(201, 300, hours=old)
        self.write(301, 400)
        os.remove(middle)
        self.assertEqual(self.said(), "")
        self.assertEqual(len(stored.listed("web")), 1)
        # Also where a look ended before it had removed what is past its years.
        self.write(1, 100, hours=old)
        self.write(201, 300, hours=old - 1)
        self.assertEqual(self.said(), "")

    def test_a_file_that_is_renamed_while_the_directory_is_read_is_no_hole(self) -> None:
        self.write(1, 100)
        self.write(101, 200)
        self.write(201, 300)
        listed = stored.listed
        looks = iter((2, 3))

        def some(host: str) -> list[str]:
            return [path for path in listed(host) if not path.endswith("65.journal") or next(looks, 3) == 3]

        self.patch(joined, "LOOKS", 2)
        self.patch(stored, "listed", some)
        found, holes = joined.look("web", [], 0)
        self.assertEqual(([(run.first, run.last) for run in found], holes), ([(1, 300)], []))

    def test_many_holes_are_said_in_a_few_words(self) -> None:
        for number in range(1, 90, 2):
            self.write(number, number)
        said = "(of the records from [^;]*, 1 that were here are missing; ){5}records are missing in 39 more places"
        self.assertRegex(self.said(), f"^AUDIT_LOG_FAILURE: web: {said}$")
