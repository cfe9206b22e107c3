"""The copy for a collector: how a record is written, who is believed, and how far it came."""

import json
import os
import socket
import ssl
import subprocess
import threading
import time
import unittest
import warnings

from phiward_host.collector import form, link, place, reading, send, settings, watch
from phiward_host.collector.link import Link
from phiward_host.collector.place import Ledger, Place, State
from phiward_host.collector.settings import CollectorSettings
from phiward_host.collector.source import Next, Source
from phiward_host.common import paths
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog
from tests.support import OnDisk

NAME = "siem.example.org"
CURSOR = f"s={'a' * 32};i=1f;b={'b' * 32};m=1;t=5f5e100;x=c"
RECORD = {
    "__CURSOR": CURSOR,
    "__REALTIME_TIMESTAMP": "1795817966151789",
    "_TRANSPORT": "syslog",
    "SYSLOG_IDENTIFIER": "sshd",
    "_PID": "12",
    "PRIORITY": "4",
    "SYSLOG_FACILITY": "10",
    "_UID": "0",
    "_HOSTNAME": "another",
}


def plan(port: int = 6514, *, has_certificate: bool = False) -> CollectorSettings:
    return CollectorSettings("127.0.0.1", port, NAME, "vault", ("web",), 600, has_certificate)


def text_of(record: dict[str, object], message: str = "hello") -> str:
    frame = form.framed("web", record, message, 7).decode()
    length, _, text = frame.partition(" ")
    assert int(length) == len(text.encode())
    return text


class Form(unittest.TestCase):
    def test_a_record_is_a_message_of_its_host_by_account(self) -> None:
        self.assertEqual(
            text_of(dict(RECORD)),
            "<84>1 2026-11-27T22:19:26.151789Z web sshd 12 - "
            '[meta sequenceId="7"][journal@32473 transport="syslog" uid="0" '
            f'cursor="b={CURSOR.partition(";b=")[2]}"] hello',
        )

    def test_what_is_not_known_has_the_value_for_that(self) -> None:
        self.assertTrue(
            text_of({"PRIORITY": "99", "SYSLOG_FACILITY": "x"}).startswith(
                "<30>1 1970-01-01T00:00:00.000000Z web - - - "
            )
        )
        self.assertTrue(text_of({"_TRANSPORT": "audit"}).startswith("<110>1 "))
        self.assertTrue(text_of({"_TRANSPORT": "kernel", "PRIORITY": "3"}).startswith("<3>1 "))

    def test_nothing_in_a_record_ends_its_message_field_or_element(self) -> None:
        record: dict[str, object] = {"SYSLOG_IDENTIFIER": "a b\n<8>1", "_COMM": 'x"] [y\\\n'}
        text = text_of(record, "one\n<8>1 - vault\x00two\x7f")
        self.assertIn(" a_b_<8>1 - - ", text)
        self.assertIn('command="x\\"\\] [y\\\\#012"', text)
        self.assertTrue(text.endswith(" one#012<8>1 - vault#000two#177"))

    def test_a_long_message_is_cut_at_a_character_and_says_so(self) -> None:
        frame = form.framed("web", RECORD, "é" * 10_000, 1)
        length, _, rest = frame.partition(b" ")
        self.assertLessEqual(int(length), form.MOST_BYTES)
        self.assertIn(b'cut="yes"', rest)
        self.assertTrue(rest.decode().endswith("é"))

    def test_so_does_a_value_that_is_cut_and_a_message_that_could_not_be_read(self) -> None:
        for record, message, is_cut in (
            ({"_COMM": "x" * form.MOST_PARAMETER}, "hello", False),
            ({"_COMM": "x" * (form.MOST_PARAMETER + 1)}, "hello", True),
            (RECORD, form.TOO_LONG, True),
            (RECORD, "hello", False),
        ):
            self.assertEqual('cut="yes"' in text_of(dict(record), message), is_cut)
        # As long as all of it may be, also of the longest values.
        longest = dict.fromkeys((*form.PARAMETERS.values(), "SYSLOG_IDENTIFIER"), '"' * 5000)
        for size in (1, 7000, 9000):
            self.assertLessEqual(len(text_of(dict(longest), "é" * size).encode()), form.MOST_BYTES)

    def test_bytes_and_fields_that_are_there_twice_are_read(self) -> None:
        self.assertEqual(form.message_of({"MESSAGE": [104, 105, 255]}), "hi\ufffd")
        self.assertEqual(form.message_of({"MESSAGE": ["first", "second"]}), "first")
        self.assertEqual(form.message_of({"MESSAGE": [[104, 105], "second"]}), "hi")
        self.assertEqual(form.message_of({}), "")
        self.assertIsNone(form.message_of({"MESSAGE": None}))

    def test_numbers_begin_again_at_one(self) -> None:
        text = form.framed("web", {}, "x", form.MOST_NUMBER + 1).decode()
        self.assertIn('[meta sequenceId="1"]', text)


