"""What certbot says, in words; what is on record of orders; and when one is tried again."""

import errno
import os
import tempfile
import time
import unittest

from phiward_host.certificates import certbot, orders, store
from phiward_host.certificates.authority import AcmeHome, Authority
from phiward_host.certificates.digitalocean import longest
from phiward_host.certificates.facts import CertificateFacts, covers
from phiward_host.certificates.ordering import order_due, overdue
from phiward_host.certificates.orders import FIRST_SECONDS, MOST_SECONDS, Order, Record
from phiward_host.certificates.pair import Declared
from phiward_host.certificates.refusals import Refusal, refusal
from phiward_host.certificates.store import Offered
from phiward_host.common import files
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.log import RootLog
from tests.support import OnDisk

NOW = 1_800_000_000.0
CHALLENGES = """The Certificate Authority reported these problems:
  Domain: a.example.org
  Type:   connection
  Detail: dial tcp 192.0.2.1:80: connect: connection refused

  Domain: b.example.org
  Type:   caa
  Detail: While processing CAA for b.example.org: \x1b[31mforbidden

Hint: …
"""
LIMITED = """HTTP 201
Retry-After: 5
Content-Type: application/json

HTTP 429
Content-Type: application/problem+json
Retry-After: {after}
Server: x

acme.messages.Error: urn:ietf:params:acme:error:badNonce :: The client sent an unacceptable anti-replay nonce :: x
acme.messages.Error: urn:ietf:params:acme:error:rateLimited :: There were too many requests :: too many certificates
"""


NEVER = [(after, None) for after in ("soon", "\u00b2", "9" * 5000, f"Fri, 15 Jan 2027 09:00:00 +{'9' * 30}")]


class Refusals(unittest.TestCase):
    def test_each_name_that_was_refused_is_named_with_what_to_do_and_nothing_acts_on_a_terminal(self) -> None:
        found = refusal(CHALLENGES, "", NOW)
        self.assertTrue(found.ours)
        self.assertIn("a.example.org: it could not connect under this name", found.reason)
        self.assertIn("b.example.org: the CAA records of its zone do not allow this authority", found.reason)
        self.assertNotIn("\x1b", found.reason)

    def test_a_rate_limit_says_how_long_it_lasts_in_seconds_or_as_a_date(self) -> None:
        for after, seconds in (("7200", 7200.0), ("Fri, 15 Jan 2027 09:00:00 GMT", 3600.0), *NEVER):
            with self.subTest(after=after):
                self.assertEqual(
                    refusal("", LIMITED.format(after=after), NOW),
                    Refusal("its rate limit is reached (too many certificates)", False, seconds),
                )

    def test_an_authority_that_is_away_is_no_fault_of_the_names(self) -> None:
        log = "ValueError: Requesting acme.example.org/dir: Connection refused\n"
        self.assertEqual(
            refusal("", log, NOW), Refusal("it could not be reached (acme.example.org/dir: Connection refused)", False)
        )
        self.assertEqual(refusal("", "", NOW), Refusal("certbot failed", False))

    def test_answers_without_end_are_read_in_no_time_and_to_a_length(self) -> None:
        began = time.monotonic()
        for flood in (
            "Connection" * 100_000,
            "a." * 500_000,
            "\n" * 1_000_000,
            "Domain: " * 100_000,
            "HTTP 429\n" * 100_000,
        ):
            refusal(flood, flood, NOW)
        self.assertLess(time.monotonic() - began, 5)
        name = f"  Domain: \x1b[2J{'a' * 9999}\n  Type: caa\n  Detail: {'x' * 9999}\n"
        found = refusal(name * 500, "", NOW).reason
        self.assertNotIn("\x1b", found)
        self.assertLess(len(found), 100_000)

    def test_an_account_that_the_authority_does_not_know_is_told_apart(self) -> None:
        log = "acme.messages.Error: urn:ietf:params:acme:error:accountDoesNotExist :: The account is unknown :: gone\n"
        self.assertTrue(refusal("", log, NOW).unknown_account)


class Directories(unittest.TestCase):
    def test_one_that_leads_out_of_the_place_of_its_account_is_refused_on_the_host_too(self) -> None:
        declared = {"email": "a@example.org", "challenge": "http-01", "rehearsal": None, "ca": None, "token": None}
        good = "https://acme.example.org/directory"
        self.assertEqual(Authority.from_json({**declared, "directory": good}, "x").directory, good)
        outside = ["https://acme.example.org/../../../srv/data", "https://../x", "https:///x", "http://a.org/x"]
        for value in outside:
            for key in ("directory", "rehearsal"):
                with self.subTest(value=value, key=key), self.assertRaises(Refused):
                    Authority.from_json({**declared, "directory": good, key: value}, "x")


