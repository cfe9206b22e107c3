"""The host's own session in Redis."""

import contextlib
import io
import unittest

from phiward_host.databases import redis_session
from phiward_host.databases.redis_session import NotAccepted, RedisSession
from tests.fake_docker import DockerTest


class SessionTest(DockerTest):
    def setUp(self) -> None:
        super().setUp()
        self.secret = self.path("secret", "correct-horse\n")

    def run_program(self, *words: str) -> tuple[int, str, str]:
        out, error = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            code = redis_session.main(words)
        return code, out.getvalue(), error.getvalue()

    def test_the_password_goes_by_standard_input_alone(self) -> None:
        self.answer("CONFIG GET", "OK\nappendonly\nyes\n")
        self.assertEqual(
            self.run_program("ask", "cache", self.secret, "CONFIG", "GET", "appendonly"), (0, "appendonly\nyes\n", "")
        )
        (call,) = self.calls()
        self.assertEqual(call.stdin, "AUTH phiward correct-horse\nCONFIG GET appendonly\n")
        self.assertNotIn("correct-horse", " ".join(call.argv))

    def test_several_commands_go_in_one_session(self) -> None:
        self.answer("ACL DRYRUN", "OK\nno to flushall\nno to config|get\n")
        words = ("ACL", "DRYRUN", "u", "flushall", ",", "ACL", "DRYRUN", "u", "config", "get", "*")
        answer = RedisSession("cache", self.secret).ask(*words)
        self.assertEqual(answer, ["no to flushall", "no to config|get"])
        (call,) = self.calls()
        self.assertEqual(call.stdin, "AUTH phiward correct-horse\nACL DRYRUN u flushall\nACL DRYRUN u config get *\n")

    def test_settings_are_told_with_their_names(self) -> None:
        self.answer("CONFIG GET", "OK\nappendonly\nyes\nmaxmemory\n8\n")
        self.assertEqual(
            self.run_program("settings", "cache", self.secret, "appendonly", "maxmemory"),
            (0, "appendonly yes\nmaxmemory 8\n", ""),
        )

    def test_a_command_of_no_words_is_refused(self) -> None:
        for words in ((",",), ("PING", ","), ("PING", ",", ",", "PING")):
            self.assertEqual(self.run_program("ask", "cache", self.secret, *words)[0], 1)
        self.assertEqual(self.calls(), [])

    def test_a_server_that_does_not_know_us_answers_nothing(self) -> None:
        self.answer("AUTH", "WRONGPASS invalid username-password pair\nNOAUTH Authentication required.\n")
        with self.assertRaises(NotAccepted):
            RedisSession("cache", self.secret).ask("ACL", "USERS")
        code, out, error = self.run_program("ask", "cache", self.secret, "ACL", "USERS")
        self.assertEqual((code, out), (1, ""))
        self.assertNotIn("correct-horse", error)

    def test_words_that_would_be_several_are_refused(self) -> None:
        for word in ("a b", "a\nFLUSHALL", 'a"', "a'", "a\\", "", "\x1b"):
            with self.subTest(word=word):
                self.assertEqual(self.run_program("ask", "cache", self.secret, "GET", word)[0], 1)
        self.assertEqual(self.calls(), [])

    def test_other_words_are_refused(self) -> None:
        for words in ([], ["ask"], ["ask", "cache", self.secret], ["tell", "cache", self.secret, "PING"]):
            self.assertEqual(self.run_program(*words)[0], 1)

    def test_a_missing_secret_is_one_sentence(self) -> None:
        code, _, error = self.run_program("ask", "cache", self.path("none"), "PING")
        self.assertEqual((code, error), (1, f"phiward: {self.path('none')}: No such file or directory\n"))


if __name__ == "__main__":
    unittest.main()
