"""Accounts in PostgreSQL: the SQL that is sent, and what is concluded from answers."""

import dataclasses
import json
import re
from collections.abc import Sequence

from phiward_host.common.errors import Failed
from phiward_host.databases import metrics_login
from phiward_host.databases.engine import User
from phiward_host.databases.postgres import PostgresAccounts
from phiward_host.databases.scram import verifier
from tests.fake_docker import DockerTest

VERIFIER = re.compile(r"SCRAM-SHA-256\$[^']*")
HARMLESS = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
SUPERUSER = "user='postgres' dbname='postgres'"
MAINTENANCE = "user='phiward_notes-api' dbname='notes-api'"
ROLES = "SELECT rolname || '|' || coalesce(rolpassword, '') FROM pg_catalog.pg_authid"
LOGINS = f"{ROLES} WHERE rolcanlogin AND rolname <> 'postgres';\n"
UNLESS_THERE = "WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = 'notes-api')"
FACTS = {"exists": True, "memberships": ["notes-api"], "members": [], "open": True, "connects": True}
CLUSTER = """REVOKE ALL ON DATABASE postgres FROM PUBLIC;
REVOKE ALL ON DATABASE template1 FROM PUBLIC;
ALTER ROLE ALL SET log_min_messages TO 'panic';
ALTER SYSTEM SET log_connections TO 'on';
ALTER SYSTEM SET log_min_messages TO 'log';
SELECT pg_catalog.pg_reload_conf();
""" + "".join(f"{line}\n" for line in metrics_login.statements())
LIMITS = "limits|notes-api_e2|80|lock_timeout=60s\n"
RECORDED = f"log_connections=on\nlog_min_messages=log\n{metrics_login.DECLARED}\n{LIMITS}"
CREATED = f"""CREATE ROLE "notes-api";
ALTER ROLE "notes-api" NOLOGIN {HARMLESS} PASSWORD NULL;
SELECT 'CREATE DATABASE "notes-api" OWNER "notes-api"' {UNLESS_THERE} \\gexec
ALTER DATABASE "notes-api" OWNER TO "notes-api";
REVOKE ALL ON DATABASE "notes-api" FROM PUBLIC;
CREATE ROLE "notes-api_e2";
ALTER ROLE "notes-api_e2" LOGIN INHERIT {HARMLESS} PASSWORD 'VERIFIER';
GRANT "notes-api" TO "notes-api_e2";
ALTER ROLE "notes-api_e2" SET role TO 'notes-api';
ALTER ROLE "notes-api_e2" CONNECTION LIMIT 80;
ALTER ROLE "notes-api_e2" SET lock_timeout TO '60s';
"""


class PostgresTest(DockerTest):
    def setUp(self) -> None:
        super().setUp()
        secret = self.path("secret", "correct horse\n")
        self.accounts = PostgresAccounts("db", [User("notes-api", "notes-api_e2", secret)])
        self.stored = verifier("correct horse", b"0123456789abcdef")
        self.answer("'memberships'", json.dumps(FACTS))
        self.answer("pg_file_settings", RECORDED)

    def roles(self, *lines: str, logins: Sequence[str] = ()) -> None:
        """What the server answers of its roles, and of those that can log in."""
        self.answer("pg_authid", "".join(f"{line}\n" for line in lines))
        self.answer("WHERE rolcanlogin", "".join(f"{line}\n" for line in (logins or lines)))


