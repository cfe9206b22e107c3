"""Quoting: what is quoted is one name or one constant, whatever it holds."""

import unittest

from phiward_host.databases.sql import identifier, literal


class Quoting(unittest.TestCase):
    def test_a_name_keeps_its_quotes_inside(self) -> None:
        for name, quoted in (
            ("notes-api", '"notes-api"'),
            ('a"b', '"a""b"'),
            ('"; DROP ROLE x; --', '"""; DROP ROLE x; --"'),
        ):
            self.assertEqual(identifier(name), quoted)

    def test_a_constant_keeps_its_quotes_inside(self) -> None:
        for text, quoted in (
            ("notes-api", "'notes-api'"),
            ("a'b", "'a''b'"),
            ("'; DROP ROLE x; --", "'''; DROP ROLE x; --'"),
        ):
            self.assertEqual(literal(text), quoted)
