"""Rows that end: what is asked of a database and what is believed of its answers, approvals, and what is late."""

import contextlib
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from phiward_host.common import journal
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed
from phiward_host.databases import maintenance, waiting
from phiward_host.databases.session import ApplicationSession, ClusterSession
from phiward_host.retention import main, record, run, settings
from phiward_host.retention.rows import held_by
from phiward_host.retention.settings import Hold
from tests.golden import golden
from tests.support import OnDisk

DAY = 86_400
RULE: dict[str, object] = {
    "name": "sessions",
    "container": "db",
    "database": "api",
    "schema": "app",
    "table": "sessions",
    "timeColumn": "seen",
    "days": 90,
    "batch": 10,
    "anonymise": [],
}
HOLD: dict[str, object] = {
    "name": "case",
    "container": "db",
    "database": "api",
    "schema": "app",
    "table": "sessions",
    "column": "id",
    "value": "4'711",
    "owner": "anna",
    "until": "2999-01-01",
}
FACTS: dict[str, object] = {
    "kind": "r",
    "forced": False,
    "owner": "api",
    "required": [],
    "reaches": [],
    "columns": {"seen": "timestamp with time zone", "id": "uuid", "name": "text"},
}


class Retention(OnDisk):
    def setUp(self) -> None:
        super().setUp()
        self.asked: list[str] = []
        self.roles: list[str] = []
        self.acts: list[str] = []
        self.facts: object = FACTS
        self.counts, self.batches, self.left = "7 0", [0], 0
        self.failure = ""
        self.patch(waiting, "execute", self.execute)
        self.patch(maintenance, "reopened", self.reopened)
        self.patch(journal, "record", self.keep_act)
        self.declare()

    def declare(self, *holds: object, **changes: object) -> None:
        declared = json.dumps({"rules": [{**RULE, **changes}], "holds": holds})
        self.patch(settings, "SETTINGS", self.path("retention.json", declared))

    def reopened(self, cluster: ClusterSession, database: str, owner: str) -> ApplicationSession:
        return ApplicationSession(cluster.container, database, owner)

    def keep_act(self, act: str, message: str, **fields: str) -> None:
        self.acts.append(message)

    def execute(self, _: ApplicationSession, statements: Sequence[str], __: object = None) -> list[str]:
        sql = statements[-1]
        self.asked.append(sql)
        self.roles.append(statements[2])
        self.assertEqual(statements[0], "\\set VERBOSITY sqlstate")
        self.assertIn("statement_timeout", statements[1])
        if "'reaches'" in sql:
            return [json.dumps(self.facts)] if self.facts is not None else []
        if self.failure:
            raise Failed(self.failure)
        if "FILTER" in sql:
            return [self.counts]
        return [str(self.left if "AS found" in sql else self.batches.pop(0))]

    def main(self, *words: str) -> tuple[int, str]:
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            return main.main(words), said.getvalue()

    def known(self) -> record.Known:
        return record.load()["sessions"]

    def approve(self) -> None:
        self.main("run")
        self.assertEqual(self.main("approve", "sessions")[0], 0)
        self.asked.clear()

    def later(self, days: float, **more: float) -> None:
        """Moves all that is known into the past."""
        known = self.known()
        times = {name: getattr(known, name) for name in ("since", "counted", "approved", "last", "finished")}
        moved = {name: at - days * DAY for name, at in times.items() if at is not None}
        record.save({"sessions": known.but(**{**moved, **more})})

    def test_a_rule_counts_alone_until_a_person_approved_it(self) -> None:
        self.assertEqual(self.main("run"), (0, ""))
        self.assertFalse(any("DELETE" in sql for sql in self.asked))
        self.assertIn("7 rows would be deleted, 0 are held; nobody has approved it yet", self.acts[-1])
        self.assertEqual(self.main("approve", "sessions"), (0, ""))
        self.assertIn("approved by root: 7 rows are to be deleted", self.acts[-1])
        self.batches = [10, 10, 3]
        self.patch(run, "LEAST_PAUSE_SECONDS", 0)
        self.assertEqual(self.main("run"), (0, ""))
        self.assertEqual((self.known().rows, self.known().finished is not None), (23, True))
        self.assertIn("23 rows deleted", self.acts[-1])

    def test_another_rule_of_the_name_is_approved_anew_and_another_batch_is_no_other_rule(self) -> None:
        self.approve()
        self.declare(batch=20)
        self.main("done")
        self.assertIsNotNone(self.known().approved)
        self.declare(days=89)
        self.main("done")
        self.assertIsNone(self.known().approved)
        code, said = self.main("approve", "sessions")
        self.assertEqual(code, 1)
        self.assertIn("were not counted in the last 7 days", said)
        self.assertIn("found no such rule on this host, allowed: sessions", self.main("approve", "other")[1])

    def test_the_owner_ends_rows_by_quoted_names_and_held_ones_stay(self) -> None:
        self.declare(HOLD, {**HOLD, "name": "past", "value": "5", "until": "2020-01-01"}, {**HOLD, "database": "b"})
        self.approve()
        self.batches = [0]
        self.main("run")
        batch = next(sql for sql in self.asked if "DELETE" in sql)
        due = (
            '((t."seen" < pg_catalog.now() - pg_catalog.make_interval(days => 90)) AND NOT '
            "(coalesce(t.\"id\"::pg_catalog.text = '4''711', false)))"
        )
        self.assertEqual(
            batch,
            f'WITH due AS MATERIALIZED (SELECT t.ctid AS place FROM "app"."sessions" AS t WHERE {due} LIMIT 10 '
            'FOR UPDATE SKIP LOCKED), ended AS (DELETE FROM "app"."sessions" AS t WHERE t.ctid = ANY (ARRAY(SELECT '
            f"place FROM due)) AND {due} RETURNING 1) SELECT pg_catalog.count(*) FROM ended;",
        )
        self.assertEqual(self.roles[-1], 'SET ROLE "api";')
        self.facts = {**FACTS, "forced": True}
        self.main("show")
        self.assertEqual(self.roles[-1], 'SET ROLE "phiward_api";')

    def test_a_hold_keeps_a_number_or_an_id_however_its_column_writes_it(self) -> None:
        uuid = "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"
        for value, also in (
            ("7", """OR pg_catalog.to_jsonb(t."id") = '7'::pg_catalog.jsonb"""),
            ("-0.50", """OR pg_catalog.to_jsonb(t."id") = '-0.50'::pg_catalog.jsonb"""),
            (uuid, f"""OR t."id"::pg_catalog.text = '{uuid.lower()}'"""),
        ):
            self.assertIn(also, held_by([Hold.from_json({**HOLD, "value": value}, "hold")]))
        for value in ("07", "7e2", "٧", "a' OR true"):
            self.assertNotIn(" OR ", held_by([Hold.from_json({**HOLD, "value": value}, "hold")]).replace("a'' OR", ""))

    def test_anonymised_rows_are_known_again_by_what_they_hold(self) -> None:
        self.declare(anonymise=[{"column": "name", "text": "it's gone"}, {"column": "id", "text": None}])
        self.approve()
        self.batches = [0]
        self.main("run")
        batch = next(sql for sql in self.asked if 'UPDATE "app"' in sql)
        self.assertIn("""SET "name" = 'it''s gone', "id" = NULL WHERE""", batch)
        self.assertIn("""(t."name" IS DISTINCT FROM 'it''s gone' OR t."id" IS NOT NULL)""", batch)

    def test_a_hold_on_rows_that_would_go_along_stops_the_rule_and_is_no_fault(self) -> None:
        self.facts = {**FACTS, "reaches": [["app", "visits"]]}
        self.declare({**HOLD, "table": "visits"})
        self.assertEqual(self.main("run"), (0, ""))
        self.assertIn("rows of api: app.visits would end too, which the hold case keeps until 2999", self.acts[-1])
        self.assertEqual(len(self.asked), 1)

    def test_what_cannot_be_followed_is_said_and_nothing_of_a_database_s_text(self) -> None:
        cases: list[tuple[object, str]] = [
            (None, "found no such table"),
            ({**FACTS, "kind": "v"}, "another thing than a table of its own"),
            ({**FACTS, "owner": "postgres"}, "another thing than a table of its own"),
            ({**FACTS, "columns": {}}, "found no column seen"),
            ({**FACTS, "columns": {"seen": "text"}}, "seen of another type"),
            ({**FACTS, "columns": {"seen": "public.date"}}, "seen of another type"),
        ]
        for facts, words in cases:
            self.facts = facts
            code, said = self.main("run")
            self.assertEqual(code, 1)
            self.assertIn(words, said)
        self.facts = FACTS
        self.failure = "db: psql exited 3: psql:<stdin>:4: ERROR:  P0001"
        self.assertIn("with the code P0001: the service's own code in the table refused it", self.main("run")[1])
        self.failure = ""
        for counts in ("", "7", "-1 0", "7 x", f"{'9' * 30} 0"):
            self.counts = counts
            self.assertIn("something else than a number of rows", self.main("run")[1])

    def test_what_is_late_is_a_fault_each_day(self) -> None:
        self.approve()
        self.left = 1
        self.batches = [0, 0, 0]
        self.assertEqual(self.main("run"), (0, ""))
        self.later(4)
        self.assertIn("has rows that were due more than 3 days ago", self.main("run")[1])
        self.assertEqual(self.main("done")[0], 1)
        self.left = 0
        self.assertEqual(self.main("run"), (0, ""))
        self.assertEqual(self.main("done"), (0, "none is overdue\n"))

    def test_what_nobody_approves_is_a_fault_after_two_weeks(self) -> None:
        self.main("run")
        self.later(15)
        self.assertIn("rule sessions waits for its approval", self.main("run")[1])

    def test_rows_end_within_a_time_and_what_is_left_is_for_the_next_run(self) -> None:
        self.approve()
        self.patch(run, "RULE_SECONDS", 0)
        self.left = 1
        self.main("run")
        self.assertFalse(any("DELETE" in sql for sql in self.asked))
        self.assertIsNone(self.known().finished)

    def test_show_counts_and_says_all_but_rows(self) -> None:
        self.declare(HOLD)
        code, said = self.main("show")
        self.assertEqual(code, 0)
        answer = Fields.of(json.loads(said), "answer")
        self.assertEqual((answer.items("rules", Fields.of)[0].integer("due"), answer.texts("faults")), (7, []))
        self.assertNotIn("4'711", said)

    def test_settings_are_read_as_they_are_written(self) -> None:
        for path in golden("retention.json"):
            self.patch(settings, "SETTINGS", path)
            found = settings.declared()
            self.assertEqual([rule.name for rule in found.rules], ["sessions", "old-visits"])
            self.assertEqual([each.text for each in found.rules[1].replacements], ["erased", None])
            today = datetime.now(UTC).date()
            held = [hold for hold in found.holds if hold.until + timedelta(0) >= today]
            self.assertEqual(found.held("notes-api"), held)
