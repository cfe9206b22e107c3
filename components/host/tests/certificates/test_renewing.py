"""Renewing by the real openssl(1) that fails now and then, with sites that do not all work."""

import contextlib
import io
import os
import tempfile
import unittest
from collections.abc import Callable, Sequence
from unittest import mock

from phiward_host.certificates import facts, main
from phiward_host.certificates.main import Settings, check, renew
from phiward_host.certificates.pair import Declared
from phiward_host.certificates.site import Site
from phiward_host.common import process
from phiward_host.common.errors import Failed
from phiward_host.common.process import Completed

SERVER = "nginx.service"
KEY = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"
# Answers a command itself, or leaves it to the real program.
Answer = Callable[[Sequence[str]], Completed | None]
real_run = process.run


def ended(code: int) -> Completed:
    return Completed(code, "", "complaint")


class RenewingTest(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.home = directory.name
        self.sites = [Site(self.home, Declared(name, [name], "ecdsa-p384", 90, 30)) for name in ("a.test", "b.test")]
        self.settings = Settings(self.home, SERVER, self.sites)
        self.answer: Answer = lambda argv: None
        for target, name, value in ((process, "run", self.run_program), (facts, "PAUSES", (0, 0, 0))):
            patch = mock.patch.object(target, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def run_program(self, argv: Sequence[str], *, stdin: str | None = None) -> Completed:
        answered = self.answer(argv)
        if answered is not None:
            return answered
        return real_run(argv, stdin=stdin) if argv[0] == "openssl" else Completed(0, "", "")

    def renew(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            renew(self.settings)

    def pairs(self) -> list[str]:
        return sorted(name for name in os.listdir(self.home) if name.startswith("."))


class MomentaryFailures(RenewingTest):
    def test_an_openssl_that_fails_once_causes_no_new_certificate(self) -> None:
        self.renew()
        before = self.pairs()
        calls = 0

        def count(argv: Sequence[str]) -> None:
            nonlocal calls
            calls += argv[0] == "openssl"

        self.answer = count
        self.renew()
        for code in (1, -9):
            for number in range(calls):
                with self.subTest(code=code, call=number):
                    self.answer = self.failing(number, 1, code)
                    self.renew()
                    self.assertEqual(self.pairs(), before)

    def test_an_openssl_that_is_gone_causes_no_new_certificate_and_is_told(self) -> None:
        self.renew()
        before = self.pairs()
        self.answer = self.failing(0, 1000, process.NOT_FOUND)
        with self.assertRaisesRegex(Failed, r"a\.test: .*could not be examined: openssl is not installed.*; b\.test: "):
            self.renew()
        with contextlib.redirect_stdout(io.StringIO()) as out:
            self.assertEqual(check(self.settings), 1)
        self.assertIn("could not be examined", out.getvalue())
        self.assertEqual(self.pairs(), before)

    def test_a_damaged_certificate_is_replaced(self) -> None:
        self.renew()
        with open(f"{self.sites[0].current()}/certificate.pem", "w", encoding="ascii") as file:
            file.write("damaged")
        self.renew()
        self.assertEqual(self.pairs(), [".a.test.2", ".b.test.1"])
        self.assertEqual(self.sites[0].faults(), [])

    def failing(self, first: int, times: int, code: int) -> Answer:
        """Ends the calls of openssl from the first on, so many, with a code."""
        number = -1

        def answer(argv: Sequence[str]) -> Completed | None:
            nonlocal number
            number += argv[0] == "openssl"
            return ended(code) if argv[0] == "openssl" and first <= number < first + times else None

        return answer

    def test_a_certificate_with_a_time_that_there_is_not_is_replaced_as_a_damaged_one(self) -> None:
        self.renew()
        for time in ("Bad time value", "0000-01-01 00:00:00Z"):
            with self.subTest(time=time):
                text = f"{KEY}\nnotBefore={time}\nnotAfter=2030-01-01 00:00:00Z\nsubject=\nissuer=x\n"
                self.answer = lambda argv, text=text: (
                    Completed(0, text, "") if argv[:2] == ["openssl", "x509"] else None
                )
                self.assertIsNone(facts.of_certificate("any"))
                with contextlib.redirect_stdout(io.StringIO()) as said:
                    check(self.settings)
                self.assertIn("a.test: key or certificate cannot be read", said.getvalue())


class OthersThatFail(RenewingTest):
    def test_a_site_whose_certificate_cannot_be_made_keeps_no_other_from_nginx_and_leaves_no_key(self) -> None:
        os.mkdir(f"{self.home}/a.test")
        for _ in range(3):
            with self.assertRaisesRegex(Failed, r"a\.test: .*found a directory, allowed: a link"):
                self.renew()
        self.assertEqual(self.pairs(), [".b.test.1"])
        self.assertFalse(self.sites[1].is_new())

    def test_a_disk_that_takes_no_link_leaves_no_key(self) -> None:
        with mock.patch.object(os, "symlink", side_effect=OSError(28, "No space left on device")):
            for _ in range(2):
                with self.assertRaisesRegex(Failed, "No space left"):
                    self.renew()
        self.assertEqual(self.pairs(), [])

    def test_what_a_killed_run_left_goes_with_the_next_renewal(self) -> None:
        os.mkdir(f"{self.home}/.a.test.1")
        self.renew()
        self.assertEqual(self.pairs(), [".a.test.1", ".b.test.1"])
        self.assertEqual(self.sites[0].faults(), [])

    def test_a_certificate_that_nginx_rejects_keeps_no_other_from_it(self) -> None:
        self.renew()
        for site in self.sites:
            os.remove(f"{site.current()}/key.pem")
        self.answer = self.rejecting(".a.test.2")
        with self.assertRaisesRegex(Failed, r"^a\.test: nginx rejected the new certificate; the previous one was rest"):
            self.renew()
        self.assertEqual(self.pairs(), [".a.test.1", ".b.test.2"])
        self.assertFalse(self.sites[1].is_new())

    def test_a_service_manager_that_does_not_answer_is_told(self) -> None:
        self.answer = lambda argv: ended(1) if "is-active" in argv else None
        os.makedirs(f"{self.home}/systemd")
        patch = mock.patch.object(main, "SYSTEMD", f"{self.home}/systemd")
        patch.start()
        self.addCleanup(patch.stop)
        with self.assertRaisesRegex(Failed, "whether nginx.service runs could not be asked"):
            self.renew()
        self.assertTrue(all(site.is_new() for site in self.sites))

    def rejecting(self, pair: str) -> Answer:
        """An nginx that rejects whatever has this pair in it."""
        return lambda argv: (
            ended(1)
            if argv[0].endswith("nginx") and any(os.path.basename(site.current() or "") == pair for site in self.sites)
            else None
        )
