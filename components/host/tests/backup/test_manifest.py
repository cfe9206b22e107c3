"""What a restored database is compared with."""

import json
import unittest

from phiward_host.backup.manifest import DatabaseManifest, Manifest, Sealed, differences
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
        whole = Manifest(
            "run",
            "2026-01-01T00:00:00Z",
            "web",
            databases,
            {"v": "/v"},
            ("/srv",),
            ("/s",),
            {"files": "0" * 64},
            ("/srv",),
        )
        self.assertEqual(Manifest.from_json(json.loads(json.dumps(whole.to_json())), "manifest"), whole)

    def test_reads_the_form_that_earlier_backups_hold(self) -> None:
        about = {"largeObjects": 0, "bytes": 7, "version": "17", "encoding": "UTF8", "collate": "C", "ctype": "C"}
        found = DatabaseManifest.from_json({"tables": {"public.a": [2, "123"]}, **about}, "manifest")
        self.assertEqual((found.rows, found.tables["public.a"].checksum), (2, "123"))
        for wrong in ([2], ["2", "1"], [2, 1], None):
            with self.subTest(wrong=wrong), self.assertRaisesRegex(Refused, "manifest.tables.a"):
                DatabaseManifest.from_json({"tables": {"a": wrong}, **about}, "manifest")

    def test_bounds_every_value_since_somebody_else_may_have_written_it(self) -> None:
        about = {"largeObjects": 0, "bytes": 7, "version": "17.6 (Debian 17.6-1)", "encoding": "UTF8", "collate": "C"}
        good: dict[str, object] = {"tables": {"public.a": [2, "123"]}, **about, "ctype": "de_DE.UTF-8@euro"}
        DatabaseManifest.from_json(good, "manifest")
        for name, value in (
            ("ctype", "C.UTF-8'; \\\\! id"),
            ("collate", "C\n\\\\! id"),
            ("encoding", "UTF8' LC_CTYPE"),
            ("version", "17\x1b[2J"),
            ("bytes", -1),
            ("largeObjects", 1 << 63),
            ("tables", {"public.a": [1, "1); DROP TABLE a"]}),
            ("tables", {"a" * 601: [1, "1"]}),
        ):
            with self.subTest(name=name), self.assertRaisesRegex(Refused, f"^manifest.{name}"):
                DatabaseManifest.from_json({**good, name: value}, "manifest")
        whole: dict[str, object] = {"run": "r", "at": "2026-01-01T00:00:00Z", "host": "web", "databases": {}}
        whole |= {"volumes": {}, "paths": ["/srv"], "secrets": [], "trees": {"files": "0" * 64}, "saved": ["/srv"]}
        Manifest.from_json(whole, "manifest")
        for name, other in (
            ("run", "../../etc"),
            ("at", "0000-13-01"),
            ("host", "web; id"),
            ("volumes", {"v": "relative"}),
            ("paths", ["etc/sudoers"]),
            ("trees", {"files": "latest"}),
            ("saved", ["-o"]),
        ):
            with self.subTest(name=name), self.assertRaisesRegex(Refused, f"^manifest.{name}"):
                Manifest.from_json({**whole, name: other}, "manifest")

    def test_a_text_that_is_none_is_refused_by_its_place(self) -> None:
        for text in ("", "[" * 100_000, '{"run": 1}'):
            with self.assertRaisesRegex(Refused, "^the manifest"):
                Sealed(text, None).opened("the manifest")


if __name__ == "__main__":
    unittest.main()
