"""What a restored database gets beside its data, by its owner's rights alone."""

import unittest

from phiward_host.backup.apply_attributes import RIGHTS, grant_statements, setting_statement
from phiward_host.backup.attributes import Attributes, Grant
from phiward_host.backup.databases import LOCALE_WORD
from phiward_host.common.errors import Refused


class AttributesTest(unittest.TestCase):
    def test_settings_are_set_as_they_were(self) -> None:
        self.assertEqual(
            setting_statement("statement_timeout", "1s", "api_restored"),
            'ALTER DATABASE "api_restored" SET "statement_timeout" TO \'1s\';',
        )
        self.assertEqual(
            setting_statement("app.tenant", "a'b", "api"), 'ALTER DATABASE "api" SET "app"."tenant" TO \'a\'\'b\';'
        )

    def test_a_list_of_names_stays_a_list(self) -> None:
        self.assertEqual(
            setting_statement("search_path", '"$user", public', "api"),
            "SELECT pg_catalog.set_config('search_path', '\"$user\", public', true);\n"
            'ALTER DATABASE "api" SET "search_path" FROM CURRENT;',
        )

    def test_rights_on_the_database_are_given_and_words_that_are_none_are_left_out(self) -> None:
        grants = [
            Grant('report"s', "CONNECT", True),
            Grant("", "TEMPORARY", False),
            Grant("x", "ALL; DROP ROLE api", False),
        ]
        self.assertEqual(
            grant_statements(grants, "api"),
            [
                'GRANT CONNECT ON DATABASE "api" TO "report""s" WITH GRANT OPTION;',
                'GRANT TEMPORARY ON DATABASE "api" TO PUBLIC;',
            ],
        )

    def test_rights_in_a_dump_are_found_in_its_list(self) -> None:
        listed = (
            "3530; 0 0 ACL - SCHEMA closed api",
            "2114; 826 17237 DEFAULT ACL - DEFAULT PRIVILEGES FOR TABLES api",
        )
        for line in listed:
            self.assertIsNotNone(RIGHTS.match(line))
        self.assertIsNone(RIGHTS.match("215; 1259 16387 TABLE public ACL api"))

    def test_are_the_same_after_they_were_written_and_read(self) -> None:
        attributes = Attributes("name", ("a=b",), (Grant("r", "CONNECT", False),), ("public.a (e)",))
        self.assertEqual(Attributes.from_json(attributes.to_json(), "x"), attributes)
        with self.assertRaisesRegex(Refused, r"^x\.columnOrder: found str, allowed: name or position"):
            Attributes.from_json({**attributes.to_json(), "columnOrder": "other"}, "x")

    def test_the_name_of_a_locale_is_a_word(self) -> None:
        for word in ("C.UTF-8", "en_US.utf8", "de_DE@euro", "UTF8"):
            self.assertIsNotNone(LOCALE_WORD.fullmatch(word))
        for word in ("C.UTF-8'; \\! id", "", "a b", "C\n"):
            self.assertIsNone(LOCALE_WORD.fullmatch(word))
