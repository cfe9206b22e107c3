"""What is gone since the last backup, and what no dump has."""

import unittest
from dataclasses import replace

from phiward_host.backup.attributes import Attributes
from phiward_host.backup.losses import losses
from phiward_host.backup.manifest import DatabaseManifest
from tests.backup.examples import manifest

RESTORE = ". If nobody meant that, restore it: npx phiward restore"


def found(before: DatabaseManifest, now: DatabaseManifest) -> list[str]:
    return losses({"db/api": before}, {"db/api": now})


class LossesTest(unittest.TestCase):
    def test_a_table_with_rows_that_is_gone(self) -> None:
        self.assertEqual(
            found(manifest(notes=(3, "1"), empty=(0, "0")), manifest()),
            [f"db/api: table notes with 3 rows is gone since the last backup{RESTORE}"],
        )

    def test_a_table_of_which_most_rows_are_gone(self) -> None:
        self.assertEqual(
            found(manifest(notes=(100, "1")), manifest(notes=(49, "2"))),
            [f"db/api: table notes has 49 rows, 100 in the last backup: most are gone{RESTORE}"],
        )

    def test_nothing_where_half_is_left_or_there_were_few_or_the_database_is_new(self) -> None:
        self.assertEqual(found(manifest(notes=(100, "1")), manifest(notes=(50, "2"), more=(1, "1"))), [])
        self.assertEqual(found(manifest(queue=(4, "1")), manifest(queue=(0, "0"))), [])
        self.assertEqual(losses({}, {"db/api": manifest(notes=(0, "0"))}), [])

    def test_a_table_that_no_dump_has_each_time_until_it_is_mended(self) -> None:
        now = replace(manifest(notes=(3, "1")), attributes=Attributes(not_dumped=("table public.notes (pgcrypto)",)))
        self.assertEqual(
            found(now, now),
            [
                "db/api: table public.notes (pgcrypto) is in no dump, since it is a member of that extension; "
                "take it out: ALTER EXTENSION ... DROP ..."
            ],
        )

    def test_a_name_is_one_line_of_what_can_be_printed(self) -> None:
        (sentence,) = found(manifest(0, **{"a\n\x1b[2Jb": (9, "1")}), manifest())
        self.assertIn("table a??[2Jb with", sentence)