class Adding(PostgresTest):
    def test_a_new_server_gets_role_database_and_login(self) -> None:
        self.roles("postgres|SCRAM-SHA-256$x")
        self.accounts.add()
        asked, cluster, created, facts, maintained, inside = self.calls()
        self.assertEqual(asked.stdin, f"{ROLES};\n")
        self.assertEqual(cluster.stdin, CLUSTER)
        for call in (asked, cluster, created, facts, maintained):
            self.assertIn(SUPERUSER, call.argv[-1])
        self.assertEqual(VERIFIER.sub("VERIFIER", created.stdin), CREATED)
        self.assertIn(MAINTENANCE, inside.argv[-1])
        self.assertIn("REVOKE ALL ON SCHEMA public FROM PUBLIC", inside.stdin)

    def test_a_service_that_cannot_have_its_account_keeps_no_other_from_its_own(self) -> None:
        other = User("other", "other_e1", self.path("other", "battery staple\n"))
        self.answer('ALTER ROLE "notes-api_e2"', code=3, err="ERROR:  canceling statement due to lock timeout\n")
        with self.assertRaisesRegex(Failed, "^db: psql exited with status 3: ERROR:  canceling statement due to lock"):
            PostgresAccounts("db", [*self.accounts.users, other]).add()
        self.assertIn('CREATE ROLE "other_e1";', "".join(call.stdin for call in self.calls()))

    def test_extensions_are_created_in_the_services_database_by_no_superuser(self) -> None:
        self.roles("postgres|SCRAM-SHA-256$x")
        self.answer("pg_catalog.pg_extension WHERE", "pg_trgm\n")
        self.answer("pg_available_extensions", "unaccent\nuuid-ossp\n")
        (user,) = self.accounts.users
        needs = dataclasses.replace(user, extensions=["pg_trgm", "unaccent", "uuid-ossp"])
        PostgresAccounts("db", [needs]).add()
        created = self.calls()[-1]
        self.assertIn(MAINTENANCE, created.argv[-1])
        self.assertEqual(
            created.stdin,
            'SET ROLE "notes-api";\nCREATE EXTENSION IF NOT EXISTS "unaccent" WITH SCHEMA public;\n'
            'CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA public;\n',
        )

    def test_an_image_without_an_extension_is_named(self) -> None:
        self.roles("postgres|SCRAM-SHA-256$x")
        self.answer("pg_available_extensions", "pg_trgm\n")
        (user,) = self.accounts.users
        needs = dataclasses.replace(user, extensions=["pg_trgm", "hstore"])
        with self.assertRaisesRegex(Failed, "^database notes-api in db: its image has no extension hstore; choose"):
            PostgresAccounts("db", [needs]).add()
        self.assertNotIn("CREATE EXTENSION", "".join(call.stdin for call in self.calls()))

    def test_a_missing_extension_is_not_added(self) -> None:
        login = f"notes-api_e2|{self.stored}"
        self.roles("notes-api|", login, "phiward_notes-api|", logins=[login, "phiward_notes-api|"])
        self.answer("pg_database;", "notes-api\n")
        self.assertTrue(self.accounts.is_added())
        (user,) = self.accounts.users
        accounts = PostgresAccounts("db", [dataclasses.replace(user, extensions=["pg_trgm"])])
        self.assertFalse(accounts.is_added())
        self.answer("pg_catalog.pg_extension WHERE", "pg_trgm\n")
        self.assertTrue(accounts.is_added())

    def test_the_password_is_sent_nowhere(self) -> None:
        self.accounts.add()
        for call in self.calls():
            self.assertNotIn("correct horse", " ".join(call.argv) + call.stdin)
            self.assertNotIn("SCRAM", " ".join(call.argv))

    def test_what_is_there_is_corrected_and_its_verifier_stays(self) -> None:
        self.roles("notes-api|", f"notes-api_e2|{self.stored}")
        self.accounts.add()
        statements = self.calls()[2].stdin
        self.assertNotIn("CREATE ROLE", statements)
        self.assertIn(f"ALTER ROLE \"notes-api_e2\" LOGIN INHERIT {HARMLESS} PASSWORD '{self.stored}';", statements)

    def test_another_password_is_replaced(self) -> None:
        other = verifier("another", b"0123456789abcdef")
        self.roles("notes-api|", f"notes-api_e2|{other}")
        self.accounts.add()
        self.assertNotIn(other, self.calls()[2].stdin)

    def test_a_rejected_statement_fails_with_its_first_line_and_no_verifier(self) -> None:
        self.answer("REVOKE ALL ON DATABASE", code=3, err=f"psql:<stdin>:9: ERROR: near {self.stored}\nLINE 1: more\n")
        with self.assertRaises(Failed) as raised:
            self.accounts.add()
        self.assertEqual(str(raised.exception), "db: psql exited with status 3: psql:<stdin>:9: ERROR: near ...")


