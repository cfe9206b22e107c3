"""Accounts in Redis: the text of the access control list, and what is concluded from answers."""

import hashlib
import os
from unittest import mock

from phiward_host.common.errors import Failed
from phiward_host.databases.engine import User
from phiward_host.databases.redis import RedisAccounts
from tests.fake_docker import DockerTest

BASE = ["user default off resetpass", "user health on nopass +ping", "user phiward on nopass +acl|load"]
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
        self.answer("ACL LOAD", "OK\n")
        self.user = User("api", "api_e3", self.path("api", "first\n"))
        self.accounts = self.of(self.user)
        self.line = f"user api_e3 on resetpass #{hashed('first')} resetkeys resetchannels ~* &* {RIGHTS}"

    def of(self, *users: User) -> RedisAccounts:
        return RedisAccounts("cache", users, self.acl, 999, BASE)

    def lines(self) -> list[str]:
        with open(self.acl, encoding="ascii") as file:
            return file.read().splitlines()

    def write(self, *lines: str) -> None:
        self.path("users.acl", "".join(f"{line}\n" for line in lines))


class Writing(RedisTest):
    def test_one_service_has_all_keys(self) -> None:
        self.accounts.add()
        self.assertEqual(self.lines(), [*BASE, self.line])
        self.assertEqual(os.stat(self.acl).st_mode & 0o7777, 0o440)
        self.assertEqual(self.fchown.call_args.args[1:], (0, 999))

    def test_services_that_share_a_server_have_keys_by_prefix(self) -> None:
        self.of(self.user, User("jobs", "jobs_e1", self.path("jobs", "second\n"))).add()
        self.assertEqual(
            self.lines()[3:],
            [
                f"user api_e3 on resetpass #{hashed('first')} resetkeys resetchannels ~api:* &api:* {RIGHTS}",
                f"user jobs_e1 on resetpass #{hashed('second')} resetkeys resetchannels ~jobs:* &jobs:* {RIGHTS}",
            ],
        )

    def test_adding_keeps_others_and_retiring_removes_them(self) -> None:
        self.write("# a comment", "user api_e2 on +get", "user default on")
        self.accounts.add()
        self.assertEqual(self.lines(), [*BASE, self.line, "user api_e2 on +get"])
        self.accounts.retire()
        self.assertEqual(self.lines(), [*BASE, self.line])

    def test_the_server_loads_it_by_the_account_that_may(self) -> None:
        self.accounts.add()
        (call,) = self.calls()
        self.assertEqual(
            " ".join(call.argv),
            "exec --interactive cache redis-cli --no-auth-warning --user phiward --pass none",
        )
        self.assertEqual(call.stdin, "ACL LOAD\n")

    def test_a_file_that_the_server_rejects_is_a_failure(self) -> None:
        self.answer("ACL LOAD", "ERR line 4: unknown command\n")
        with self.assertRaisesRegex(Failed, "^cache: ACL LOAD: ERR line 4: unknown command$"):
            self.accounts.add()


class Comparing(RedisTest):
    def known(self, *names: str) -> None:
        self.answer("ACL USERS", "".join(f"{name}\n" for name in names))

    def test_added_means_in_the_file_in_the_server_and_by_its_password(self) -> None:
        self.write(*BASE, self.line, "user api_e2 on +get")
        self.known("default", "health", "phiward", "api_e3", "api_e2")
        self.answer("AUTH api_e3", "OK\n")
        self.assertTrue(self.accounts.is_added())
        calls = self.calls()
        self.assertEqual(calls[-1].stdin, "AUTH api_e3 first\n")
        self.assertNotIn("first", " ".join(calls[-1].argv))
        self.answer("AUTH api_e3", "WRONGPASS invalid\n")
        self.assertFalse(self.accounts.is_added())
        self.known("default", "health", "phiward")
        self.assertFalse(self.accounts.is_added())

    def test_a_missing_file_or_line_is_not_added(self) -> None:
        self.assertFalse(self.accounts.is_added())
        self.write(*BASE)
        self.assertFalse(self.accounts.is_added())

    def test_retired_means_no_others_in_the_file_or_the_server(self) -> None:
        self.write(self.line, *BASE)
        self.known("default", "health", "phiward", "api_e3")
        self.assertTrue(self.accounts.is_retired())
        self.known("default", "health", "phiward", "api_e3", "api_e2")
        self.assertFalse(self.accounts.is_retired())
        self.known("default", "health", "phiward", "api_e3")
        self.write(self.line, *BASE, "user api_e2 on +get")
        self.assertFalse(self.accounts.is_retired())
