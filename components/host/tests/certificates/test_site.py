"""Putting pairs in use and back, and what nginx says of them; openssl itself is exercised from outside."""

import json
import os
import tempfile
import unittest
from collections.abc import Sequence
from unittest import mock

from phiward_host.certificates import pair
from phiward_host.certificates.main import Settings, load
from phiward_host.certificates.pair import Declared
from phiward_host.certificates.site import Site
from phiward_host.common import process, trees
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.process import Completed

NAME = "api.example.org"


class SiteTest(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.home = directory.name
        self.site = Site(self.home, Declared(NAME, [NAME], "ecdsa-p384", 90, 30))
        self.codes: dict[str, int] = {}
        self.ran: list[str] = []
        patch = mock.patch.object(process, "run", self.run_fake)
        patch.start()
        self.addCleanup(patch.stop)

    def run_fake(self, argv: Sequence[str], **options: object) -> Completed:
        self.ran.append(" ".join(argv))
        return Completed(self.codes.get(" ".join(argv), 0), "", "")

    def pair(self, number: int, *, loaded: bool = False, current: bool = False) -> str:
        path = f"{self.home}/.{NAME}.{number}"
        os.mkdir(path)
        if loaded:
            with open(f"{path}/taken", "w", encoding="utf-8"):
                pass
        if current:
            os.symlink(os.path.basename(path), self.site.link)
        return path

    def there(self) -> list[str]:
        return sorted(os.listdir(self.home))


class Restoring(SiteTest):
    def test_the_last_pair_that_was_loaded_comes_back_and_the_rejected_one_goes(self) -> None:
        self.pair(2, loaded=True)
        former = self.pair(10, loaded=True)
        self.pair(11)
        rejected = self.pair(12, current=True)
        self.site.restore_previous()
        self.assertEqual(self.site.current(), former)
        self.assertFalse(os.path.exists(rejected))

    def test_without_a_former_pair_nothing_is_removed(self) -> None:
        rejected = self.pair(1, current=True)
        self.site.restore_previous()
        self.assertEqual(self.site.current(), rejected)

    def test_without_a_link_nothing_is_removed(self) -> None:
        self.pair(1, loaded=True)
        self.site.restore_previous()
        self.assertIsNone(self.site.current())
        self.assertEqual(self.there(), [f".{NAME}.1"])


class Neighbours(SiteTest):
    def test_a_site_whose_name_goes_on_after_this_one_s_keeps_its_pairs(self) -> None:
        other = f"{self.home}/.{NAME}.test.1"
        os.mkdir(other)
        self.pair(1, loaded=True, current=True)
        self.assertEqual(self.site.pairs(), [f"{self.home}/.{NAME}.1"])
        self.site.mark_loaded()
        self.assertTrue(os.path.isdir(other))


class Loading(SiteTest):
    server = "nginx.service"

    def test_a_new_pair_is_judged_loaded_and_marked_and_former_keys_go(self) -> None:
        self.pair(1, loaded=True)
        current = self.pair(2, current=True)
        load([self.site], self.server)
        self.assertEqual(
            self.ran,
            ["systemctl --quiet is-active nginx.service", "/usr/sbin/nginx -t -q", "systemctl reload nginx.service"],
        )
        self.assertEqual(os.listdir(current), ["taken"])
        self.assertEqual(self.there(), [f".{NAME}.2", NAME])

    def test_a_pair_that_nginx_rejects_makes_way_for_the_former(self) -> None:
        former = self.pair(1, loaded=True)
        self.pair(2, current=True)
        self.codes["/usr/sbin/nginx -t -q"] = 1
        with self.assertRaisesRegex(Failed, "^nginx rejected the new certificates; the previous ones were restored"):
            load([self.site], self.server)
        self.assertEqual(self.site.current(), former)
        self.assertEqual(len(self.ran), 2)

    def test_a_reload_that_fails_leaves_the_pair_for_the_next_run(self) -> None:
        self.pair(1, loaded=True)
        self.pair(2, current=True)
        self.codes["systemctl reload nginx.service"] = 1
        with self.assertRaisesRegex(Failed, "could not load the new certificates: systemctl exited with status 1"):
            load([self.site], self.server)
        self.assertTrue(self.site.is_new())
        self.assertEqual(len(self.site.pairs()), 2)

    def test_nothing_new_is_not_loaded_again(self) -> None:
        self.pair(2, loaded=True, current=True)
        self.pair(3)
        load([self.site], self.server)
        self.assertEqual(self.ran, ["systemctl --quiet is-active nginx.service"])
        self.assertEqual(self.there(), [f".{NAME}.2", NAME])

    def test_a_web_server_that_does_not_run_reads_them_when_it_starts(self) -> None:
        self.pair(2, current=True)
        self.codes["systemctl --quiet is-active nginx.service"] = 3
        load([self.site], self.server)
        self.assertEqual(len(self.ran), 1)
        self.assertTrue(self.site.is_new())


@unittest.skipUnless(os.geteuid() == 0, "gives files away, which root alone can")
class Damage(SiteTest):
    def renewed(self) -> list[str]:
        def make(path: str, _: Declared) -> None:
            os.mkdir(path)

        with mock.patch.object(pair, "make", make):
            return self.site.renew()

    def test_a_pair_that_others_could_write_to_makes_way_for_a_new_one(self) -> None:
        for owner, mode in ((65534, 0o700), (0, 0o777), (65534, 0o000)):
            with self.subTest(owner=owner, mode=mode):
                former = self.pair(1, loaded=True, current=True)
                os.chmod(former, mode)
                os.chown(former, owner, owner)
                self.assertEqual(self.renewed(), ["others than root could write to it"])
                self.assertEqual(self.site.current(), f"{self.home}/.{NAME}.2")
                self.assertEqual((os.stat(former).st_uid, os.stat(former).st_mode & 0o777), (0, 0o700))
                load([self.site], "nginx.service")
                self.assertEqual(self.there(), [f".{NAME}.2", NAME])
                os.unlink(self.site.link)
                trees.remove_tree(f"{self.home}/.{NAME}.2")

    def test_a_former_pair_that_others_could_write_to_is_never_used_again(self) -> None:
        os.chown(self.pair(1, loaded=True), 65534, 65534)
        own = self.pair(2, loaded=True, current=True)
        self.renewed()
        self.assertEqual(self.site.previous(), own)

    def test_what_has_a_pair_s_name_and_is_none_is_removed(self) -> None:
        with open(f"{self.home}/.{NAME}.1", "w", encoding="utf-8"):
            os.symlink(f".{NAME}.1", self.site.link)
        self.assertEqual(self.renewed(), ["others than root could write to it"])
        self.assertTrue(os.path.isdir(f"{self.home}/{NAME}"))


class Reading(unittest.TestCase):
    def test_settings_as_the_plan_writes_them(self) -> None:
        site = {"site": NAME, "names": [NAME], "key": "rsa-4096", "days": 60, "renewBeforeDays": 20}
        text = json.dumps({"directory": "/etc/phiward/tls", "server": "nginx.service", "sites": [site]})
        self.assertEqual(
            Settings.from_json(json.loads(text), "settings"),
            Settings(
                "/etc/phiward/tls",
                "nginx.service",
                [Site("/etc/phiward/tls", Declared(NAME, [NAME], "rsa-4096", 60, 20))],
            ),
        )
        with self.assertRaisesRegex(Refused, "^settings.sites.0.key: found rsa-2048, allowed: ecdsa-p384, rsa-4096$"):
            Settings.from_json({"directory": "/", "server": "x", "sites": [{**site, "key": "rsa-2048"}]}, "settings")
