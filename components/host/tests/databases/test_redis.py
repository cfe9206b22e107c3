"""Accounts in Redis: the text of the access control list, and what is concluded from answers."""

import dataclasses
import hashlib
import os
from unittest import mock

from phiward_host.common.errors import Failed, Refused
from phiward_host.databases.engine import User
from phiward_host.databases.redis import RedisAccounts
from tests.fake_docker import DockerTest

BASE = ["user default off resetpass"]
HOST_RIGHTS = "-@all +acl|load +acl|users +acl|list +acl|dryrun +config|get +config|set"
RIGHTS = "-@all +@all -@admin -@dangerous +info"


def hashed(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


class RedisTest(DockerTest):
    def setUp(self) -> None:
        super().setUp()
        self.acl = self.path("users.acl")
        # Only root may give a file away.
        patch = mock.patch.object(os, "fchown")
        self.fchown = patch.start()
        self.addCleanup(patch.stop)
        self.secret = self.path("host", "of-the-host\n")
        self.host = f"user phiward on resetpass #{hashed('of-the-host')} resetkeys resetchannels {HOST_RIGHTS}"
        self.metrics = self.path("metrics", "of-metrics\n")
        of = f"#{hashed('of-metrics')} resetkeys resetchannels -@all +info +ping"
        self.measures = f"user phiward_host_metrics on resetpass {of}"
        self.answer("ACL LOAD", "OK\nOK\n")
        self.user = User("api", "api_e3", self.path("api", "first\n"))
        self.accounts = self.of(self.user)
        self.line = f"user api_e3 on resetpass #{hashed('first')} resetkeys resetchannels ~* &* {RIGHTS}"

    def of(self, *users: User) -> RedisAccounts:
        return RedisAccounts("cache", users, self.acl, self.secret, self.metrics, 20_001, BASE)

    def lines(self) -> list[str]:
        with open(self.acl, encoding="ascii") as file:
            return file.read().splitlines()

    def write(self, *lines: str) -> None:
        self.path("users.acl", "".join(f"{line}\n" for line in lines))


class Writing(RedisTest):
    def test_one_service_has_all_keys(self) -> None:
        self.accounts.add()
        self.assertEqual(self.lines(), [*BASE, self.host, self.measures, self.line])
        self.assertEqual(os.stat(self.acl).st_mode & 0o7777, 0o440)
        self.assertEqual(self.fchown.call_args.args[1:], (0, 20_001))

    def test_every_user_has_a_password_or_is_off(self) -> None:
        self.accounts.add()
        for line in self.lines():
            self.assertRegex(line, "^user [a-z_0-9]+ (off |on resetpass #[0-9a-f]{64} )")
            self.assertNotIn("nopass", line)

    def test_a_server_is_one_services_own(self) -> None:
        user = {"service": "api", "login": "api_e1", "secret": self.secret}
        settings = {
            "container": "cache",
            "users": [user, user],
            "acl": self.acl,
            "secret": self.secret,
            "metrics": self.metrics,
            "group": 1,
            "base": BASE,
        }
        with self.assertRaisesRegex(Refused, r"^databases\.0\.users: found 2, allowed: one"):
            RedisAccounts.from_json(settings, "databases.0")

    def test_a_profile_adds_its_commands_and_no_others(self) -> None:
        cache, queue = "+keys +sort +sort_ro +flushdb +config|get", "+keys +sort +sort_ro +client|list"
        for profile, more in (("cache", cache), ("queue", queue)):
            dataclasses.replace(self.accounts, profile=profile).add()
            self.assertEqual(self.lines()[-1], f"{self.line} {more}")

    def test_adding_keeps_others_and_retiring_removes_them(self) -> None:
        self.write("# a comment", "user api_e2 on +get", "user default on")
        self.accounts.add()
        self.assertEqual(self.lines(), [*BASE, self.host, self.measures, self.line, "user api_e2 on +get"])
        self.accounts.retire()
        self.assertEqual(self.lines(), [*BASE, self.host, self.measures, self.line])

    def test_the_server_loads_it_by_the_account_that_may(self) -> None:
        self.accounts.add()
        (call,) = self.calls()
        self.assertEqual(
            " ".join(call.argv),
            "exec --interactive cache redis-cli -p 6380 --tls "
            "--cacert /etc/phiward/tls/authority.pem --no-auth-warning",
        )
        self.assertEqual(call.stdin, "AUTH phiward of-the-host\nACL LOAD\n")

    def test_a_server_that_was_never_told_of_the_host_is_started_again(self) -> None:
        self.answer("ACL LOAD", "WRONGPASS invalid\nNOAUTH required\n")
        self.answer("ACL USERS", "OK\ndefault\nphiward\nphiward_host_metrics\n")
        self.accounts.add()
        self.assertEqual(
            [" ".join(call.argv[:3]) for call in self.calls()],
            ["exec --interactive cache", "restart --time=60 cache", "exec --interactive cache"],
        )

    def test_a_file_that_the_server_rejects_is_a_failure(self) -> None:
        self.answer("ACL LOAD", "OK\nERR line 4: unknown command\n")
        with self.assertRaisesRegex(Failed, "^cache: ACL LOAD: ERR line 4: unknown command$"):
            self.accounts.add()


class Comparing(RedisTest):
    def known(self, *names: str) -> None:
        self.answer("ACL USERS", "OK\n" + "".join(f"{name}\n" for name in names))

    def may(self, *answers: str) -> None:
        """What the server says of KEYS, SORT, SORT_RO, FLUSHDB, CONFIG GET, CLIENT LIST, FLUSHALL and ACL SETUSER."""
        self.answer("ACL DRYRUN", "OK\n" + "".join(f"{answer}\n" for answer in answers))

    def test_added_means_in_the_file_in_the_server_and_by_its_password(self) -> None:
        self.write(*BASE, self.host, self.measures, self.line, "user api_e2 on +get")
        self.known("default", "phiward", "phiward_host_metrics", "api_e3", "api_e2")
        self.may(*["User api_e3 has no permissions"] * 8)
        self.answer("AUTH api_e3", "OK\n")
        self.assertTrue(self.accounts.is_added())
        calls = self.calls()
        self.assertEqual(calls[-1].stdin, "AUTH api_e3 first\n")
        self.assertNotIn("first", " ".join(calls[-1].argv))
        self.answer("AUTH api_e3", "WRONGPASS invalid\n")
        self.assertFalse(self.accounts.is_added())
        self.known("default", "phiward")
        self.assertFalse(self.accounts.is_added())

    def test_rights_of_another_profile_that_the_server_still_has_are_not_added(self) -> None:
        cache = dataclasses.replace(self.accounts, profile="cache")
        line = f"{self.line} +keys +sort +sort_ro +flushdb +config|get"
        self.known("default", "phiward", "phiward_host_metrics", "api_e3")
        self.answer("AUTH api_e3", "OK\n")
        no = "User api_e3 has no permissions to run the command"
        for accounts, written, answers, added in (
            (cache, line, ["OK"] * 5 + [no] * 3, True),
            (cache, self.line, ["OK"] * 5 + [no] * 3, False),
            (cache, line, [no] * 8, False),
            (cache, line, ["OK"] * 6 + [no] * 2, False),
            (cache, line, ["OK"] * 5 + [no] + ["OK", no], False),
            (cache, line, [], False),
            (self.accounts, self.line, ["OK"] * 5 + [no] * 3, False),
        ):
            host = f"{self.host} +flushall" if accounts.profile == "cache" else self.host
            self.write(*BASE, host, self.measures, written)
            self.may(*answers)
            with self.subTest(profile=accounts.profile, answers=answers):
                self.assertEqual(accounts.is_added(), added)

    def test_a_profile_is_one_of_those_that_there_are(self) -> None:
        settings: dict[str, object] = {
            "container": "cache",
            "users": [],
            "acl": self.acl,
            "secret": self.secret,
            "metrics": self.metrics,
            "group": 1,
            "base": BASE,
            "profile": "queue",
        }
        self.assertEqual(RedisAccounts.from_json(settings, "databases.0").profile, "queue")
        with self.assertRaisesRegex(
            Refused, r"^databases\.0\.profile: found another, allowed: sessions, cache, queue$"
        ):
            RedisAccounts.from_json({**settings, "profile": "all"}, "databases.0")

    def test_a_missing_file_or_line_is_not_added(self) -> None:
        self.assertFalse(self.accounts.is_added())
        self.write(*BASE)
        self.assertFalse(self.accounts.is_added())

    def test_retired_means_no_others_in_the_file_or_the_server(self) -> None:
        self.write(self.host, self.measures, self.line, *BASE)
        self.known("default", "phiward", "phiward_host_metrics", "api_e3")
        self.assertTrue(self.accounts.is_retired())
        self.known("default", "phiward", "phiward_host_metrics", "api_e3", "api_e2")
        self.assertFalse(self.accounts.is_retired())
        self.known("default", "phiward", "phiward_host_metrics", "api_e3")
        self.write(self.host, self.measures, self.line, *BASE, "user api_e2 on +get")
        self.assertFalse(self.accounts.is_retired())
