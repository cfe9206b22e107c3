"""The queries of a manifest: no code of the application's, no order of columns, any name."""

import unittest
from dataclasses import replace

from phiward_host.backup.contents import ABOUT, READABLE, ROWS, TABLES, ListedTable, rows_query
from tests.backup.fake_database import LISTED

TABLE = ListedTable.from_json(LISTED, "table")


class ContentsTest(unittest.TestCase):
    def test_a_checksum_calls_no_cast_and_no_operator(self) -> None:
        query = rows_query(TABLE, "name")
        self.assertIn('pg_catalog.textin(pg_catalog.record_out(ROW("phiward row"."id"))) COLLATE "C"', query)
        self.assertNotIn('"phiward row"::', query)

    def test_a_checksum_is_by_the_names_of_columns_and_leaves_out_what_is_computed(self) -> None:
        table = replace(TABLE, columns=["b", "c", "a"], generated=["c"])
        self.assertIn('ROW("phiward row"."a", "phiward row"."b")', rows_query(table, "name"))
        self.assertEqual(rows_query(table, "name"), rows_query(replace(table, columns=["a", "c", "b"]), "name"))

    def test_a_manifest_of_an_earlier_version_is_compared_by_the_order_in_the_table(self) -> None:
        table = replace(TABLE, columns=["b", "a"])
        self.assertIn('ROW("phiward row"."b", "phiward row"."a")', rows_query(table, "position"))

    def test_a_name_may_hold_anything(self) -> None:
        query = rows_query(replace(TABLE, table='a "b"\n; DROP', columns=["{x}\n"]), "name")
        self.assertIn('FROM ONLY "public"."a ""b""\n; DROP" AS', query)
        self.assertIn('"phiward row"."{x}\n"', query)

    def test_each_function_is_the_systems_own(self) -> None:
        for query in (READABLE, TABLES, ROWS, ABOUT):
            self.assertNotRegex(query, r"(?<![.\w])(?!ROW|ARRAY|NOT|IN|EXISTS|AND|OR|coalesce)[A-Za-z_]\w*\(")
