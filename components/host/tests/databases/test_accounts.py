"""The accounts program: its words, its settings, its exit codes."""

import contextlib
import io
import json
from unittest import mock

from phiward_host.common import paths
from phiward_host.databases import accounts, metrics_login
from phiward_host.databases.scram import verifier
from tests.fake_docker import DockerTest

LIMITS = "limits|api_e1|80|lock_timeout=60s\n"


class AccountsTest(DockerTest):
    def setUp(self) -> None:
        super().setUp()
        patch = mock.patch.object(paths, "BASE", self.home)
        patch.start()
        self.addCleanup(patch.stop)

    def settings(self, *kinds: str) -> str:
        user = {"service": "api", "login": "api_e1", "secret": self.path("secret", "correct horse\n")}
        host = self.path("host", "of the host\n")
        files = {"acl": self.path("users.acl"), "secret": host, "metrics": host}
        redis = {**files, "group": 999, "base": ["user default off"]}
        databases = [{"kind": kind, "container": kind, "users": [user], **redis} for kind in kinds]
        return self.path("accounts.json", json.dumps(databases))

    def run_program(self, *words: str) -> tuple[int, str]:
        error = io.StringIO()
        with contextlib.redirect_stderr(error):
            code = accounts.main(words)
        return code, error.getvalue()

    def test_each_engine_of_the_table_is_asked(self) -> None:
        logins = f"api_e1|{verifier('correct horse', b'salt')}\nphiward_api|\n"
        self.answer("pg_authid", f"api|\n{logins}")
        self.answer("WHERE rolcanlogin", logins)
        self.answer("datname", "api\n")
        self.answer("pg_file_settings", f"log_connections=on\nlog_min_messages=log\n{metrics_login.DECLARED}\n{LIMITS}")
        self.assertEqual(self.run_program("check-added", self.settings("postgres")), (0, ""))
        self.assertEqual(self.run_program("check-retired", self.settings("postgres")), (0, ""))
        # The Redis has no file yet.
        self.assertEqual(self.run_program("check-added", self.settings("redis", "postgres")), (1, ""))
        self.assertEqual(self.calls()[-1].argv[2], "postgres")

    def test_an_engine_that_is_not_in_the_table_is_refused_before_anything_is_done(self) -> None:
        self.assertEqual(
            self.run_program("add", self.settings("postgres", "unheard-of")),
            (1, f"phiward: databases.1.kind: found unheard-of, allowed: {', '.join(accounts.ENGINES)}\n"),
        )
        self.assertEqual(self.calls(), [])

    def test_other_words_are_refused(self) -> None:
        usage = "accounts add|retire|check-added|check-retired SETTINGS.json"
        self.assertEqual(self.run_program("remove", "x"), (1, f"phiward: found 'remove', allowed: {usage}\n"))
        self.assertEqual(self.run_program("add"), (1, f"phiward: found 0 words after add, allowed: {usage}\n"))

    def test_a_failure_is_one_sentence(self) -> None:
        self.answer("pg_authid", code=1, err="Error response from daemon: No such container: postgres\n")
        self.assertEqual(
            self.run_program("add", self.settings("postgres")),
            (
                1,
                "phiward: postgres: psql exited with status 1: "
                "Error response from daemon: No such container: postgres\n",
            ),
        )

    def test_a_file_that_cannot_be_read_is_one_sentence(self) -> None:
        path = self.path(
            "accounts.json",
            json.dumps(
                [
                    {
                        "kind": "postgres",
                        "container": "db",
                        "users": [{"service": "api", "login": "api_e1", "secret": f"{self.home}/none"}],
                    }
                ]
            ),
        )
        self.assertEqual(self.run_program("add", path), (1, f"phiward: {self.home}/none: No such file or directory\n"))
