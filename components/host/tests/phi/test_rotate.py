"""Rows that are brought to another key: how a run goes on, when it is at its end, and when keys may leave the host."""

import contextlib
import io
import json
from collections.abc import Sequence
from dataclasses import replace

from phiward_host.common import journal
from phiward_host.common.errors import Failed, Refused
from phiward_host.databases import maintenance, waiting
from phiward_host.databases.session import ApplicationSession, ClusterSession
from phiward_host.phi import columns, main, progress, retiring, rotate, settings
from phiward_host.phi.columns import Column, Place
from phiward_host.phi.settings import PhiDatabase, PhiSettings
from tests.support import OnDisk

DATABASE = PhiDatabase("db", "api", ("api",), ("api",), 2)
COLUMN: dict[str, object] = {
    "relation": 100,
    "number": 2,
    "schema": "public",
    "table": "no'tes",
    "column": 'se"aled',
    "ours": True,
    "forced": False,
    "blocks": 300,
}


class Rotating(OnDisk):
    def setUp(self) -> None:
        super().setUp()
        self.found: list[dict[str, object]] = [COLUMN]
        # Answers of batches in order; afterwards none is met.
        self.batches: list[str] = []
        self.left, self.older, self.oid = ["0"], ["0"], ["7"]
        self.asked: list[str] = []
        self.acts: list[str] = []
        self.wrapped = ["0"]
        self.patch(ApplicationSession, "execute", self.execute)
        self.patch(ClusterSession, "execute", self.cluster)
        self.patch(waiting, "execute", self.execute_in)
        self.patch(waiting, "limited", self.limited)
        self.patch(maintenance, "reopened", self.reopened)
        self.patch(journal, "record", self.keep_act)
        declared: dict[str, object] = {
            "epoch": 2,
            "databases": [{"container": "db", "database": "api", "readers": [], "writers": []}],
        }
        self.patch(settings, "PATH", self.path("phi.json", json.dumps(declared)))

    def execute_in(self, _: ApplicationSession, statements: Sequence[str], *__: object) -> list[str]:
        return self.execute(statements)

    def limited(self, _: ApplicationSession, __: waiting.Limits) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def reopened(self, cluster: ClusterSession, database: str, owner: str) -> ApplicationSession:
        return ApplicationSession(cluster.container, database, owner)

    def keep_act(self, act: str, message: str, **fields: str) -> None:
        self.acts.append(message)

    def cluster(self, statements: Sequence[str]) -> list[str]:
        sql = statements[-1]
        return self.oid if "pg_database" in sql else self.older if "pg_stat_activity" in sql else ["2026-01-01 00:00"]

    def execute(self, statements: Sequence[str]) -> list[str]:
        text = "\n".join(statements)
        self.asked.append(text)
        if "jsonb_agg" in text:
            return [json.dumps(self.found)]
        if "LIMIT 1) AS found" in text:
            return [self.left.pop(0) if len(self.left) > 1 else self.left[0]]
        if "renew(" in text:
            answer = self.batches.pop(0) if self.batches else "0 (0,0) 0 0 0"
            if answer == "killed":
                raise KeyboardInterrupt
            return [answer]
        if "NOT BETWEEN 1" in text:
            return self.wrapped
        return [""]

    def rotate(self) -> str:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            rotate.rotate(DATABASE, sleep=self.no_pause)
        return said.getvalue()

    def no_pause(self, seconds: float) -> None:
        self.assertGreater(seconds, 0)

    def down(self, _: Sequence[str]) -> list[str]:
        raise Failed("db: it does not run")

    def known(self) -> progress.Progress:
        known = progress.load(DATABASE)
        assert known is not None
        return known

    def places(self) -> list[str]:
        """From where each batch began."""
        return [text.split("t.ctid > '")[1].split("'")[0] for text in self.asked if "renew(" in text]


