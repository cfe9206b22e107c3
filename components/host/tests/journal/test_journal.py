"""What a vault keeps of hosts' journals, from files of systemd-journal-remote(8), and what both say."""

import contextlib
import dataclasses
import io
import json
import os
import shutil
import socket
import subprocess
import threading
import time
import unittest
from collections.abc import Sequence

from phiward_host.common import files, paths
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.log import RootLog
from phiward_host.journal import check, joined, place, receive, room, send, stored, watch
from phiward_host.journal.beat import gaps
from phiward_host.journal.settings import RemoteSettings, Sender
from phiward_host.journal.stored import Record
from phiward_host.vault import relay
from tests.support import OnDisk

WRITER = "/lib/systemd/systemd-journal-remote"
YEARS = 6
BOOT = "b" * 32
HOUR = 3_600_000_000
UNIT = "phiward-journal-upload.service"


def record(
    number: int, previous: int | None, boot: str = BOOT, of: str = "s", at: int = 1, before: int | None = None
) -> Record:
    """`at` and `before`: when it was written, and when the one that it names, in hours since 1970."""
    said = {} if previous is None else {"PHIWARD_PREVIOUS": str(previous), "PHIWARD_PREVIOUS_ID": of}
    named = {} if before is None else {"PHIWARD_PREVIOUS_TIME": str(before * HOUR)}
    place = {"__SEQNUM": str(number), "__SEQNUM_ID": "v", "__REALTIME_TIMESTAMP": str(at * HOUR)}
    return Record(Fields({**place, "_BOOT_ID": boot, **said, **named}, "record"))


def web(settings: RemoteSettings) -> str:
    return "web"


def roomy(path: str) -> int:
    return 1 << 40


def full(path: str) -> int:
    return 1 << 20


class Gaps(unittest.TestCase):
    """Heartbeats at the vault are as far apart as on the host, or records are missing."""

    def test_nothing_is_missing_where_they_are(self) -> None:
        self.assertEqual(gaps([record(10, 100), record(20, 110), record(30, 120)]), [])

    def test_what_is_missing_between_two_is_counted(self) -> None:
        self.assertEqual(gaps([record(10, 100), record(20, 110), record(27, 123)]), ["3 records did not arrive"])

    def test_a_journal_that_began_again_without_a_restart_is_named(self) -> None:
        found = gaps([record(10, 100), record(20, 110), record(30, 3, of="t")])
        self.assertEqual(found, ["the host's journal was begun again while it ran"])

    def test_what_the_host_had_no_room_for_until_it_was_sent_is_named_with_its_times(self) -> None:
        # The heartbeats of the hours between went with their records; what came after is all here, so numbers fit.
        later = [record(21, 900, at=8, before=7), record(31, 910, at=9, before=8)]
        self.assertEqual(
            gaps([record(10, 100, at=1, before=0), *later]),
            ["the records from 1970-01-01T01:00:00Z to 1970-01-01T08:00:00Z did not all arrive"],
        )
        self.assertEqual(gaps(later), [])

    def test_a_gap_over_a_restart_is_named(self) -> None:
        found = gaps([record(10, 100, at=1, before=0), record(20, 5, boot="c" * 32, at=4, before=3)])
        self.assertEqual(found, ["the records from 1970-01-01T01:00:00Z to 1970-01-01T04:00:00Z did not all arrive"])
        self.assertEqual(gaps([record(10, 100, at=1), record(20, 5, boot="c" * 32, at=4, before=1)]), [])

    def test_a_restart_is_no_gap(self) -> None:
        self.assertEqual(gaps([record(10, 100), record(20, 110), record(30, 900, boot="c" * 32)]), [])


