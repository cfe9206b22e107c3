"""The sealing key of a host, and the look at the seals of another."""

import io
import json
import os
import pathlib
import stat
import struct
import sys
import tarfile
import tempfile
import time
import unittest
from collections.abc import Mapping, Sequence
from unittest import mock

from phiward_host.common import files, paths, process
from phiward_host.common import journal as common_journal
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.process import Completed
from phiward_host.sealing import closed, escrow, handing, judging, key
from phiward_host.sealing import main as program
from phiward_host.sealing.header import BYTES, NAME, SIGNATURE, Header
from phiward_host.sealing.judging import Key
from phiward_host.sealing.settings import SealingSettings
from tests.support import OnDisk

FILE = "system@e242a3502e074bd6849c28ca9631d4b9-0000000000000001-000661497263f6e9.journal"
VERIFICATION = "a60387-6ff213-f10b18-212773/358500f4-1e8480"
SETTINGS = SealingSettings("web", "age1x", None, 2)


def journal(*, sealed: bool = True, tags: int = 1, head: int = 0) -> bytes:
    data = bytearray(BYTES)
    data[:8] = SIGNATURE
    struct.pack_into("<I", data, 8, int(sealed))
    struct.pack_into("<QQ", data, 184, head * 1_000_000, (head + 60) * 1_000_000)
    struct.pack_into("<Q", data, 224, tags)
    return bytes(data)


def sealing_key(seconds: int = 2, modulus: bytes = b"n") -> bytes:
    data = bytearray(482)
    struct.pack_into("<Q", data, 64, seconds * 1_000_000)
    data[90 : 90 + len(modulus)] = modulus
    return bytes(data)


class HeaderTest(unittest.TestCase):
    def test_says_whether_a_file_is_sealed_and_of_when_it_is(self) -> None:
        self.assertEqual(Header.of(journal(head=7)), Header(True, 1, 7.0, 67.0, "00" * 16))
        self.assertEqual(Header.of(journal(sealed=False, tags=0)), Header(False, 0, 0.0, 60.0, "00" * 16))

    def test_is_none_of_what_is_no_journal(self) -> None:
        for data in (b"", journal()[:-1], b"x" + journal()[1:]):
            self.assertIsNone(Header.of(data))

    def test_is_asked_of_full_files_alone(self) -> None:
        for name in (
            FILE,
            f"{FILE}~",
            FILE.replace("system", "user-1000"),
            "system@0006614972f909ab-00066149734649f8.journal~",
        ):
            self.assertIsNotNone(NAME.fullmatch(name), name)
        for name in ("system.journal", "fss", f"../{FILE}", f"{FILE}/x", "remote-web.journal"):
            self.assertIsNone(NAME.fullmatch(name), name)