class Waiting(unittest.TestCase):
    def test_each_refusal_doubles_the_wait_up_to_half_a_day(self) -> None:
        order = Order("x")
        waits: list[float] = []
        for _ in range(10):
            order = order.failed("refused", NOW, None)
            waits.append(order.after - NOW)
        self.assertEqual(waits[:4], [FIRST_SECONDS * factor for factor in (1, 2, 4, 8)])
        self.assertEqual(waits[-1], MOST_SECONDS)

    def test_it_is_as_long_as_the_authority_says_and_not_for_ever(self) -> None:
        self.assertEqual(Order("x").failed("limit", NOW, 90_000).after, NOW + 90_000)
        self.assertEqual(Order("x").failed("limit", NOW, 1e12).after, NOW + orders.LONGEST_RETRY_AFTER)

    def test_a_certificate_is_renewed_when_a_third_of_its_life_is_left(self) -> None:
        for days, left, due in ((90, 31, False), (90, 29, True), (6, 2.1, False), (6, 1.9, True)):
            life = CertificateFacts("", [], NOW - (days - left) * 86400, NOW + left * 86400, is_self_signed=False)
            self.assertEqual(overdue(life, NOW), due, (days, left))


class Recording(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.home = directory.name

    def test_what_is_written_is_read_again_and_counts_for_the_same_order_alone(self) -> None:
        refused = Order("names and authority").failed("refused", NOW, None)
        record = Record({"a.test": refused, "b.test": Order("x")}, {"https://d": "a@example.org"}, NOW)
        path = f"{self.home}/acme/orders.json"
        orders.write(path, record, RootLog("test"))
        self.assertEqual(orders.look(path), record)
        self.assertEqual(record.of("a.test", "names and authority"), refused)
        self.assertEqual(record.of("a.test", "other names"), Order("other names"))
        self.assertEqual(set(record.only(["b.test"]).orders), {"b.test"})

    def test_what_is_kept_is_for_root_alone_and_goes_with_its_site(self) -> None:
        offered = Offered(f"-----BEGIN PRIVATE KEY-----\nAAAA\n{store.END}", "-----BEGIN CERTIFICATE-----\n…")
        for site in ("a.test", "b.test"):
            store.keep(self.home, site, offered)
        self.assertEqual(os.stat(store.path_of(self.home, "a.test")).st_mode & 0o777, 0o600)
        self.assertEqual(store.read(self.home, "a.test"), offered)
        store.keep_only(self.home, ["b.test"])
        self.assertIsNone(store.read(self.home, "a.test"))
        files.write(store.path_of(self.home, "b.test"), "damaged")
        self.assertIsNone(store.read(self.home, "b.test"))


class Ordering(OnDisk):
    def test_what_one_order_meets_on_the_disk_is_on_record_and_keeps_no_other_site_from_its_certificate(self) -> None:
        authority = Authority("a@example.org", "dns-01", "https://acme.example.org/d", None, None, "/token")
        sites = [Declared(name, [name], "ecdsa-p384", 90, 30, authority) for name in ("a.test", "b.test")]
        asked: list[str] = []

        def order(_: AcmeHome, declared: Declared, __: Authority, ___: str) -> Offered:
            asked.append(declared.site)
            if declared.site == "a.test":
                raise OSError(errno.EFBIG, "File too large", "/run/chain.pem")
            return Offered(f"-----BEGIN PRIVATE KEY-----\nAAAA\n{store.END}", "-----BEGIN CERTIFICATE-----\n…")

        self.patch(certbot, "order", order)
        home = AcmeHome(self.path("acme"), self.path("webroot"), False)
        found = order_due(home, sites)
        self.assertEqual((asked, found.issued), (["a.test", "b.test"], True))
        self.assertIn("a.test: ", found.wrong[0])
        self.assertEqual(orders.look(home.record).orders["a.test"].failures, 1)


class Names(unittest.TestCase):
    def test_a_wildcard_stands_for_one_label(self) -> None:
        certificate = CertificateFacts("", ["*.example.org", "example.org"], 0, 0, is_self_signed=False)
        found = [covers(certificate, name) for name in ("example.org", "a.example.org", "a.b.example.org", "other.org")]
        self.assertEqual(found, [True, True, False, False])

    def test_a_record_goes_into_the_innermost_zone(self) -> None:
        zones = ["example.org", "b.example.org", "xample.org"]
        self.assertEqual(longest("_acme-challenge.a.b.example.org", zones), "b.example.org")
        with self.assertRaisesRegex(Failed, "no zone of the DigitalOcean account holds it"):
            longest("_acme-challenge.a.test", zones)