class Added(PostgresTest):
    def test_the_login_has_its_password_and_the_service_its_database_and_maintenance(self) -> None:
        self.roles(f"notes-api_e2|{self.stored}", "notes-api_e1|x", "phiward_notes-api|")
        self.answer("SELECT datname", "postgres\nnotes-api\n")
        self.assertTrue(self.accounts.is_added())

    def test_nothing_less_is_enough(self) -> None:
        maintenance, login = "phiward_notes-api|", f"notes-api_e2|{self.stored}"
        both = "postgres\nnotes-api\n"
        for logins, databases in (
            ((f"notes-api_e1|{self.stored}", maintenance), both),
            (("notes-api_e2|", maintenance), both),
            ((f"notes-api_e2|{verifier('another', b'salt')}", maintenance), both),
            ((login, maintenance), "postgres\n"),
            ((login,), both),
            # The group role can log in.
            ((login, maintenance, "notes-api|"), both),
        ):
            self.answers = []
            self.roles(*logins)
            self.answer("SELECT datname", databases)
            self.answer("pg_file_settings", RECORDED)
            self.assertFalse(self.accounts.is_added(), (logins, databases))

    def test_a_login_without_its_limits_is_not_done(self) -> None:
        self.roles(f"notes-api_e2|{self.stored}", "phiward_notes-api|", logins=[f"notes-api_e2|{self.stored}"])
        self.roles(f"notes-api_e2|{self.stored}", "phiward_notes-api|")
        self.answer("SELECT datname", "postgres\nnotes-api\n")
        self.assertTrue(self.accounts.is_added())
        for limits in ("", "limits|notes-api_e2|-1|lock_timeout=60s\n", "limits|notes-api_e2|80|\n"):
            self.answer("pg_file_settings", RECORDED.replace(LIMITS, limits))
            self.assertFalse(self.accounts.is_added(), limits)
        self.accounts.add()
        sent = "".join(call.stdin for call in self.calls())
        self.assertIn('ALTER ROLE "notes-api_e2" CONNECTION LIMIT 80;', sent)
        self.assertIn("ALTER ROLE \"notes-api_e2\" SET lock_timeout TO '60s';", sent)

    def test_a_server_that_does_not_record_who_connects_is_not_done(self) -> None:
        self.roles(f"notes-api_e2|{self.stored}", "phiward_notes-api|")
        self.answer("SELECT datname", "postgres\nnotes-api\n")
        for recorded in ("log_connections=off\nlog_min_messages=log\n", "log_min_messages=log\n", ""):
            self.answer("pg_file_settings", recorded)
            self.assertFalse(self.accounts.is_added(), recorded)