class KeyTest(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.top = pathlib.Path(directory.name)
        self.journal = self.top / "journal"
        self.journal.mkdir(mode=0o755)
        for patch in (
            mock.patch.object(key, "machine", lambda: str(self.journal)),
            mock.patch.object(paths, "BASE", f"{self.top}/base"),
            mock.patch.object(process, "run", self.run_program),
        ):
            patch.start()
            self.addCleanup(patch.stop)
        (self.journal / "system.journal").write_bytes(journal())
        self.age_code = 0
        self.encrypted: list[str | None] = []

    def run_program(self, argv: Sequence[str], *, stdin: str | None = None, **_: object) -> Completed:
        if argv[0] == "age":
            self.encrypted.append(stdin)
            return Completed(self.age_code, "-----BEGIN AGE ENCRYPTED FILE-----\n", "")
        if "--setup-keys" in argv:
            self.fss().write_bytes(sealing_key(modulus=os.urandom(8)))
            self.fss().chmod(0o640)
            return Completed(0, f"{VERIFICATION}\n", "")
        return Completed(0, "", "")

    def fss(self) -> pathlib.Path:
        return self.journal / "fss"

    def make(self) -> None:
        key.make(SETTINGS, "there is no sealing key")

    def test_is_made_once_and_encrypted_and_nowhere_in_the_clear(self) -> None:
        self.assertEqual(key.trouble(SETTINGS), "there is no sealing key")
        self.make()
        self.assertIsNone(key.trouble(SETTINGS))
        self.assertEqual(self.encrypted, [f"{VERIFICATION}\n"])
        self.assertEqual(stat.S_IMODE(self.fss().stat().st_mode), 0o600)
        (kept,) = [path for path in (self.top / "base/sealing").iterdir() if path.suffix == ".age"]
        self.assertIsNotNone(escrow.OWN.fullmatch(kept.name))
        for path in self.top.rglob("*"):
            if path.is_file():
                self.assertNotIn(VERIFICATION.partition("/")[0].encode(), path.read_bytes())

    def test_is_another_one_where_it_was_removed_replaced_opened_or_is_of_another_interval(self) -> None:
        self.make()
        whole = self.fss().read_bytes()
        # What journald has made of it since: it is the same.
        self.fss().write_bytes(whole[:300] + b"evolved" + whole[307:])
        self.assertIsNone(key.key_trouble(SETTINGS))
        self.fss().chmod(0o640)
        self.assertEqual(key.key_trouble(SETTINGS), "the sealing key is not root's alone")
        self.fss().chmod(0o600)
        self.assertIn("another interval", key.key_trouble(SealingSettings("web", "age1x", None, 3)) or "")
        for data in (sealing_key(modulus=b"other"), whole[:-1], b""):
            self.fss().write_bytes(data)
            self.assertIn("not the one", key.key_trouble(SETTINGS) or "")
        self.fss().unlink()
        self.assertEqual(key.key_trouble(SETTINGS), "the sealing key was removed")

    def test_passes_the_intervals_that_the_host_was_off_for(self) -> None:
        data = bytearray(sealing_key(modulus=(b"\x00" * 191 + b"\x4d")))
        data[281], data[473] = 77, 3
        # Squared three times: 3 to the power of 8, modulo 77.
        later = key.pass_intervals(bytes(data), 6.5)
        assert later is not None
        self.assertEqual((later[473], later[481]), (3**8 % 77, 3))
        self.assertEqual(later[: key.LASTING_BYTES], bytes(data[: key.LASTING_BYTES]))
        self.assertIsNone(key.pass_intervals(later, 7.9))
        self.assertIsNone(key.pass_intervals(later, 1.0))
        self.assertIsNone(key.pass_intervals(bytes(data), 1e9))
        self.assertIsNone(key.pass_intervals(b"", 6.5))

    def test_is_not_in_use_where_journald_writes_a_file_without_a_seal(self) -> None:
        self.make()
        for data in (journal(sealed=False), journal(tags=0), b""):
            (self.journal / "system.journal").write_bytes(data)
            self.assertEqual(key.trouble(SETTINGS), "the file that journald writes is not sealed")

    def test_is_not_in_use_where_journald_writes_nothing_on_the_disk(self) -> None:
        self.make()
        (self.journal / "system.journal").unlink()
        self.assertEqual(key.trouble(SETTINGS), "journald writes no file on the disk")

    def test_is_another_one_where_it_is_ahead_of_the_clock_by_more_than_an_interval_and_a_minute(self) -> None:
        self.make()
        data = bytearray(self.fss().read_bytes())
        for seconds, found in ((61, None), (70, "the sealing key is ahead of the clock, so nothing is sealed")):
            # Intervals of two seconds, from a beginning on.
            struct.pack_into("<Q", data, key.START_AT, 500_000_000_000)
            struct.pack_into(">Q", data, key.EPOCH_AT, (int(time.time()) + seconds - 500_000) // 2)
            self.fss().write_bytes(data)
            self.assertEqual(self.trouble_of(bytes(data)), found)

    def trouble_of(self, data: bytes) -> str | None:
        """With another sealing key on record."""
        (self.top / "base/sealing/key.json").write_text(json.dumps({"fingerprint": key.fingerprint(data)}))
        return key.key_trouble(SETTINGS)

    def test_stays_in_its_place_when_it_is_made_roots_alone(self) -> None:
        self.fss().write_bytes(sealing_key())
        self.fss().chmod(0o640)
        before = self.fss().stat().st_ino
        files.set_file(str(self.fss()), (os.getuid(), os.getgid()), 0o600)
        found = self.fss().stat()
        self.assertEqual((found.st_ino, stat.S_IMODE(found.st_mode)), (before, 0o600))
        self.assertEqual(self.fss().read_bytes(), sealing_key())

    def test_is_made_again_where_its_verification_key_could_not_be_kept(self) -> None:
        self.age_code = 1
        with self.assertRaisesRegex(Failed, "could not be encrypted") as caught:
            self.make()
        self.assertNotIn(VERIFICATION, str(caught.exception))
        self.assertIn("not the one", key.key_trouble(SETTINGS) or "")
        self.age_code = 0
        self.make()
        self.assertIsNone(key.trouble(SETTINGS))


class LeaveClosedTest(OnDisk):
    """Before journald opens the journal: what it closed is set aside whole."""

    def setUp(self) -> None:
        super().setUp()
        self.top = pathlib.Path(self.root)
        (self.top / "journal").mkdir(mode=0o755)
        (self.top / "systemd").mkdir(mode=0o755)
        self.sent: list[dict[str, str]] = []
        self.patch(key, "machine", lambda: f"{self.root}/journal")
        self.patch(closed, "machine", lambda: f"{self.root}/journal")
        self.patch(closed, "NUMBERS", f"{self.root}/systemd/seqnum")
        self.patch(closed, "FLUSHED", f"{self.root}/systemd/flushed")
        self.patch(common_journal, "send", self.send)
        self.file, self.fss = self.top / "journal/system.journal", self.top / "journal/fss"
        data = bytearray(journal())
        data[24:40] = b"\xab" * 16
        struct.pack_into("<Q", data, 160, 77)
        self.file.write_bytes(data)
        self.fss.write_bytes(sealing_key(900, modulus=b"\x00" * 191 + b"\x4d"))

    def send(self, fields: Mapping[str, str], **_: object) -> None:
        self.sent.append(dict(fields))

    def test_marks_it_as_open_says_so_and_passes_intervals_in_the_key_itself(self) -> None:
        inode = self.fss.stat().st_ino
        before = self.fss.read_bytes()
        self.patch(key, "MOST_PASSED", 1 << 40)
        with mock.patch("time.time", lambda: 1800.0):
            self.assertEqual(closed.leave_closed(), 0)
        self.assertEqual(self.file.read_bytes()[16], 1)
        after = self.fss.read_bytes()
        self.assertEqual((self.fss.stat().st_ino, after[: key.LASTING_BYTES]), (inode, before[: key.LASTING_BYTES]))
        self.assertEqual(after[-1], 2)
        self.assertEqual((self.top / "systemd/seqnum").stat().st_size, 24)
        (said,) = self.sent
        self.assertEqual((said["PHIWARD_ACT"], said["MESSAGE"]), (closed.ACT, closed.WORDS))
        self.assertEqual(said["PHIWARD_WHAT"], f"file {'ab' * 16}, record 77")
        self.assertIsNone(closed.left())

    def test_leaves_one_that_was_not_closed_or_has_no_seal_and_says_nothing(self) -> None:
        for at, value in ((16, 1), (8, 0)):
            data = bytearray(self.file.read_bytes())
            data[at] = value
            self.file.write_bytes(data)
            self.assertEqual(closed.leave_closed(), 0)
            self.assertEqual((self.file.read_bytes(), self.sent), (bytes(data), []))

    def test_does_the_rest_where_one_part_fails_and_leaves_a_trace_until_it_is_reported(self) -> None:
        with mock.patch.object(closed, "_number", side_effect=OSError(30, "Read-only file system", "/x")):
            self.assertEqual(closed.leave_closed(), 1)
        self.assertEqual(self.file.read_bytes()[16], 1)
        self.assertEqual(len(self.sent), 1)
        self.assertEqual(closed.left(), "before journald opened its file: /x: Read-only file system")
        closed.forget()
        self.assertIsNone(closed.left())

    def test_changes_nothing_on_the_disk_before_journald_starts_with_the_host(self) -> None:
        whole, sealing = self.file.read_bytes(), self.fss.read_bytes()
        self.assertEqual(closed.before_start(), 0)
        self.assertEqual((self.file.read_bytes(), self.fss.read_bytes(), self.sent), (whole, sealing, []))
        self.assertTrue((self.top / "systemd/seqnum").is_file())
        (self.top / "systemd/flushed").touch()
        self.assertEqual(closed.before_start(), 0)
        self.assertEqual(self.file.read_bytes()[16], 1)


class KeepTest(OnDisk):
    """What the timer reports."""

    def keep(self) -> str:
        with mock.patch.object(SealingSettings, "load", lambda: SETTINGS):
            try:
                program.keep()
            except Failed as failed:
                return str(failed)
        return ""

    def test_reports_each_reason_once_a_day_and_one_that_comes_back_at_once(self) -> None:
        reasons = (None, "a 1", "a 2", "b", "b", None, "b")
        self.patch(key, "trouble", mock.Mock(side_effect=reasons))
        said = [self.keep() != "" for _ in reasons]
        self.assertEqual(said, [False, True, False, True, False, False, True])

    def test_reports_what_failed_before_journald_opened_its_file_and_forgets_it(self) -> None:
        self.patch(key, "trouble", mock.Mock(return_value=None))
        files.make_directory(paths.RUN)
        files.write(f"{paths.RUN}/sealing-trouble", "/x: Read-only file system")
        self.assertIn("AUDIT_LOG_FAILURE: before journald opened its file: /x: Read-only", self.keep())
        self.assertEqual(self.keep(), "")


class HandTest(OnDisk):
    """What a host gives of its journal."""

    def hand(self) -> tuple[list[str], str]:
        """The names in the archive, and what is said beside it."""
        target, said = io.BytesIO(), io.StringIO()
        output = io.TextIOWrapper(target)
        with (
            mock.patch.object(sys, "stdout", output),
            mock.patch.object(sys, "stderr", said),
        ):
            handing.hand(0, 1 << 40)
        with tarfile.open(fileobj=io.BytesIO(target.getvalue()), mode="r:gz") as archive:
            return archive.getnames(), said.getvalue()

    def test_closes_the_newest_file_for_a_look_and_says_where_there_are_too_many_for_that(self) -> None:
        pathlib.Path(self.root).joinpath(FILE).write_bytes(journal(head=7))
        rotate = mock.Mock()
        self.patch(handing, "machine", lambda: self.root)
        self.patch(handing, "rotate", rotate)
        self.assertEqual(self.hand(), ([FILE], ""))
        self.assertEqual(rotate.call_count, 1)
        self.patch(handing, "MOST_FILES", 1)
        self.assertEqual(self.hand(), ([FILE], f"phiward: {handing.NOT_CLOSED}\n"))
        self.assertEqual(rotate.call_count, 1)


class LookTest(unittest.TestCase):
    def look(self, archive: bytes, keys: Sequence[Key] = (Key("k", VERIFICATION, 0),)) -> list[dict[str, object]]:
        line = json.dumps({"keys": [{"name": each.name, "key": each.text, "at": each.at} for each in keys]}).encode()
        source = io.TextIOWrapper(io.BytesIO(line + b"\n" + archive))
        printed = io.StringIO()
        with (
            tempfile.TemporaryDirectory() as directory,
            mock.patch.dict(os.environ, {"RUNTIME_DIRECTORY": directory}),
            mock.patch.object(sys, "stdin", source),
            mock.patch.object(sys, "stdout", printed),
        ):
            judging.look()
            self.assertEqual(os.listdir(directory), [])
        return json.loads(printed.getvalue())

    def archive(self, *members: tuple[tarfile.TarInfo, bytes]) -> bytes:
        target = io.BytesIO()
        with tarfile.open(fileobj=target, mode="w:gz") as archive:
            for member, data in members:
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
        return target.getvalue()

    def test_says_of_each_file_what_journalctl_does_by_a_key_that_is_older(self) -> None:
        start = Key("k", VERIFICATION, 0).start
        asked: list[str] = []

        def run(argv: Sequence[str], **_: object) -> Completed:
            asked.append(argv[2])
            times = "from Fri 2026-11-27 22:19:21 UTC to Fri 2026-11-27 22:19:28 UTC"
            said = f"=> Validated {times}, final 1s entries not sealed.\n"
            return Completed(0, "", f"PASS: x\n{said}") if VERIFICATION in argv[2] else Completed(1, "", "FAIL: x\n")

        later = Key("later", f"{VERIFICATION.partition('/')[0]}/358500ff-1e8480", 0)
        other = Key("other", f"000000{VERIFICATION[6:]}", 0)
        head = int(start) + 5
        archive = self.archive(
            (tarfile.TarInfo(FILE), journal(head=head)),
            (tarfile.TarInfo(FILE.replace("system", "user-1")), journal(head=head, sealed=False, tags=0)),
            (tarfile.TarInfo(FILE.replace("system", "user-2")), b"nothing"),
        )
        with mock.patch.object(process, "run", run), mock.patch.object(judging, "SLACK_SECONDS", 0.0):
            found = self.look(archive, (other, Key("k", VERIFICATION, 0), later))
        self.assertEqual([each["verdict"] for each in found], ["whole", "unsealed", "broken"])
        self.assertEqual(found[0]["key"], "k")
        self.assertEqual(
            [found[0][name] for name in ("sealedFrom", "sealedTo", "unsealedFor")],
            ["2026-11-27T22:19:21Z", "2026-11-27T22:19:28Z", "1s"],
        )
        # A key that was made later has sealed nothing of it, and is not tried.
        self.assertFalse(any("358500ff" in words for words in asked))

    def test_tries_of_many_keys_those_that_arrived_next_to_the_file_and_says_how_many_are_left(self) -> None:
        start = int(Key("k", VERIFICATION, 0).start)
        asked: list[str] = []

        def run(argv: Sequence[str], **_: object) -> Completed:
            asked.append(argv[2])
            return Completed(1, "", "FAIL: x\n")

        keys = [
            Key(f"k{at}", f"{at % 1000:06x}{VERIFICATION[6:]}", start + at) for at in (*range(60), *range(200, 230))
        ]
        archive = self.archive((tarfile.TarInfo(FILE), journal(head=start + 100)))
        with mock.patch.object(process, "run", run):
            (found,) = self.look(archive, keys)
        self.assertEqual((found["verdict"], found["untried"]), ("broken", 70))
        tried = {int(words.partition("=")[2][:6], 16) for words in asked}
        self.assertEqual(tried, {*range(44, 60), *range(200, 204)})

    def test_refuses_an_archive_with_anything_else_in_it(self) -> None:
        link = tarfile.TarInfo(FILE)
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/shadow"
        for member in (link, tarfile.TarInfo(f"../{FILE}"), tarfile.TarInfo("system.journal")):
            with self.subTest(name=member.name), self.assertRaisesRegex(Refused, "something else in the archive"):
                self.look(self.archive((member, b"")))
        whole = self.archive((tarfile.TarInfo(FILE), os.urandom(4096)))
        for archive in (b"", b"nothing", whole[:-2000]):
            with self.assertRaisesRegex(Refused, "did not arrive whole"):
                self.look(archive)

    def test_refuses_what_takes_more_memory_than_it_has(self) -> None:
        archive = self.archive((tarfile.TarInfo(FILE), journal()))
        with (
            mock.patch.object(Header, "of", side_effect=MemoryError),
            self.assertRaisesRegex(Refused, "takes more memory than a look has"),
        ):
            self.look(archive)

    def test_refuses_what_is_no_key_and_repeats_none(self) -> None:
        with self.assertRaisesRegex(Refused, "allowed: a verification key") as caught:
            self.look(b"", (Key("k", "--file=/etc/shadow", 0),))
        self.assertNotIn("shadow", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
