"""Accounts in PostgreSQL: the SQL that is sent, and what is concluded from answers."""

import re

from phiward_host.common.errors import Failed
from phiward_host.databases.engine import User
from phiward_host.databases.postgres import PostgresAccounts
from phiward_host.databases.scram import verifier
from tests.fake_docker import DockerTest

VERIFIER = re.compile(r"SCRAM-SHA-256\$[^']*")
HARMLESS = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
PSQL = (
    "exec --interactive db psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 "
    "--host=/run/postgresql --username=postgres --dbname="
)
ROLES = "SELECT rolname || '|' || coalesce(rolpassword, '') FROM pg_authid"
LOGINS = f"{ROLES} WHERE rolcanlogin AND rolname <> 'postgres';\n"
UNLESS_THERE = "WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'notes-api')"
CREATED = f"""REVOKE ALL ON DATABASE postgres FROM PUBLIC;
REVOKE ALL ON DATABASE template1 FROM PUBLIC;
CREATE ROLE "notes-api";
ALTER ROLE "notes-api" NOLOGIN {HARMLESS} PASSWORD NULL;
SELECT 'CREATE DATABASE "notes-api" OWNER "notes-api"' {UNLESS_THERE} \\gexec
ALTER DATABASE "notes-api" OWNER TO "notes-api";
REVOKE ALL ON DATABASE "notes-api" FROM PUBLIC;
CREATE ROLE "notes-api_e2";
ALTER ROLE "notes-api_e2" LOGIN INHERIT {HARMLESS} PASSWORD 'VERIFIER';
GRANT "notes-api" TO "notes-api_e2";
ALTER ROLE "notes-api_e2" SET role TO 'notes-api';
"""


class PostgresTest(DockerTest):
    def setUp(self) -> None:
        super().setUp()
        secret = self.path("secret", "correct horse\n")
        self.accounts = PostgresAccounts("db", [User("notes-api", "notes-api_e2", secret)])
        self.stored = verifier("correct horse", b"0123456789abcdef")

    def logins(self, *lines: str) -> None:
        self.answer("pg_authid", "".join(f"{line}\n" for line in lines))


class Adding(PostgresTest):
    def test_a_new_server_gets_role_database_and_login(self) -> None:
        self.logins("postgres|SCRAM-SHA-256$x")
        self.accounts.add()
        asked, created, inside = self.calls()
        self.assertEqual(asked.stdin, f"{ROLES};\n")
        self.assertEqual(" ".join(created.argv), f"{PSQL}postgres")
        self.assertEqual(VERIFIER.sub("VERIFIER", created.stdin), CREATED)
        self.assertEqual(" ".join(inside.argv), f"{PSQL}notes-api")
        self.assertEqual(inside.stdin, "REVOKE ALL ON SCHEMA public FROM PUBLIC;\n")

    def test_the_password_is_sent_nowhere(self) -> None:
        self.accounts.add()
        for call in self.calls():
            self.assertNotIn("correct horse", " ".join(call.argv) + call.stdin)
            self.assertNotIn("SCRAM", " ".join(call.argv))

    def test_what_is_there_is_corrected_and_its_verifier_stays(self) -> None:
        self.logins("notes-api|", f"notes-api_e2|{self.stored}")
        self.accounts.add()
        statements = self.calls()[1].stdin
        self.assertNotIn("CREATE ROLE", statements)
        self.assertIn(f"ALTER ROLE \"notes-api_e2\" LOGIN INHERIT {HARMLESS} PASSWORD '{self.stored}';", statements)

    def test_another_password_is_replaced(self) -> None:
        other = verifier("another", b"0123456789abcdef")
        self.logins("notes-api|", f"notes-api_e2|{other}")
        self.accounts.add()
        self.assertNotIn(other, self.calls()[1].stdin)

    def test_a_rejected_statement_fails_with_its_first_line_and_no_verifier(self) -> None:
        self.answer("REVOKE ALL ON DATABASE", code=3, err=f"psql:<stdin>:9: ERROR: near {self.stored}\nLINE 1: more\n")
        with self.assertRaises(Failed) as raised:
            self.accounts.add()
        self.assertEqual(str(raised.exception), "db: psql exited with status 3: psql:<stdin>:9: ERROR: near ...")


class Added(PostgresTest):
    def test_the_login_has_its_password_and_the_service_its_database(self) -> None:
        self.logins(f"notes-api_e2|{self.stored}", "notes-api_e1|x")
        self.answer("SELECT datname", "postgres\nnotes-api\n")
        self.assertTrue(self.accounts.is_added())

    def test_nothing_less_is_enough(self) -> None:
        for login, databases in (
            (f"notes-api_e1|{self.stored}", "postgres\nnotes-api\n"),
            ("notes-api_e2|", "postgres\nnotes-api\n"),
            (f"notes-api_e2|{verifier('another', b'salt')}", "postgres\nnotes-api\n"),
            (f"notes-api_e2|{self.stored}", "postgres\n"),
        ):
            self.logins(login)
            self.answer("SELECT datname", databases)
            self.assertFalse(self.accounts.is_added(), (login, databases))


class Retiring(PostgresTest):
    def test_a_login_of_an_earlier_epoch_loses_sessions_and_things_and_goes(self) -> None:
        self.logins("notes-api_e1|x", f"notes-api_e2|{self.stored}")
        self.answer("SELECT datname", "postgres\nnotes-api\n")
        self.accounts.retire()
        bases, logins, ended, *given, dropped = self.calls()
        self.assertEqual(bases.stdin, "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate;\n")
        self.assertEqual(logins.stdin, LOGINS)
        self.assertEqual(
            ended.stdin,
            'ALTER ROLE "notes-api_e1" NOLOGIN;\n'
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'notes-api_e1';\n",
        )
        self.assertEqual([call.argv[-1] for call in given], ["--dbname=postgres", "--dbname=notes-api"])
        for call in given:
            self.assertEqual(
                call.stdin,
                "SELECT format('REASSIGN OWNED BY %I TO %I', 'notes-api_e1', coalesce((SELECT rolname FROM pg_roles "
                "WHERE rolname = 'notes-api'), 'postgres')) \\gexec\nDROP OWNED BY \"notes-api_e1\";\n",
            )
        self.assertEqual(dropped.stdin, 'DROP ROLE "notes-api_e1";\n')

    def test_declared_logins_stay(self) -> None:
        self.logins(f"notes-api_e2|{self.stored}")
        self.accounts.retire()
        self.assertEqual(len(self.calls()), 2)
        self.assertTrue(self.accounts.is_retired())

    def test_another_login_is_not_retired_yet_and_a_missing_one_is_a_difference(self) -> None:
        for lines in ((f"notes-api_e2|{self.stored}", "notes-api_e1|x"), ()):
            self.logins(*lines)
            self.assertFalse(self.accounts.is_retired())
