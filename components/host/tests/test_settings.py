"""The settings that plans write are those that the programs read."""

import unittest
from unittest import mock

from phiward_host.alerts import settings as alerts
from phiward_host.backup import settings as backup
from phiward_host.backup.settings import Job
from phiward_host.common.errors import Refused
from phiward_host.vault import settings as vault
from tests.golden import golden


class SettingsTest(unittest.TestCase):
    def test_of_backups_are_read_as_they_are_written(self) -> None:
        for path in golden("backup.json"):
            with self.subTest(path=path), mock.patch.object(backup, "PATH", path):
                found = backup.load()
                self.assertEqual((found.host, sorted(found.limits)), ("web", sorted(Job)))
                self.assertTrue(found.repositories[0] == "local" and found.keep.last > 0 and found.keep.days > 0)

    def test_of_the_vault_are_read_as_they_are_written(self) -> None:
        for path in golden("vault.json"):
            with self.subTest(path=path), mock.patch.object(vault, "PATH", path):
                found = vault.load()
                self.assertEqual((found.hosts, found.limit > 0), (("web",), True))

    def test_of_alerts_are_read_as_they_are_written(self) -> None:
        for path in golden("alert.json"):
            with self.subTest(path=path), mock.patch.object(alerts, "PATH", path):
                self.assertTrue(alerts.load().host)

    def test_that_are_not_there_are_named(self) -> None:
        with (
            mock.patch.object(backup, "PATH", "/nonexistent"),
            self.assertRaisesRegex(Refused, "^/nonexistent: found not"),
        ):
            backup.load()


if __name__ == "__main__":
    unittest.main()
