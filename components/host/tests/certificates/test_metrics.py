"""The metrics of the ends of certificates, which the real openssl(1) made."""

import contextlib
import io
import os
import tempfile
import unittest
from unittest import mock

from phiward_host.certificates import facts, main, metrics
from phiward_host.certificates.main import Settings
from phiward_host.certificates.pair import Declared
from phiward_host.certificates.site import Site
from phiward_host.common.errors import Failed


class MetricsTest(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = f"{directory.name}/shown.prom"
        home = f"{directory.name}/tls"
        os.mkdir(home, 0o700)
        # Names of sites, and for how many days each certificate is.
        self.sites = [
            Site(home, Declared(name, [name], "ecdsa-p384", days, 5)) for name, days in (("b.test", 90), ("a.test", 30))
        ]
        self.settings = Settings(home, "phiward-absent.service", self.sites, metrics=self.path)
        for patch in (
            mock.patch.object(main, "_is_active", return_value=False),
            mock.patch.object(facts, "PAUSES", (0, 0, 0)),
        ):
            patch.start()
            self.addCleanup(patch.stop)
        self.renew()

    def renew(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            main.renew(self.settings)

    def check(self) -> str:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            code = main.check(self.settings)
        self.assertEqual(code, 0 if out.getvalue() == "all certificates are as declared\n" else 1)
        return out.getvalue()

    def shown(self) -> dict[str, int]:
        with open(self.path, encoding="ascii") as file:
            lines = [line.rpartition(" ") for line in file if not line.startswith("#")]
        return {name: int(value) for name, _, value in lines}

    def end(self, site: Site) -> int:
        certified = facts.of_certificate(f"{site.current()}/certificate.pem")
        assert certified is not None
        return int(certified.not_after)

    def test_show_the_end_of_each_certificate_to_everyone(self) -> None:
        b, a = self.sites
        self.assertEqual(
            list(self.shown().items()),
            [(f'{metrics.METRIC}{{site="{site.name}"}}', self.end(site)) for site in (a, b)],
        )
        self.assertEqual(os.stat(self.path).st_mode & 0o7777, 0o644)
        self.assertIn("as declared", self.check())

    def test_are_found_wrong_and_are_right_after_the_next_run(self) -> None:
        with open(self.path, encoding="ascii") as file:
            right = file.read()
        damages = {
            "another end": right.replace("} 1", "} 2", 1),
            "a line less": right[: right.rindex("phiward")],
            "": "",
        }
        for name, text in damages.items():
            with self.subTest(name):
                with open(self.path, "w", encoding="ascii") as file:
                    file.write(text)
                self.assertIn("shows other ends", self.check())
                self.renew()
                self.assertIn("as declared", self.check())
        os.unlink(self.path)
        self.assertIn("it is not there", self.check())

    def test_show_a_new_certificate_and_leave_out_one_that_nobody_can_read(self) -> None:
        b, a = self.sites
        with open(f"{b.current()}/certificate.pem", "w", encoding="ascii") as file:
            file.write("damaged")
        self.assertEqual(metrics.write(self.path, self.sites), [])
        self.assertEqual(list(self.shown().values()), [self.end(a)])
        self.renew()
        self.assertEqual(list(self.shown().values()), [self.end(a), self.end(b)])

    def test_that_cannot_be_written_fail_the_run_and_keep_no_certificate_from_its_site(self) -> None:
        before = self.sites[0].current()
        self.settings = Settings(
            self.settings.directory, self.settings.server, self.sites, metrics=f"{self.path}/of/nothing.prom"
        )
        with open(f"{before}/certificate.pem", "w", encoding="ascii") as file:
            file.write("damaged")
        with self.assertRaisesRegex(Failed, "metrics of the certificates cannot be written"):
            self.renew()
        self.assertNotEqual(self.sites[0].current(), before)