class Certificates(OnDisk):
    """Who is believed, over a real connection."""

    def setUp(self) -> None:
        super().setUp()
        for authority in ("right", "other"):
            self.openssl(
                "req", "-x509", *self.key(f"{authority}-ca", f"{authority}-ca.pem"), "-subj", f"/CN={authority}"
            )
        self.patch(link, "CA", self.at("right-ca.pem"))
        self.patch(link, "CHAIN", self.at("client.pem"))

    def at(self, name: str) -> str:
        return os.path.join(self.root, name)

    def openssl(self, *argv: str) -> None:
        subprocess.run(["openssl", *argv], cwd=self.root, check=True, capture_output=True)

    def key(self, name: str, out: str) -> list[str]:
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        return [*curve, "-keyout", f"{name}.key", "-out", out]

    def issue(self, name: str, authority: str, subject: str) -> None:
        self.openssl("req", *self.key(name, "csr"), "-subj", "/CN=x", "-addext", f"subjectAltName={subject}")
        issued = ["-CA", f"{authority}-ca.pem", "-CAkey", f"{authority}-ca.key", "-copy_extensions", "copy"]
        self.openssl("x509", "-req", "-in", "csr", *issued, "-out", f"{name}.pem")

    def serve(
        self, name: str, *, asks: bool = False, is_new: bool = True, says: bytes = b""
    ) -> tuple[int, list[bytes]]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.at(f"{name}.pem"), self.at(f"{name}.key"))
        if not is_new:
            # It warns that nobody should.
            with warnings.catch_warnings(action="ignore"):
                context.maximum_version = ssl.TLSVersion.TLSv1_1
        if asks:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.at("right-ca.pem"))
        listener = socket.create_server(("127.0.0.1", 0))
        taken: list[bytes] = []

        def run() -> None:
            try:
                with context.wrap_socket(listener.accept()[0], server_side=True) as taking:
                    taking.sendall(says)
                    while data := taking.recv(4096):
                        taken.append(data)
            except OSError:
                return

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self.addCleanup(listener.close)
        self.addCleanup(thread.join, 5)
        port: int = listener.getsockname()[1]
        return port, taken

    def refusal(self, port: int) -> str:
        with self.assertRaises((Failed, OSError)) as caught:
            Link(plan(port), self.at("client.key"))
        return link.reason(caught.exception)

    def test_the_right_one_gets_what_is_sent_and_acknowledges_it(self) -> None:
        self.issue("server", "right", f"DNS:{NAME}")
        port, taken = self.serve("server")
        with Link(plan(port), "") as connection:
            connection.send(b"5 hello")
            limit = time.monotonic() + 5
            while not connection.is_acknowledged(connection.total) and time.monotonic() < limit:
                time.sleep(0.01)
            self.assertTrue(connection.is_acknowledged(connection.total))
            connection.require(0.1)
        limit = time.monotonic() + 5
        while b"".join(taken) != b"5 hello" and time.monotonic() < limit:
            time.sleep(0.01)
        self.assertEqual(b"".join(taken), b"5 hello")

    def test_no_other_one_gets_anything(self) -> None:
        for authority, subject, words in (
            ("other", f"DNS:{NAME}", "its certificate is not of the declared authority"),
            ("right", "DNS:other.example.org", "its certificate is for another name"),
            ("right", "IP:127.0.0.1", "its certificate is for another name"),
        ):
            self.issue("server", authority, subject)
            port, taken = self.serve("server")
            self.assertEqual(self.refusal(port), f"the collector is not believed: {words}")
            self.assertEqual(taken, [])

    def test_an_older_tls_is_refused(self) -> None:
        self.issue("server", "right", f"DNS:{NAME}")
        port, _ = self.serve("server", is_new=False)
        self.assertRegex(self.refusal(port), r"^the collector cannot be reached \([A-Z0-9_]+\)$")

    def test_an_own_certificate_is_shown_where_there_is_one(self) -> None:
        self.issue("server", "right", f"DNS:{NAME}")
        self.issue("client", "right", "DNS:vault.example.org")
        port, _ = self.serve("server", asks=True)
        with Link(plan(port, has_certificate=True), self.at("client.key")) as connection:
            connection.require(0.2)
        port, _ = self.serve("server", asks=True)
        with self.assertRaises((Failed, OSError)), Link(plan(port), "") as connection:
            connection.require(5)

    def test_one_that_speaks_is_left_and_tls_of_its_own_shortens_no_pause(self) -> None:
        self.issue("server", "right", f"DNS:{NAME}")
        port, _ = self.serve("server", says=b"more")
        with Link(plan(port), "") as connection, self.assertRaisesRegex(Failed, "^the collector speaks, "):
            connection.require(5)
        # Of TLS 1.3 two tickets come first.
        port, _ = self.serve("server")
        began = time.monotonic()
        with Link(plan(port), "") as connection:
            connection.require(0.4)
        self.assertGreaterEqual(time.monotonic() - began, 0.4)

    def test_nobody_who_answers_is_a_sentence(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port: int = listener.getsockname()[1]
        self.assertEqual(self.refusal(port), "the collector cannot be reached (Connection refused)")


class Wire:
    """A connection whose other side acknowledges when it is told to."""

    def __init__(self) -> None:
        self.total = 0
        self.acknowledged = 0

    def is_acknowledged(self, total: int) -> bool:
        return self.acknowledged >= total


class Places(OnDisk):
    def setUp(self) -> None:
        super().setUp()
        self.kept = os.path.join(self.root, "state.json")
        self.now = 100.0
        self.patch(place.time, "monotonic", lambda: self.now)

    def test_a_place_moves_once_it_is_acknowledged_and_the_connection_lasted(self) -> None:
        ledger, wire = Ledger(self.kept, State({"web": Place("one", 1.0)}, 5.0)), Wire()
        ledger.begin()
        ledger.sent["web"] = Place("two", 2.0)
        wire.total = 10
        ledger.note(wire, 9.0)
        self.now += 60
        ledger.note(wire, 70.0)
        self.assertIsNone(place.load(self.kept))
        wire.acknowledged = 10
        ledger.note(wire, 71.0)
        self.now += place.SETTLED_SECONDS
        ledger.note(wire, 72.0)
        self.assertEqual(place.load(self.kept), State({"web": Place("two", 2.0)}, 9.0))

    def test_what_is_not_settled_is_sent_again(self) -> None:
        ledger = Ledger(self.kept, State({"web": Place("one", 1.0)}, 5.0))
        ledger.begin()
        ledger.sent["web"] = Place("two", 2.0)
        ledger.note(Wire(), None)
        ledger.begin()
        self.assertEqual(ledger.sent, {"web": Place("one", 1.0)})

    def test_trouble_and_gaps_are_kept_and_a_damaged_state_is_none(self) -> None:
        ledger = Ledger(self.kept, State({}, 5.0))
        ledger.trouble("it is away")
        ledger.gap("some are missing")
        found = place.load(self.kept)
        self.assertEqual((found and found.trouble, found and found.gap), ("it is away", "some are missing"))
        with open(self.kept, "w", encoding="utf-8") as file:
            file.write('{"places": 1}')
        self.assertIsNone(place.load(self.kept))


def answering(*cursors: str) -> object:
    """Stands in for what reads a journal."""

    def read(*_: object, **__: object) -> tuple[list[reading.Found], bool]:
        return [found_of(each) for each in cursors], False

    return read


def found_of(cursor: str) -> reading.Found:
    return reading.Found(Fields({"__CURSOR": cursor, "__REALTIME_TIMESTAMP": "2000000"}, "record"), "m")


class Sources(OnDisk):
    def next(self, cursor: str | None, *cursors: str) -> Next:
        self.patch(reading, "read", answering(*cursors))
        return Source("vault", is_own=True).next(Place(cursor, 0.0))

    def test_what_follows_a_place_is_without_the_record_of_the_place(self) -> None:
        later = CURSOR.replace("i=1f", "i=20").replace("x=c", "x=d")
        found = self.next(CURSOR, CURSOR, later)
        self.assertEqual(([each.place for each in found.records], found.place.cursor), ([later], later))
        self.assertTrue(found.is_all)
        self.assertIsNone(found.missing_from)

    def test_a_place_that_is_gone_is_a_gap(self) -> None:
        later = CURSOR.replace("x=c", "x=d")
        found = self.next(CURSOR, later)
        self.assertEqual((found.missing_from, [each.place for each in found.records]), (CURSOR, [later]))

    def test_a_full_batch_is_not_all(self) -> None:
        found = self.next(None, *[CURSOR] * 501)
        self.assertEqual((len(found.records), found.is_all), (500, False))

    def test_hosts_that_come_later_begin_with_their_first_record(self) -> None:
        self.patch(send, "STATE", os.path.join(self.root, "state.json"))
        self.patch(reading, "read", answering(CURSOR))
        first = send.begun([Source("vault", is_own=True)])
        self.assertEqual(first.state.places["vault"].cursor, CURSOR)
        later = send.begun([Source("vault", is_own=True), Source("web", is_own=False)])
        self.assertEqual(
            {host: each.cursor for host, each in later.state.places.items()}, {"vault": CURSOR, "web": None}
        )


class Watch(OnDisk):
    def setUp(self) -> None:
        super().setUp()
        os.makedirs(os.path.join(self.root, "private/phiward-collector"))
        self.patch(watch, "STATE_TOP", os.path.join(self.root, "private"))
        self.patch(watch, "FIRST_SECONDS", 0.0)

    def say(self, state: object) -> None:
        with open(os.path.join(self.root, "private", settings.STATE_BENEATH), "w", encoding="utf-8") as file:
            json.dump(state, file)

    def failure(self) -> str:
        with self.assertRaises(Failed) as caught:
            watch.watch(plan(), RootLog("collector"))
        return str(caught.exception)

    def test_a_late_copy_is_an_alert_once_a_day(self) -> None:
        self.say(State({}, time.time() - 700, "it is away").as_json())
        self.assertIn(
            "AUDIT_LOG_FAILURE: no record has reached the collector for 12 minutes: it is away", self.failure()
        )
        self.assertEqual(watch.watch(plan(), RootLog("collector")), 0)
        with self.assertRaises(Failed):
            watch.sent(plan())

    def test_a_gap_is_an_alert_of_its_own(self) -> None:
        self.say(State({}, time.time(), gap="AUDIT_LOG_FAILURE: some are missing", gap_at=3.0).as_json())
        self.assertEqual(self.failure(), "AUDIT_LOG_FAILURE: some are missing")
        self.assertEqual(watch.watch(plan(), RootLog("collector")), 0)
        self.assertEqual(watch.sent(plan()), 0)

    def test_a_sender_that_never_began_is_noticed(self) -> None:
        self.assertEqual(watch.watch(plan(), RootLog("collector")), 0)
        with open(os.path.join(paths.BASE, "journal/collector.json"), "w", encoding="utf-8") as file:
            json.dump({"since": time.time() - 700, "gap": 0.0}, file)
        self.assertIn("has not begun", self.failure())

    def test_what_is_no_state_is_a_failure(self) -> None:
        self.say(["a secret"])
        self.assertNotIn("secret", self.failure())