@unittest.skipUnless(os.path.exists(WRITER) and shutil.which("journalctl"), "systemd-journal-remote is not installed")
class Kept(OnDisk):
    """What is kept of a host, how it is found, and when it is said that none comes."""

    def setUp(self) -> None:
        super().setUp()
        self.top = os.path.join(self.root, "journal")
        os.makedirs(os.path.join(self.top, "remote"))
        self.patch(stored, "TOP", self.top)
        self.settings = RemoteSettings((Sender("vault-web", "web"),), YEARS, 1800, 1 << 30)
        self.log = RootLog("journal")

    def write(self, seconds: Sequence[float], name: str = "remote-web.journal") -> str:
        path = os.path.join(self.top, "remote", name)
        text = "".join(
            f"__REALTIME_TIMESTAMP={int(at * 1_000_000)}\n__MONOTONIC_TIMESTAMP={index + 1}\n_BOOT_ID={BOOT}\n"
            f"PHIWARD_ACT=heartbeat\n_SYSTEMD_UNIT={UNIT}\nMESSAGE=beat {index}\n\n"
            for index, at in enumerate(seconds)
        )
        subprocess.run([WRITER, f"--output={path}", "-"], input=text, text=True, check=True, capture_output=True)
        return path

    def test_the_place_of_the_newest_record_is_one_that_its_host_finds_it_by(self) -> None:
        now = time.time()
        self.write([now - 20, now - 10])
        found = stored.newest("web")[-1]
        self.assertRegex(found.place, rf"^b={BOOT};m=2;t={int((now - 10) * 1_000_000):x};x=[0-9a-f]+$")
        self.assertEqual(send.journal_argv(found.place)[-1], f"--after-cursor={found.place}")
        (run,) = joined.runs("web", 0)
        self.assertEqual((run.first, run.last, run.end), (1, 2, found.seconds))
        self.assertRegex(found.fields.text("__CURSOR"), f"^s={run.series};i={run.last};")

    def test_files_of_one_host_are_not_another_ones(self) -> None:
        self.write([time.time()])
        self.write([time.time()], "remote-web2.journal")
        self.write([time.time()], "remote-web@0123.journal")
        self.assertEqual(set(stored.files_of("web")), {"remote/remote-web.journal", "remote/remote-web@0123.journal"})
        self.assertGreater(*(stored.bytes_of(stored.listed(host)) for host in ("web", "web2")))

    def test_a_link_is_never_read_in_place_of_a_journal(self) -> None:
        self.write([time.time()], "elsewhere.journal")
        os.symlink("elsewhere.journal", os.path.join(self.top, "remote", "remote-web.journal"))
        with self.assertRaises(OSError):
            stored.newest("web")

    def test_what_one_host_sent_that_cannot_be_read_hides_nothing_of_another(self) -> None:
        settings = RemoteSettings((Sender("vault-web", "web"), Sender("vault-lab", "lab")), YEARS, 1800, 1 << 30)
        os.symlink("elsewhere", os.path.join(self.top, "remote", "remote-web.journal"))
        path = self.write([time.time()], "remote-lab.journal")
        with open(path, "r+b") as file:
            file.seek(200)
            file.write(b"x" * 4000)
        for look in (lambda: check.check(settings, self.log), lambda: check.whole(settings)):
            with self.assertRaisesRegex(Failed, "web: .*lab: .*is damaged"):
                look()
        with self.assertRaisesRegex(Failed, "web: its records cannot be read"):
            watch.watch(settings, self.log)

    def test_so_many_files_of_a_host_are_kept_and_no_more(self) -> None:
        self.write([time.time()])
        self.patch(files, "free_bytes", roomy)
        self.patch(room, "MOST_FILES", 1)
        self.assertRegex(room.no_room(self.settings, "web") or "", "1 files of this host")

    def test_a_host_that_there_is_no_room_for_is_said_before_its_silence_is(self) -> None:
        self.write([time.time()])
        self.patch(files, "free_bytes", full)
        with self.assertRaisesRegex(Failed, "AUDIT_LOG_FAILURE: web: the vault's disk is full"):
            watch.watch(self.settings, self.log)
        self.patch(files, "free_bytes", roomy)
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(watch.arrived(self.settings), 0)

    def test_a_host_that_fills_its_room_is_said_before_it_is_full_and_goes_on_arriving(self) -> None:
        path = self.write([time.time()])
        self.patch(files, "free_bytes", roomy)
        taken = stored.bytes_of(stored.listed("web"))
        nearly = dataclasses.replace(self.settings, most_bytes=taken * 10 // 9)
        with self.assertRaisesRegex(
            Failed, "AUDIT_LOG_FAILURE: web: it has taken 90% of what the vault may have of it"
        ):
            watch.watch(nearly, self.log)
        self.assertEqual(watch.watch(nearly, self.log), 0)
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(watch.arrived(nearly), 0)
        # Its silence is no less an alert for that, and at once.
        os.utime(path, (time.time() - 7200, time.time() - 7200))
        with self.assertRaisesRegex(Failed, "^AUDIT_LOG_FAILURE: web: no record has arrived for 120 minutes$"):
            watch.watch(nearly, self.log)
        os.remove(path)
        self.write([time.time()])
        roomier = dataclasses.replace(self.settings, most_bytes=taken * 2)
        self.assertEqual(watch.watch(roomier, self.log), 0)

    def test_what_arrives_days_later_is_looked_at_from_the_last_heartbeat_on(self) -> None:
        old = time.time() - 100 * 3600
        self.write([old])
        self.assertEqual(check.check(self.settings, self.log), 0)
        with open(os.path.join(paths.BASE, "journal", "seen.json"), encoding="utf-8") as file:
            self.assertEqual(list(json.load(file)), ["web"])
        seen = stored.newest("web")[-1].seconds
        found = check._beats("web", seen)  # pyright: ignore[reportPrivateUsage]
        self.assertEqual([beat.seconds for beat in found], [seen])
        self.assertEqual(check._beats("web", time.time()), [])  # pyright: ignore[reportPrivateUsage]

    def test_a_host_that_is_silent_is_said_once_a_day_and_one_that_speaks_is_not(self) -> None:
        path = self.write([time.time() - 7200])
        os.utime(path, (time.time() - 7200, time.time() - 7200))
        with self.assertRaisesRegex(Failed, "AUDIT_LOG_FAILURE: web: no record has arrived for 120 minutes"):
            watch.watch(self.settings, self.log)
        self.assertEqual(watch.watch(self.settings, self.log), 0)
        with self.assertRaisesRegex(Failed, "no record has arrived"):
            watch.arrived(self.settings)
        self.write([time.time()])
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.assertEqual(watch.arrived(self.settings), 0)
        self.assertEqual(said.getvalue(), "all arrive\n")

    def test_a_host_whose_clock_is_ahead_is_silent_all_the_same(self) -> None:
        path = self.write([time.time() + 864_000])
        self.assertEqual(watch.watch(self.settings, self.log), 0)
        os.utime(path, (time.time() - 7200, time.time() - 7200))
        with self.assertRaisesRegex(Failed, "web: no record has arrived for 120 minutes"):
            watch.watch(self.settings, self.log)

    def test_what_follows_a_record_follows_it_after_a_clock_that_was_ahead_too(self) -> None:
        self.patch(place, "IN_MEMORY", os.path.join(self.root, "memory"))
        os.makedirs(os.path.join(self.top, "machine"))
        now = time.time()
        ahead = self.write([now, now + 86_400, now + 86_401], "../machine/system@1.journal")
        os.utime(ahead, (now - 60, now - 60))
        path = self.write([now + 2, now + 3, now + 4], "../machine/system.journal")
        second = stored.records(["machine/system.journal"])[1]
        found = place.cursor_of(second.place)
        self.assertRegex(found, rf"^s=[0-9a-f]{{32}};i=2;{second.place}$")
        argv = ["journalctl", "--quiet", "--output=cat", f"--file={path}", f"--after-cursor={found}"]
        done = subprocess.run(argv, check=True, capture_output=True, text=True)
        self.assertEqual(done.stdout, "beat 2\n")
        other = second.place.replace(";m=2;", ";m=9;")
        self.assertEqual(place.cursor_of(other), other)
        os.remove(path)
        self.assertEqual(place.cursor_of(second.place), second.place)

    def test_another_directory_in_its_place_is_noticed(self) -> None:
        self.patch(place, "IN_MEMORY", os.path.join(self.root, "memory"))
        os.makedirs(os.path.join(self.top, "machine"))
        before = place.directories()
        self.assertEqual(place.directories(), before)
        os.rename(os.path.join(self.top, "machine"), os.path.join(self.top, "kept"))
        os.makedirs(os.path.join(self.top, "machine"))
        self.assertNotEqual(place.directories(), before)
        os.makedirs(os.path.join(self.root, "memory", "machine"))
        self.assertIn(os.path.join(self.root, "memory", "machine"), place.directories())

    def test_only_what_is_past_its_years_is_removed_and_never_the_file_that_is_written(self) -> None:
        year = 31_557_600
        before = time.time() - 30 * 86_400
        old = self.write([before], "remote-web@0001.journal")
        young = self.write([before], "remote-web@0002.journal")
        active = self.write([time.time()])
        for path, years in ((old, 6.1), (young, 5.9), (active, 7)):
            os.utime(path, (time.time() - years * year, time.time() - years * year))
        self.assertEqual(check.check(self.settings, self.log), 0)
        self.assertEqual([os.path.exists(path) for path in (old, young, active)], [False, True, True])

    def test_a_damaged_file_is_named(self) -> None:
        path = self.write([time.time() - 5, time.time()])
        with open(path, "r+b") as file:
            file.seek(300)
            file.write(b"\xff" * 4000)
        with self.assertRaisesRegex(Failed, "AUDIT_LOG_FAILURE: web: remote/remote-web.journal is damaged"):
            check.check(self.settings, self.log)
        with self.assertRaisesRegex(Failed, "is damaged"):
            check.whole(self.settings)

    def test_a_file_that_looks_damaged_while_it_is_written_to_is_looked_at_again(self) -> None:
        self.write([time.time()])
        looks = [False, False, True]

        def is_whole(_path: str, _log: RootLog) -> bool:
            return looks.pop(0)

        self.patch(check, "AGAIN_SECONDS", 0.0)
        self.patch(check, "_is_whole", is_whole)
        self.assertEqual(check.check(self.settings, self.log), 0)
        self.assertEqual(looks, [])


class Talking(OnDisk):
    """What passes between a host and its vault."""

    def test_an_answer_that_is_not_a_place_never_becomes_a_word_of_a_command(self) -> None:
        for after in ("--file=/etc/shadow", "b=x", "", "b=" + "0" * 32):
            answer = f"{json.dumps({'after': after})}\n"
            with self.subTest(after), self.assertRaisesRegex(Failed, "another form"):
                self.answered(answer.encode())
        self.assertIsNone(self.answered(b'{"after": null}\n'))
        with self.assertRaisesRegex(Failed, "the vault refused it: full"):
            self.answered(b'{"refused": "full"}\n')

    def answered(self, line: bytes) -> str | None:
        return send._answered(line)  # pyright: ignore[reportPrivateUsage]

    def test_a_host_that_has_its_share_and_an_account_of_no_host_are_refused(self) -> None:
        settings = RemoteSettings((Sender("vault-web", "web"),), YEARS, 1800, 0)
        self.patch(RemoteSettings, "load", lambda: settings)
        self.patch(files, "free_bytes", roomy)
        said: list[object] = []
        self.patch(receive, "_answer", said.append)
        self.patch(receive, "_asked", lambda: "send")
        self.patch(receive, "_host", web)
        with contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(receive.main(), 1)
        self.assertRegex(json.dumps(said[-1]), "AUDIT_LOG_FAILURE.*raise records.gigabytesPerHost")
        self.patch(files, "free_bytes", full)
        with contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(receive.main(), 1)
        self.assertRegex(json.dumps(said[-1]), "AUDIT_LOG_FAILURE.*disk is full")

    def test_the_kernel_says_whose_connection_it_is(self) -> None:
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        self.patch(receive, "CONNECTION", ours.fileno())
        with self.assertRaisesRegex(Refused, "this account sends no journal"):
            receive._host(RemoteSettings((Sender("vault-web", "web"),), 6, 1, 1))  # pyright: ignore[reportPrivateUsage]
        settings = RemoteSettings((Sender("root", "web"),), 6, 1, 1)
        if os.getuid() == 0:
            self.assertEqual(receive._host(settings), "web")  # pyright: ignore[reportPrivateUsage]

    def test_one_connection_passes_so_many_bytes_and_no_more(self) -> None:
        self.patch(relay, "MOST_BYTES", 1 << 20)
        path = os.path.join(self.root, "socket")
        self.patch(relay, "RECEIVERS", {"records": path})
        received = bytearray()
        with socket.socket(socket.AF_UNIX) as listener, open("/dev/zero", "rb") as source:
            listener.bind(path)
            listener.listen(1)
            self.patch(relay, "SOURCE", source.fileno())

            def take() -> None:
                connection, _ = listener.accept()
                with connection:
                    while data := connection.recv(1 << 16):
                        received.extend(data)

            thread = threading.Thread(target=take)
            thread.start()
            relay.to_receiver("records")
            thread.join(10)
        self.assertGreater(len(received), 1 << 20)
        self.assertLessEqual(len(received), (1 << 20) + relay.CHUNK)