class Retiring(PostgresTest):
    def old(self, *more: str, logins: Sequence[str] = ()) -> None:
        """The server has the declared login and one of an earlier epoch."""
        login = f"notes-api_e2|{self.stored}"
        everyone = ("postgres|x", "notes-api|", login, "phiward_notes-api|", "notes-api_e1|x", *more)
        self.roles(*everyone, logins=logins or [login, "phiward_notes-api|", "notes-api_e1|x", *more])
        self.answer("SELECT DISTINCT d.datname", "notes-api|notes-api\n")
        self.answer("pg_catalog.count(*)", "0\n")

    def sent(self) -> list[str]:
        return [call.stdin for call in self.calls()]

    def test_a_login_of_an_earlier_epoch_loses_its_sessions_gives_away_what_it_owns_and_goes(self) -> None:
        self.old()
        self.accounts.retire()
        calls = self.calls()
        sent = [call.stdin for call in calls]
        order = ["NOLOGIN;\nSELECT pg_catalog.pg_terminate", "REASSIGN OWNED", "DROP ROLE"]
        found = [next(number for number, text in enumerate(sent) if word in text) for word in order]
        self.assertEqual(sorted(found), found)
        given = calls[found[1]]
        self.assertIn(MAINTENANCE, given.argv[-1])
        self.assertIn('REASSIGN OWNED BY "notes-api_e1" TO "notes-api";', given.stdin)
        # Only where nothing is owned any more: it drops what is.
        self.assertRegex(given.stdin, r"SELECT 'DROP OWNED BY \"notes-api_e1\"' WHERE NOT EXISTS .* \\gexec\nCOMMIT;")
        self.assertNotRegex(given.stdin, r"(?m)^DROP")

    def test_a_login_that_cannot_be_retired_keeps_no_other_from_it(self) -> None:
        self.old("other|", "other_e1|x")
        self.answer("REASSIGN", code=3, err="ERROR:  canceling statement due to lock timeout\n")
        self.answer("'other_e1'")
        self.answer("pg_catalog.count(*)", "0\n")
        with self.assertRaisesRegex(Failed, "^db: psql exited with status 3: ERROR:  canceling statement due to lock"):
            self.accounts.retire()
        sent = "".join(self.sent())
        self.assertIn('DROP ROLE IF EXISTS "other_e1";', sent)
        self.assertNotIn('DROP ROLE IF EXISTS "notes-api_e1";', sent)

    def test_a_superuser_enters_no_database_of_a_service(self) -> None:
        self.old()
        self.accounts.retire()
        for call in self.calls():
            self.assertNotIn("user='postgres' dbname='notes-api'", call.argv[-1])

    def test_a_login_that_still_owns_something_is_not_removed(self) -> None:
        self.old()
        self.answers = [answer for answer in self.answers if answer[0] != "pg_catalog.count(*)"]
        self.answer("pg_catalog.count(*)", "1\n")
        with self.assertRaisesRegex(Failed, "^db: notes-api_e1 still owns something, so it was not removed"):
            self.accounts.retire()
        self.assertNotIn("DROP ROLE", "".join(self.sent()))

    def test_what_it_has_in_the_database_of_another_is_not_touched(self) -> None:
        self.old()
        self.answers = [answer for answer in self.answers if answer[0] != "SELECT DISTINCT d.datname"]
        self.answer("SELECT DISTINCT d.datname", "other|other\n")
        with self.assertRaisesRegex(Failed, "^db: notes-api_e1 has something in the database other, which belongs to"):
            self.accounts.retire()
        self.assertNotIn("OWNED BY", "".join(self.sent()))

    def test_a_login_that_is_no_services_is_named_and_left_with_all_that_it_owns(self) -> None:
        self.roles("notes-api|", f"notes-api_e2|{self.stored}", "by-hand|x", "other_e1|x")
        with self.assertRaisesRegex(Failed, "^db: found the logins by-hand, notes-api, other_e1, allowed: those of"):
            self.accounts.retire()
        self.assertNotRegex("".join(self.sent()), "DROP|REASSIGN|NOLOGIN")
        self.assertFalse(self.accounts.is_retired())

    def test_a_run_that_was_cut_off_is_resumed(self) -> None:
        self.old(logins=[f"notes-api_e2|{self.stored}", "phiward_notes-api|"])
        self.assertFalse(self.accounts.is_retired())
        self.accounts.retire()
        self.assertIn('DROP ROLE IF EXISTS "notes-api_e1";', "".join(self.sent()))

    def test_declared_logins_stay(self) -> None:
        self.roles("notes-api|", logins=[f"notes-api_e2|{self.stored}"])
        self.accounts.retire()
        self.assertEqual(len(self.calls()), 2)
        self.assertTrue(self.accounts.is_retired())

    def test_another_login_is_not_retired_yet_and_a_missing_one_is_a_difference(self) -> None:
        for lines in ((f"notes-api_e2|{self.stored}", "notes-api_e1|x"), ("notes-api_e1|x",)):
            self.answers = []
            self.roles(*lines)
            self.assertFalse(self.accounts.is_retired())
