"""Text of others, shown to a person."""

import contextlib
import io
import random
import sys
import unittest

from phiward_host.common import cli
from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog
from phiward_host.common.text import one_line


class Shown(unittest.TestCase):
    def test_what_a_terminal_acts_on_is_escaped_and_nothing_else(self) -> None:
        self.assertEqual(one_line("/srv/Größe 日本 (x)"), "/srv/Größe 日本 (x)")
        self.assertEqual(one_line("\x1b[2J\n\x07\x9b\u202e\u2028\udc80"), r"\x1b[2J\n\x07\x9b\u202e\u2028\udc80")

    def test_whatever_comes_it_is_one_printable_line(self) -> None:
        source = random.Random(1)
        for _ in range(500):
            text = "".join(
                chr(source.choice((source.randrange(256), source.randrange(sys.maxunicode)))) for _ in range(20)
            )
            self.assertTrue(one_line(text).isprintable())

    def test_a_complaint_is_one_line(self) -> None:
        def work() -> int:
            raise Failed("a\x1b[2Jb\nphiward: all is well")

        with contextlib.redirect_stderr(io.StringIO()) as err:
            cli.main("the test", RootLog("x"), work)
        self.assertEqual(err.getvalue(), "phiward: a\\x1b[2Jb\\nphiward: all is well\n")
