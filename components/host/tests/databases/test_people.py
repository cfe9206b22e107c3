"""People in PostgreSQL: what they may, that it ends, and the session of one of them."""

import contextlib
import io
import json
import os
import pwd
import signal
from collections.abc import Mapping, Sequence
from unittest import mock

from phiward_host.common import contained, journal, paths
from phiward_host.common.errors import Failed
from phiward_host.databases import metrics_login, people, person_session
from phiward_host.databases.people import Reader
from phiward_host.databases.postgres import PostgresAccounts
from phiward_host.databases.session import ClusterSession
from tests.fake_docker import DockerTest

BOB = Reader("bob", ["notes", "api"])
FACTS = {"exists": True, "memberships": ["api"], "members": [], "open": True, "connects": True}
RECORDED = f"log_connections=on\nlog_min_messages=log\n{metrics_login.DECLARED}\n"


class PeopleTest(DockerTest):
    def setUp(self) -> None:
        super().setUp()
        self.answer("'memberships'", json.dumps(FACTS))
        self.cluster = ClusterSession("db")
        self.accounts = PostgresAccounts("db", [], [BOB])

    def sent(self) -> str:
        return "".join(call.stdin for call in self.calls())


class Added(PeopleTest):
    def test_a_person_is_in_the_reading_groups_alone_and_has_no_power_and_no_password(self) -> None:
        text = "\n".join(people.statements(BOB))
        powers = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
        self.assertIn(f'ALTER ROLE "person__bob" LOGIN INHERIT {powers} CONNECTION LIMIT 3;', text)
        self.assertIn(f'ALTER ROLE "api__readonly" NOLOGIN {powers} PASSWORD NULL;', text)
        self.assertIn('GRANT CONNECT ON DATABASE "api" TO "api__readonly";', text)
        self.assertIn('GRANT "notes__readonly" TO "person__bob" WITH ADMIN FALSE, INHERIT TRUE, SET FALSE;', text)
        self.assertIn("g.rolname NOT IN ('notes__readonly', 'api__readonly')", text)
        self.assertNotRegex(text, r"person__bob\" [^;]*PASSWORD|CREATE DATABASE|SUPERUSER;|pg_read_all_data")
        for setting in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
            self.assertRegex(text, rf"ALTER ROLE \"person__bob\" SET {setting} TO '[1-9]")

    def test_what_is_read_is_given_by_the_owner_of_each_database_and_by_no_superuser(self) -> None:
        people.add(self.cluster, BOB, *BOB.databases)
        given = [call for call in self.calls() if "GRANT SELECT ON TABLE" in call.stdin]
        for call, database in zip(given, BOB.databases, strict=True):
            self.assertIn(f"user='phiward_{database}' dbname='{database}'", call.argv[-1])
            grant = f'ALTER DEFAULT PRIVILEGES FOR ROLE "{database}" GRANT SELECT ON TABLES TO "{database}__readonly";'
            self.assertIn(grant, call.stdin)

    def test_an_auditor_is_in_another_group_and_is_given_no_table(self) -> None:
        ann = Reader("ann", ["notes"], ["api"])
        self.assertEqual(ann.fact, "person|person__ann|reads|api__auditor,notes__readonly")
        text = "\n".join(people.statements(ann))
        self.assertIn('GRANT "api__auditor" TO "person__ann" WITH ADMIN FALSE, INHERIT TRUE, SET FALSE;', text)
        self.assertIn('GRANT CONNECT ON DATABASE "api" TO "api__auditor";', text)
        self.assertNotIn("api__readonly", text)
        people.add(self.cluster, ann, "api")
        self.assertNotIn("GRANT SELECT ON TABLE", self.sent())

    def test_is_done_where_each_role_is_as_declared_and_there_are_no_others(self) -> None:
        person = "person|person__bob|reads|api__readonly,notes__readonly"
        self.assertEqual(BOB.fact, person)
        for lines, added in (
            ([person], True),
            ([], False),
            ([person, "person|person__eve|reads|api__readonly"], False),
            (["person|person__bob|differs|api__readonly,notes__readonly"], False),
            (["person|person__bob|reads|api__readonly"], False),
        ):
            self.answer("pg_file_settings", RECORDED + "".join(f"{line}\n" for line in lines))
            self.assertEqual(self.accounts.is_added(), added, lines)

    def test_who_is_locked_keeps_a_role_that_logs_in_nowhere_and_is_not_put_right_for_that(self) -> None:
        settings = {"container": "db", "users": [], "people": [{"name": "bob", "databases": ["notes", "api"]}]}
        contained.save(contained.Contained({"bob": contained.Entry(1.0, "alice", "a laptop")}, {}, {}))
        self.accounts = PostgresAccounts.from_json(settings, "")
        self.accounts.add()
        sent = self.sent()
        self.assertIn('ALTER ROLE "person__bob" NOLOGIN INHERIT NOSUPERUSER', sent)
        self.assertNotRegex(sent, r'"person__bob" LOGIN|DROP ROLE')
        for word, added in (("locked", True), ("reads", False), ("differs", False)):
            self.answer("pg_file_settings", f"{RECORDED}person|person__bob|{word}|api__readonly,notes__readonly\n")
            self.assertEqual(self.accounts.is_added(), added, word)


