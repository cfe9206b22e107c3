"""Alerts where something else is broken too: the disk, a channel, an earlier alert."""

import errno
import json
import os
import pathlib
import stat
import threading
import time

from phiward_host.alerts import delivery, main, spool
from phiward_host.alerts.channels import Channel, Message
from phiward_host.alerts.delivery import Alert
from phiward_host.alerts.settings import AlertSettings
from phiward_host.common import files, process
from tests.support import InDirectory

CONFIG = AlertSettings("web", None, None)


class TroubleTest(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.arrived: list[str] = []
        self.declared: dict[str, Channel] = {"mail": self.mail}
        self.patch(delivery, "channels", self.channels)
        self.patch(main, "PAUSES", (0,))
        os.makedirs(spool.directory())

    def channels(self, settings: AlertSettings) -> dict[str, Channel]:
        return self.declared

    def mail(self, message: Message) -> None:
        self.arrived.append(message["unit"])

    def refuse(self, message: Message) -> None:
        raise ConnectionRefusedError

    def there(self) -> list[str]:
        return sorted(os.listdir(spool.directory()))

    def put(self, name: str, unit: str, *sent: str) -> None:
        entry = {"message": {"host": "web", "unit": unit}, "sent": list(sent)}
        pathlib.Path(spool.directory(), name).write_text(json.dumps(entry), encoding="utf-8")

    def fail_with(self, number: int) -> None:
        def fail(*words: object, **options: object) -> None:
            raise OSError(number, os.strerror(number))

        self.patch(files, "write_json", fail)


class Disks(TroubleTest):
    def test_a_disk_that_takes_nothing_keeps_no_alert_from_being_sent(self) -> None:
        for number in (errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT, errno.EIO):
            with self.subTest(errno.errorcode[number]):
                self.fail_with(number)
                self.assertTrue(main.send(CONFIG, "x.service"))
                self.assertEqual(self.arrived.pop(), "x.service")
                self.assertEqual(self.there(), [])

    def test_a_directory_that_cannot_be_made_keeps_no_alert_from_being_sent(self) -> None:
        os.rmdir(spool.directory())
        os.rmdir(self.base)
        pathlib.Path(self.base).touch()
        self.assertTrue(main.send(CONFIG, "x.service"))
        self.assertEqual(self.arrived, ["x.service"])
        self.assertFalse(spool.flush(CONFIG, (0,)))

    def test_a_program_that_cannot_be_started_keeps_no_alert_from_being_sent(self) -> None:
        def fail(*words: object, **options: object) -> None:
            raise OSError(errno.ENOMEM, "no memory")

        self.patch(process, "run", fail)
        self.assertTrue(main.send(CONFIG, "x.service"))

    def test_a_flush_on_a_full_disk_sends_all_that_waits(self) -> None:
        self.declared["webhook"] = self.refuse
        self.put("1.json", "a")
        self.put("2.json", "b")
        self.fail_with(errno.ENOSPC)
        self.assertFalse(spool.flush(CONFIG, (0,)))
        self.assertEqual(self.arrived, ["b", "a"])
        self.assertEqual(self.there(), ["1.json", "2.json"])

    def test_an_alert_is_on_disk_while_it_is_sent_and_for_root_only(self) -> None:
        def look(message: Message) -> None:
            [name] = self.there()
            self.arrived.append(oct(stat.S_IMODE(os.stat(f"{spool.directory()}/{name}").st_mode)))

        self.declared["mail"] = look
        self.assertTrue(main.send(CONFIG, "x.service"))
        self.assertEqual((self.arrived, self.there()), (["0o600"], []))


class Channels(TroubleTest):
    def setUp(self) -> None:
        super().setUp()
        self.patch(delivery, "LAST_TRY_SECONDS", 0.1)
        self.patch(main, "SEND_SECONDS", 0.1)
        self.patch(spool, "FLUSH_SECONDS", 0.1)
        ended = threading.Event()
        self.addCleanup(ended.set)
        self.declared["webhook"] = lambda message: self.hang(ended)

    def hang(self, ended: threading.Event) -> None:
        ended.wait(60)

    def test_a_webhook_that_does_not_answer_delays_no_mail_however_much_waits(self) -> None:
        for number in range(41):
            self.put(f"{number:02}.json", "old")
        start = time.monotonic()
        self.assertFalse(main.send(CONFIG, "new.service"))
        self.assertLess(time.monotonic() - start, 5)
        self.assertEqual(self.arrived, ["new.service"])
        start = time.monotonic()
        self.assertFalse(spool.flush(CONFIG, (0,)))
        self.assertLess(time.monotonic() - start, 5)
        self.assertEqual(self.arrived, ["new.service", *["old"] * 41])
        self.assertFalse(spool.flush(CONFIG, (0,)))
        self.assertEqual(len(self.arrived), 42)

    def test_an_alert_that_a_channel_rejects_does_not_hold_up_the_next(self) -> None:
        def picky(message: Message) -> None:
            if message["unit"] == "bad":
                raise ValueError
            self.arrived.append(message["unit"])

        self.declared = {"mail": picky}
        self.put("1.json", "good")
        self.put("2.json", "bad")
        self.assertFalse(spool.flush(CONFIG, (0,)))
        self.assertEqual((self.arrived, self.there()), (["good"], ["2.json"]))


class Limits(TroubleTest):
    def test_the_oldest_and_the_unreadable_are_dropped_and_their_number_is_told(self) -> None:
        self.patch(spool, "MOST", 2)
        self.declared["mail"] = self.refuse
        old, new = spool.stamp(time.time() - spool.KEPT_SECONDS - 60), spool.stamp(time.time())
        for number in range(4):
            self.put(f"{new}-{number}.json", str(number))
        self.put(f"{old}-9.json", "old")
        pathlib.Path(spool.directory(), f"{new}-5.json").write_text("{", encoding="utf-8")
        self.assertFalse(spool.flush(CONFIG, (0,)))
        self.assertEqual(self.there(), [f"{new}-3.json", "dropped.json"])
        self.put(f"{new}-6.json", "6")
        self.declared["mail"] = lambda message: self.arrived.append(f"{message['unit']} {message.get('dropped')}")
        self.assertTrue(spool.flush(CONFIG, (0,)))
        self.assertEqual(self.arrived, ["phiward-alerts.service 6", "6 None"])
        self.assertEqual(self.there(), [])

    def test_what_a_killed_program_was_sending_is_sent_by_the_timer(self) -> None:
        name = "1.sending"
        self.put(name, "x.service")
        self.assertTrue(spool.flush(CONFIG, (0,)))
        self.assertEqual(self.arrived, [])
        long_ago = time.time() - spool.SENDING_SECONDS - 1
        os.utime(f"{spool.directory()}/{name}", (long_ago, long_ago))
        self.declared = {"mail": self.refuse}
        self.assertFalse(spool.flush(CONFIG, (0,)))
        self.assertEqual(self.there(), ["1.json"])

    def test_an_alert_is_done_when_it_went_by_every_channel(self) -> None:
        self.declared["webhook"] = self.refuse
        self.assertFalse(Alert({}, {"mail"}).is_done(CONFIG))
        self.assertTrue(Alert({}, {"mail", "webhook", "former"}).is_done(CONFIG))