class Rotation(Rotating):
    def test_goes_by_places_until_one_look_at_all_rows_meets_none(self) -> None:
        self.batches = ["500 (12,5) 500 0 500", "3 (200,1) 3 0 3"]
        self.assertIn("no row needs a key before 2; 503 rows were brought to it", self.rotate())
        self.assertEqual(self.places(), ["(0,0)", "(12,5)", "(268,0)"])
        self.assertIn("SELECT phi.rewrap();", self.asked)
        self.assertIn("503 rows", self.acts[-1])
        self.asked.clear()
        self.rotate()
        self.assertEqual(self.asked, [])

    def test_changes_a_row_only_as_it_was_read_and_keeps_one_line_in_the_same_transaction(self) -> None:
        self.rotate()
        batch = next(text for text in self.asked if "renew(" in text)
        self.assertIn("'\\x0100000001'::pg_catalog.bytea]", batch)
        self.assertNotIn("x0100000002", batch)
        self.assertIn('t."se""aled" = seen.was FOR NO KEY UPDATE OF t SKIP LOCKED', batch)
        self.assertIn('t."se""aled" = free.was RETURNING 1', batch)
        self.assertIn('ONLY "public"."no\'tes"', batch)
        kept = "phi.record_renewal('public.no''tes.se\"aled', :done)"
        order = ['SET ROLE "api";', "BEGIN;", "RESET ROLE;", kept, "COMMIT;"]
        self.assertEqual(sorted(order, key=batch.index), order)

    def test_goes_on_where_it_was_killed(self) -> None:
        self.batches = ["500 (12,5) 500 0 500", "killed"]
        with self.assertRaises(KeyboardInterrupt):
            self.rotate()
        self.assertEqual((self.known().place, self.known().done), (Place(12, 5), 500))
        self.rotate()
        self.assertEqual(self.places(), ["(0,0)", "(12,5)", "(12,5)", "(268,0)"])
        self.assertIsNotNone(self.known().clean)

    def test_meets_again_in_the_next_pass_what_others_held_and_what_moved_while_it_looked(self) -> None:
        self.batches = ["5 (12,5) 4 0 5", "0 (0,0) 0 0 0", "1 (12,5) 1 0 1"]
        self.left = ["1", "0"]
        self.assertIn("5 rows were brought", self.rotate())
        self.assertEqual(self.places().count("(0,0)"), 3)

    def test_ends_without_a_fault_where_others_hold_all_that_is_left(self) -> None:
        self.batches = ["5 (12,5) 0 0 5"]
        self.assertIn("others hold 5 rows", self.rotate())
        self.assertIsNone(self.known().clean)

    def test_fails_where_no_key_opens_a_value_once_all_others_are_done(self) -> None:
        self.batches = ["5 (12,5) 3 2 5", "0 (0,0) 0 0 0", "2 (12,5) 0 2 2"]
        with self.assertRaisesRegex(Failed, "2 values that begin as those of an earlier key are opened by none"):
            self.rotate()
        self.assertEqual(self.known().done, 3)

    def test_names_copies_that_keep_earlier_values_and_changes_none_of_them(self) -> None:
        self.found = [{**COLUMN, "ours": False}]
        self.left = ["1"]
        with self.assertRaisesRegex(Failed, "values of earlier keys are in public.no'tes.se\"aled, which is computed"):
            self.rotate()
        self.assertEqual(self.places(), [])
        self.assertTrue(any('SET ROLE "phiward_api"' in text for text in self.asked if "AS found" in text))

    def test_does_not_end_while_a_transaction_is_open_that_may_know_earlier_values(self) -> None:
        self.older = ["1"]
        self.patch(rotate, "QUIET_SECONDS", 0)
        self.assertIn("an older transaction is open", self.rotate())
        self.assertIsNone(self.known().clean)

    def test_begins_again_in_a_restored_database_and_with_another_key(self) -> None:
        self.rotate()
        self.oid = ["8"]
        self.rotate()
        self.assertEqual(self.known().oid, 8)
        with contextlib.redirect_stdout(io.StringIO()):
            rotate.rotate(replace(DATABASE, epoch=3), sleep=self.no_pause)
        self.assertEqual(self.known().epoch, 3)

    def test_believes_no_answer_of_another_form(self) -> None:
        for answer in ("", "5", "-1 (0,0) 0 0 0", "1 (0,0) 1 0", f"{'9' * 30} (0,0) 0 0 0"):
            self.batches = [answer]
            with self.subTest(answer), self.assertRaisesRegex(Failed, "something else than numbers of rows"):
                self.rotate()

    def test_says_that_a_server_does_not_answer_and_leaves_it_to_the_next_run(self) -> None:
        self.patch(ClusterSession, "execute", self.down)
        self.assertEqual(self.rotate(), "not asked: db: it does not run\n")

    def test_a_database_with_its_first_key_is_not_asked(self) -> None:
        rotate.rotate(replace(DATABASE, epoch=1))
        self.assertEqual(self.asked, [])


class Retiring(Rotating):
    def setUp(self) -> None:
        super().setUp()
        self.path("state/secrets/phi-master-1.1", "x")

    def retirable(self, epoch: int = 1) -> None:
        retiring.require_unneeded(PhiSettings((DATABASE,)), epoch)

    def test_is_refused_until_no_row_needs_the_key(self) -> None:
        with self.assertRaisesRegex(Failed, "was not counted in the last day, or some do: npx phiward phi rotate"):
            self.retirable()
        self.rotate()
        self.retirable()
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.assertEqual(main.main(["retirable", "1"]), 0)
        self.assertEqual(said.getvalue(), "needed by no row\n")

    def test_is_refused_of_another_database_of_an_old_count_and_of_a_wrapped_key(self) -> None:
        self.rotate()
        self.oid = ["8"]
        with self.assertRaises(Failed):
            self.retirable()
        self.oid, self.wrapped = ["7"], ["1"]
        with self.assertRaisesRegex(Failed, "the key of look-ups still needs an earlier one"):
            self.retirable()
        progress.save(DATABASE, replace(self.known(), clean=1.0))
        with self.assertRaisesRegex(Failed, "was not counted in the last day"):
            self.retirable()

    def test_is_refused_of_the_key_that_is_written_with_and_where_nothing_can_be_counted(self) -> None:
        with self.assertRaisesRegex(Refused, "writes with key 2, allowed: keys before that"):
            self.retirable(2)
        with self.assertRaisesRegex(Refused, "knows of no patients' columns"):
            retiring.require_unneeded(None, 1)

    def test_is_nothing_where_the_host_has_none_of_them(self) -> None:
        self.patch(retiring, "paths", type("Elsewhere", (), {"BASE": self.path("other")}))
        retiring.require_unneeded(None, 1)

    def test_is_shown_with_what_was_done(self) -> None:
        self.rotate()
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            self.assertEqual(main.main(["progress"]), 0)
        shown = json.loads(said.getvalue())
        self.assertEqual([(entry["epoch"], entry["clean"] is not None) for entry in shown], [(2, True)])


class Columns(OnDisk):
    def answer(self, *_: object) -> list[str]:
        return ["0 (0,0) 0 0 0"]

    def test_are_looked_through_to_the_page_that_was_the_last(self) -> None:
        column = Column.from_json({**COLUMN, "blocks": 3}, "c")
        self.patch(columns, "ask", self.answer)
        batch = columns.change(ApplicationSession("db", "api"), column, 2, Place())
        self.assertEqual(batch.last, Place(3, 0))
