"""What a restored database is compared with."""

import json
import unittest

from phiward_host.backup.manifest import DatabaseManifest, Manifest, differences
from phiward_host.common.errors import Refused
from tests.backup.examples import manifest


class ManifestTest(unittest.TestCase):
    def test_says_nothing_of_equals(self) -> None:
        self.assertEqual(differences(manifest(a=(1, "7")), manifest(a=(1, "7"))), [])

    def test_names_each_difference_once_and_no_content(self) -> None:
        expected = manifest(gone=(1, "1"), rows=(2, "5"), content=(3, "9"))
        found = manifest(2, more=(0, "0"), rows=(1, "4"), content=(3, "8"))
        self.assertEqual(
            differences(expected, found),
            [
                "table gone: missing",
                "table more: not in the backup's manifest",
                "table content: 3 rows, but other content than was backed up",
                "table rows: found 1 rows, backed up were 2",
                "found 2 large objects, backed up were 0",
            ],
        )

    def test_is_the_same_after_it_was_written_and_read(self) -> None:
        databases = {"db/api": manifest(3, **{'public."odd ""name"': (1, "-7")})}
        whole = Manifest("run", "2026-01-01T00:00:00Z", "web", databases, {"v": "/v"}, ("/srv",), ("/s",))
        self.assertEqual(Manifest.from_json(json.loads(json.dumps(whole.to_json())), "manifest"), whole)

    def test_reads_the_form_that_earlier_backups_hold(self) -> None:
        about = {"largeObjects": 0, "bytes": 7, "version": "17", "encoding": "UTF8", "collate": "C", "ctype": "C"}
        found = DatabaseManifest.from_json({"tables": {"public.a": [2, "123"]}, **about}, "manifest")
        self.assertEqual((found.rows, found.tables["public.a"].checksum), (2, "123"))
        for wrong in ([2], ["2", "1"], [2, 1], None):
            with self.subTest(wrong=wrong), self.assertRaisesRegex(Refused, "manifest.tables.a"):
                DatabaseManifest.from_json({"tables": {"a": wrong}, **about}, "manifest")


if __name__ == "__main__":
    unittest.main()
