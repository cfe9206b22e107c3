"""Judging answers."""

import unittest

from phiward_host.agent.expectation import Expectation, expectation, judge, seen
from phiward_host.common.errors import Refused


def expect(**parts: object) -> Expectation:
    return expectation(parts, "expect")


class Judging(unittest.TestCase):
    def test_each_expectation_can_hold_and_can_fail(self) -> None:
        rows = [
            (expect(kind="exit", code=0), (0, "x"), (1, "x")),
            (expect(kind="exit", code=3), (3, ""), (0, "")),
            (expect(kind="equals", text="a\nb"), (0, "a\nb\n"), (0, "a\nbc")),
            (expect(kind="equals", text=""), (0, "\n"), (1, "")),
            (expect(kind="oneOf", texts=["a", "b"]), (0, "b\n"), (0, "a b")),
            (expect(kind="lines", lines=["Port 22"]), (0, "x\nport 22\ny"), (0, "port 222")),
            (expect(kind="set", lines=["b", "a"]), (0, "a\nb\n"), (0, "a\nb\nc")),
            (expect(kind="assigned", lines=["a=1"]), (0, "a=2\n# a=3\na = 1\nb=2"), (0, "a=1\na=2")),
            (expect(kind="assigned", lines=["a.b=1"]), (0, "-a/b = 1"), (0, "# a.b=1")),
            (expect(kind="matches", pattern="^a.c$"), (0, "x\nabc"), (0, "xabc")),
            (expect(kind="lacks", pattern="bad"), (0, "a good line"), (0, "a bad line")),
            (expect(kind="lacks", pattern="bad"), (0, ""), (1, "")),
            (expect(kind="nothingFound"), (1, ""), (1, "/etc/x: found")),
        ]
        for wanted, good, bad in rows:
            with self.subTest(expect=wanted):
                self.assertTrue(judge(wanted, *good))
                self.assertFalse(judge(wanted, *bad))

    def test_a_question_that_could_not_be_asked_never_passes(self) -> None:
        for wanted in [
            expect(kind="lacks", pattern="x"),
            expect(kind="equals", text=""),
            expect(kind="matches", pattern=""),
            expect(kind="lines", lines=[]),
            expect(kind="assigned", lines=[]),
            expect(kind="oneOf", texts=[""]),
            expect(kind="set", lines=[]),
            expect(kind="nothingFound"),
            expect(kind="refused", code=1, pattern="refused the name"),
        ]:
            for code in (2, 124, 127, 255):
                self.assertFalse(judge(wanted, code, ""), (wanted, code))

    def test_what_a_program_prints_that_failed_never_passes(self) -> None:
        # A stopped container, a dead engine, a missing chain, a missing file, broken settings.
        complaints = [
            "Error response from daemon: container 1f is not running",
            "Cannot connect to the Docker daemon. Is the docker daemon running?",
            "iptables: No chain/target/match by that name.",
            "cat: /etc/ssh/authorized_keys.d/x: No such file or directory",
            "nginx: [emerg] unknown directive in /etc/nginx/nginx.conf:1",
        ]
        for wanted in [
            expect(kind="exit", code=0),
            expect(kind="lacks", pattern="secret"),
            expect(kind="equals", text=""),
            expect(kind="matches", pattern=""),
            expect(kind="set", lines=[]),
            expect(kind="nothingFound"),
            expect(kind="refused", code=1, pattern="alert"),
        ]:
            for err in complaints:
                self.assertFalse(judge(wanted, 1, "", err), (wanted, err))

    def test_a_search_that_complains_has_not_found_nothing(self) -> None:
        self.assertFalse(judge(expect(kind="nothingFound"), 1, "", "grep: out of memory"))

    def test_a_refusal_is_told_on_standard_error_by_the_words_that_are_asked_for(self) -> None:
        wanted = expect(kind="refused", code=1, pattern="^alert")
        self.assertTrue(judge(wanted, 1, "x", "y\nalert 70"))
        self.assertFalse(judge(wanted, 1, "", "connection refused"))
        self.assertFalse(judge(wanted, 1, "alert 70", ""))
        self.assertFalse(judge(expect(kind="refused", code=0, pattern="alert"), 0, "", "alert"))

    def test_an_unknown_expectation_is_refused(self) -> None:
        with self.assertRaisesRegex(Refused, "expectation hopes is unknown to this agent"):
            expect(kind="hopes")


class Seeing(unittest.TestCase):
    def test_of_missing_lines_those_are_shown_that_begin_with_the_same_word(self) -> None:
        wanted = expect(kind="lines", lines=["Port 22", "PermitRootLogin no"])
        self.assertEqual(seen(wanted, "port 22\npermitrootlogin yes\nother\n", ""), "permitrootlogin yes")
        self.assertEqual(seen(wanted, "other\n", ""), "other")

    def test_of_lines_that_must_be_absent_the_offending_ones_are_shown(self) -> None:
        self.assertEqual(seen(expect(kind="lacks", pattern="bad"), "good\nbad 1\nbad 2\n", ""), "bad 1\nbad 2")

    def test_the_file_in_which_it_stands_is_named_where_the_command_says_it(self) -> None:
        out = (
            "# /etc/systemd/journald.conf\n[Journal]\n#Storage=auto\n\n"
            "# /etc/systemd/journald.conf.d/99-image.conf\nStorage=volatile\n"
        )
        wanted = expect(kind="assigned", lines=["Storage=persistent", "Seal=yes"])
        named = "Storage=volatile (in /etc/systemd/journald.conf.d/99-image.conf)"
        self.assertEqual(seen(wanted, out, ""), f"{named}\nSeal=(nothing)")
        self.assertEqual(seen(expect(kind="lacks", pattern="volatile"), out, ""), named)
        served = "# configuration file /etc/nginx/nginx.conf:\nserver_tokens on;\n"
        shown = "server_tokens on; (in /etc/nginx/nginx.conf)"
        self.assertEqual(seen(expect(kind="lacks", pattern="server_tokens on"), served, ""), shown)

    def test_without_output_the_complaint_is_shown_and_no_more_than_500_characters(self) -> None:
        self.assertEqual(seen(expect(kind="equals", text="x"), "\n", "no such file\n"), "no such file")
        self.assertEqual(len(seen(expect(kind="equals", text="x"), "y" * 600, "")), 500)