class Removed(PeopleTest):
    def setUp(self) -> None:
        super().setUp()
        self.answer("pg_authid", "postgres|x\nperson__eve|\nperson__bob|\napi__readonly|\n")
        self.answer("SELECT DISTINCT d.datname", "api|api\n")
        self.answer("pg_catalog.count(*)", "0\n")

    def test_sessions_rights_and_role_go_in_this_order_and_what_it_owned_is_the_owners(self) -> None:
        PostgresAccounts("db", [], [BOB]).add()
        sent = self.sent()
        order = [
            'ALTER ROLE "person__eve" NOLOGIN;\nSELECT pg_catalog.pg_terminate_backend',
            'GRANT "person__eve" TO "phiward_api";',
            'REASSIGN OWNED BY "person__eve" TO "api";',
            'DROP OWNED BY "person__eve";',
            'DROP ROLE IF EXISTS "person__eve";',
            # After that: who stays.
            'ALTER ROLE "person__bob" LOGIN',
        ]
        found = [sent.find(words) for words in order]
        self.assertNotIn(-1, found)
        self.assertEqual(found, sorted(found))
        self.assertNotIn('DROP ROLE IF EXISTS "person__bob"', sent)

    def test_who_has_something_in_the_superusers_database_is_named_and_keeps_no_other_from_it(self) -> None:
        self.answer("SELECT DISTINCT d.datname", "postgres|postgres\n")
        with self.assertRaisesRegex(Failed, "^db: person__eve has something in the database postgres, which no serv"):
            PostgresAccounts("db", [], [BOB]).add()
        sent = self.sent()
        self.assertIn('ALTER ROLE "person__eve" NOLOGIN;', sent)
        self.assertNotIn("DROP", sent)
        self.assertIn('ALTER ROLE "person__bob" LOGIN', sent)


