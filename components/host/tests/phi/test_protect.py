"""A plain column that is taken over: how far it is, what is refused, and what goes at the end alone."""

import contextlib
import io
import json
from collections.abc import Sequence

from phiward_host.common import journal
from phiward_host.common.errors import Failed, Refused
from phiward_host.databases import maintenance, waiting
from phiward_host.databases.session import ApplicationSession, ClusterSession
from phiward_host.phi import main, settings
from phiward_host.phi.protect import Protection, Target
from phiward_host.phi.settings import PhiDatabase
from tests.support import OnDisk

DATABASE = PhiDatabase("db", "api", ("api",), ("api",), 1)
TARGET = Target("public", "notes", "body")
PLAIN: dict[str, object] = {
    "kind": "r",
    "forced": False,
    "owner": "api",
    "children": False,
    "plain": "text",
    "sealed": "",
    "triggers": [],
    "blocks": 300,
}
BEGUN = {**PLAIN, "sealed": "bytea", "triggers": ["zzz_body__phi"]}


class Protect(OnDisk):
    def setUp(self) -> None:
        super().setUp()
        self.facts: dict[str, object] | None = PLAIN
        self.asked: list[str] = []
        self.left, self.batches, self.compared = ["1", "0"], ["500 (12,5) 500", "3 (200,1) 3"], "10 0"
        self.busy = 0
        self.patch(waiting, "execute", self.execute)
        self.patch(maintenance, "reopened", self.reopened)
        self.patch(journal, "record", self.keep_act)

    def keep_act(self, act: str, message: str, **fields: str) -> None:
        self.asked.append(message)

    def reopened(self, cluster: ClusterSession, database: str, owner: str) -> ApplicationSession:
        return ApplicationSession(cluster.container, database, owner)

    def execute(self, _: ApplicationSession, statements: Sequence[str], *__: object) -> list[str]:
        text = "\n".join(statements)
        self.asked.append(text)
        if "jsonb_build_object" in text:
            return [] if self.facts is None else [json.dumps(self.facts)]
        if "ALTER TABLE" in text and self.busy > 0:
            self.busy -= 1
            raise Failed("db: psql exited 3: psql:<stdin>:4: ERROR:  55P03")
        if "LIMIT 1) AS f" in text:
            return [self.left.pop(0) if len(self.left) > 1 else self.left[0]]
        if "SKIP LOCKED" in text:
            return [self.batches.pop(0) if self.batches else "0 (0,0) 0"]
        if "matches(" in text:
            return [self.compared]
        return []

    def done(self, work: str) -> str:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            protection = Protection(DATABASE, TARGET, sleep=self.no_pause)
            {"on": protection.protect, "finish": protection.finish, "undo": protection.undo}[work]()
        return said.getvalue()

    def no_pause(self, seconds: float) -> None:
        self.assertGreater(seconds, 0)

    def statements(self, word: str) -> list[str]:
        return [text for text in self.asked if word in text]

    def test_keeps_both_in_step_before_the_first_row_is_filled_in(self) -> None:
        self.assertIn("20 rows are in body__phi as well, each compared", self.done("on"))
        words = ["CREATE TRIGGER", "SKIP LOCKED", "matches("]
        first = [next(index for index, text in enumerate(self.asked) if word in text) for word in words]
        self.assertEqual(first, sorted(first))
        self.assertEqual(len(self.statements("SKIP LOCKED")), 3)
        self.assertEqual(self.statements("DROP COLUMN"), [])

    def test_goes_on_with_what_was_begun(self) -> None:
        self.facts = BEGUN
        self.done("on")
        self.assertEqual(self.statements("CREATE TRIGGER"), [])

    def test_waits_for_its_lock_some_moments_one_after_the_other(self) -> None:
        self.busy = 3
        self.done("on")
        self.assertEqual(len(self.statements("CREATE TRIGGER")), 4)
        self.busy = 99
        with self.assertRaisesRegex(Failed, "55P03"):
            self.done("on")

    def test_drops_the_plain_column_by_finish_alone_once_each_row_is_compared_again(self) -> None:
        self.facts = BEGUN
        self.compared = "10 1"
        with self.assertRaisesRegex(Failed, "1 rows have another value in body__phi; nothing is dropped"):
            self.done("finish")
        self.assertEqual(self.statements("DROP"), [])
        self.compared = "10 0"
        said = self.done("finish")
        self.assertIn('DROP COLUMN "body";', self.statements("DROP")[0])
        for word in ("VACUUM FULL", "WAL", "backups until those have ended"):
            self.assertIn(word, said)

    def test_is_taken_back_where_nothing_is_in_the_encrypted_column_alone(self) -> None:
        self.facts = BEGUN
        self.patch(waiting, "execute", self.alone)
        with self.assertRaisesRegex(Failed, "rows have a value in body__phi alone, which would be lost"):
            self.done("undo")
        self.patch(waiting, "execute", self.none_alone)
        self.assertIn("it is as it was before, plain", self.done("undo"))
        self.assertIn('DROP COLUMN "body__phi";', self.statements("DROP")[0])

    def alone(self, session: ApplicationSession, statements: Sequence[str], *_: object) -> list[str]:
        return ["1"] if "AS found" in statements[-1] else self.execute(session, statements)

    def none_alone(self, session: ApplicationSession, statements: Sequence[str], *_: object) -> list[str]:
        return ["0"] if "AS found" in statements[-1] else self.execute(session, statements)

    def test_refuses_what_is_no_such_column(self) -> None:
        cases: list[tuple[dict[str, object] | None, str]] = [
            (None, "found no such table"),
            ({**PLAIN, "kind": "v"}, "another thing than a plain table"),
            ({**PLAIN, "owner": "postgres"}, "another thing than a plain table"),
            ({**PLAIN, "children": True}, "another thing than a plain table"),
            ({**PLAIN, "plain": "json"}, "found json, allowed: one of text"),
            ({**PLAIN, "sealed": "text"}, "found another column body__phi"),
            ({**PLAIN, "sealed": "bytea"}, "found body__phi without its trigger"),
            ({**BEGUN, "plain": ""}, "found no plain column"),
        ]
        for facts, words in cases:
            self.facts = facts
            with self.subTest(words), self.assertRaisesRegex(Failed, words):
                self.done("on")
        self.facts = PLAIN
        for work in ("finish", "undo"):
            with self.assertRaises(Refused):
                self.done(work)

    def test_takes_names_alone(self) -> None:
        self.assertEqual(Target.of("notes", "body"), TARGET)
        self.assertEqual(str(Target.of("app.notes", "body")), "app.notes.body")
        for table, column in (("notes; DROP", "body"), ("notes", "b" * 54), ("a.b.c", "body"), ("", "body")):
            with self.assertRaises(Refused):
                Target.of(table, column)
        declared: dict[str, object] = {"epoch": 1, "databases": []}
        self.patch(settings, "PATH", self.path("phi.json", json.dumps(declared)))
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            self.assertEqual(main.main(["protect", "on", "other", "notes", "body"]), 1)
            self.assertEqual(main.main(["protect", "drop", "api", "notes", "body"]), 1)
        self.assertIn("a service of phi.databases on this host", said.getvalue())
        self.assertIn("allowed: on|finish|undo DATABASE", said.getvalue())