class Session(PeopleTest):
    def setUp(self) -> None:
        super().setUp()
        settings = [
            {"kind": "postgres", "container": "db", "users": [], "people": [{"name": "bob", "databases": ["api"]}]}
        ]
        self.recorded: list[dict[str, str]] = []
        patches: list[tuple[object, str, object]] = [
            (person_session, "SETTINGS", self.path("accounts.json", json.dumps(settings))),
            (person_session, "POLL_SECONDS", 0.0),
            (paths, "BASE", self.home),
            (paths, "RUN", self.home),
            (pwd, "getpwnam", mock.Mock(return_value=mock.Mock(pw_uid=1001))),
            (pwd, "getpwuid", mock.Mock(side_effect=KeyError)),
            (journal, "send", self.record),
        ]
        for module, name, value in patches:
            patch = mock.patch.object(module, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        self.answer("SELECT pid", "4711\n")

    def record(self, fields: Mapping[str, str]) -> None:
        self.recorded.append(dict(fields))

    def run_program(self, *words: str, user: str = "bob") -> tuple[int, str]:
        said = io.StringIO()
        with mock.patch.dict(os.environ, {"SUDO_USER": user}), contextlib.redirect_stderr(said):
            code = person_session.main(words)
        return code, said.getvalue()

    def test_psql_runs_as_a_number_of_its_own_without_other_programs_and_files(self) -> None:
        self.answer("--no-psqlrc --no-password")
        self.answer("PGPASSWORD", code=3)
        self.assertEqual(self.run_program("api", "a patient asked"), (3, ""))
        calls = self.calls()
        (psql,) = [call.argv for call in calls if "PGPASSWORD" in call.argv]
        self.assertIn("--user=41001:41001", psql)
        (confined,) = [word for word in psql if "ulimit" in word]
        self.assertIn("ulimit -f 0 && ulimit -c 0 && { ulimit -u 0 || ulimit -p 0; }", confined)
        self.assertRegex(psql[-1], "^--dbname=host='127.0.0.1' user='person__bob' dbname='api' ")
        self.assertIn("--no-psqlrc", psql)

    def test_the_password_is_good_for_this_session_and_in_no_argument_and_no_statement(self) -> None:
        with mock.patch("secrets.token_urlsafe", return_value="correct-horse"):
            self.run_program("api", "a reason")
        calls = self.calls()
        for call in calls:
            self.assertNotIn("correct-horse", " ".join(call.argv) + call.stdin)
        sent = "".join(call.stdin for call in calls)
        opened, closed = sent.find("PASSWORD 'SCRAM-SHA-256$"), sent.find("VALID UNTIL '-infinity' PASSWORD NULL;")
        self.assertTrue(0 < opened < closed)
        self.assertIn("interval '20 s'", sent)
        self.assertIn("AND client_addr IS DISTINCT FROM '127.0.0.1';", sent)

    def test_the_password_ends_also_where_psql_was_not_let_in(self) -> None:
        self.answer("SELECT pid", "")
        self.answer("PGPASSWORD", code=2)
        self.assertEqual(self.run_program("api", "a reason")[0], 2)
        self.assertIn("VALID UNTIL '-infinity' PASSWORD NULL;", self.sent())

    def test_the_role_ends_with_whatever_a_terminal_sends_and_nothing_makes_it_wait(self) -> None:
        for number in (signal.SIGTERM, *person_session.FROM_TERMINALS, signal.SIGTSTP, signal.SIGTTIN):
            self.addCleanup(signal.signal, number, signal.getsignal(number))
        masks: list[set[int]] = []
        execute = ClusterSession.execute

        def watched(cluster: ClusterSession, statements: Sequence[str]) -> list[str]:
            if "PASSWORD NULL" in "".join(statements):
                masks.append({*signal.pthread_sigmask(signal.SIG_BLOCK, [])})
            return execute(cluster, statements)

        for number in (signal.SIGQUIT, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number.name), mock.patch.object(ClusterSession, "execute", watched):
                child = mock.MagicMock()
                child.__enter__.return_value = child
                child.poll.return_value = None
                child.wait.side_effect = lambda number=number: [
                    os.kill(os.getpid(), each) for each in (signal.SIGTSTP, signal.SIGTTIN, number)
                ]
                before = len(self.calls())
                with mock.patch.object(person_session, "_started", mock.Mock(return_value=child)):
                    self.assertNotEqual(self.run_program("api", "a reason")[0], 0)
                sent = "".join(call.stdin for call in self.calls()[before:])
                self.assertIn("VALID UNTIL '-infinity' PASSWORD NULL;", sent)
                self.assertIn("usename = 'person__bob' AND pid = 4711;", sent)
                self.assertLessEqual({*person_session.FROM_TERMINALS}, masks.pop())
        self.assertEqual(signal.pthread_sigmask(signal.SIG_BLOCK, []), set())

    def test_who_what_and_why_are_on_record(self) -> None:
        self.run_program("api", "a patient asked")
        (record,) = self.recorded
        self.assertEqual(record["MESSAGE"], "database api opened by bob: a patient asked")
        self.assertEqual((record["PHIWARD_ACT"], record["PHIWARD_WHO"]), ("database", "bob"))

    def test_who_is_not_declared_and_what_is_not_asked_well_is_refused(self) -> None:
        for words, user in (
            (("api", "a reason"), "eve"),
            (("api", "a reason"), ""),
            (("notes", "a reason"), "bob"),
            (("api",), "bob"),
            (("api", ""), "bob"),
            (("api", "two\nlines"), "bob"),
            (("api", "x" * 201), "bob"),
        ):
            code, said = self.run_program(*words, user=user)
            self.assertEqual(code, 1, words)
            self.assertRegex(said, "^phiward: found .*, allowed: ")
        contained.save(contained.Contained({"bob": contained.Entry(1.0, "alice", "a laptop")}, {}, {}))
        self.assertRegex(self.run_program("api", "a reason")[1], "found bob and the database api, allowed: ")
        self.assertEqual((self.calls(), self.recorded), ([], []))

    def test_a_number_that_somebody_has_is_refused(self) -> None:
        with mock.patch.object(pwd, "getpwuid", return_value=mock.Mock(pw_name="daemon")):
            self.assertRegex(self.run_program("api", "x")[1], "found the account daemon with the number 41001")
        with mock.patch.object(pwd, "getpwnam", return_value=mock.Mock(pw_uid=999)):
            self.assertRegex(
                self.run_program("api", "x")[1], "found bob with the number 999, allowed: from 1000 to 9999"
            )
