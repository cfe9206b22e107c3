"""Data of persons: what is asked of databases, what the register says, and that a restore brings nobody back."""

import contextlib
import io
import json
import os
import pathlib
import stat
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from unittest import mock

from phiward_host.backup import restore_record
from phiward_host.common import journal, process
from phiward_host.common.errors import Damaged, Failed
from phiward_host.databases import maintenance, waiting
from phiward_host.databases.session import ApplicationSession, ClusterSession
from phiward_host.subjects import again, main, register, settings, shown
from phiward_host.subjects.register import Register
from phiward_host.subjects.rows import Persons
from tests.golden import golden
from tests.support import OnDisk

PLACES: list[dict[str, object]] = [
    {"container": "db", "database": "api", "schema": "app", "table": "visits", "column": "patient", "anonymise": []},
    {
        "container": "db",
        "database": "api",
        "schema": "public",
        "table": "patients",
        "column": "code",
        "anonymise": [{"column": "name", "text": "erased"}],
    },
]
HOLD: dict[str, object] = {
    "name": "case",
    "container": "db",
    "database": "api",
    "schema": "app",
    "table": "visits",
    "column": None,
    "value": None,
    "owner": "anna",
    "until": "2999-01-01",
}
FACTS = {
    "kind": "r",
    "forced": False,
    "owner": "api",
    "required": [],
    "reaches": [["app", "scans"]],
    "columns": {"patient": "text", "code": "text", "name": "text"},
}
REF = "47'11"
HEX = REF.encode().hex()
WHY = "their letter of 3 May, request 12"
RECIPIENT = f"age1{'q' * 58}"


class Subjects(OnDisk):
    def setUp(self) -> None:
        super().setUp()
        self.asked: list[str] = []
        self.acts: list[str] = []
        self.rows = {"visits": 3, "patients": 1}
        self.columns = ["patient", "code", "name"]
        self.row = json.dumps({"patient": REF, "note": "<b>"})
        self.limits: list[tuple[str, waiting.Limits]] = []
        self.failure = ""
        # Whether rows were erased, and whether a trigger of the service keeps them.
        self.gone, self.keeps = False, False
        self.patch(waiting, "execute", self.execute)
        self.patch(maintenance, "reopened", self.reopened)
        self.patch(journal, "record", self.keep_act)
        self.declare()

    def declare(self, *holds: object, files: Sequence[object] = ()) -> None:
        key = self.path("key", "secret of this host\n")
        text = json.dumps({"key": key, "places": PLACES, "holds": holds, "files": files})
        self.patch(settings, "SETTINGS", self.path("subjects.json", text))

    def reopened(self, cluster: ClusterSession, database: str, owner: str) -> ApplicationSession:
        return ApplicationSession(cluster.container, database, owner)

    def keep_act(self, act: str, message: str, **fields: str) -> None:
        self.acts.append(f"{message} {fields}")

    def execute(
        self, session: ApplicationSession, statements: Sequence[str], limits: waiting.Limits = waiting.AT_DEPLOY
    ) -> list[str]:
        if "jsonb_agg(a.attname)" in statements[0]:
            return [json.dumps(self.columns if any(f"'{name}'" in statements[0] for name in self.rows) else [])]
        self.limits.append((statements[1], limits))
        found: list[str] = []
        for sql in statements[3:]:
            self.asked.append(f"{session.database}: {sql}")
            if "'reaches'" in sql:
                return [json.dumps(FACTS)]
            if self.failure:
                raise Failed(self.failure)
            table = next((name for name in self.rows if f'"{name}"' in sql), "")
            if "jsonb_agg" in sql:
                found.append(f"[{', '.join([self.row] * self.rows[table])}]")
            elif table and ("DELETE" in sql or "UPDATE" in sql):
                self.gone = not self.keeps
                found.append(str(self.rows[table] if HEX in sql else 0))
            elif table:
                found.append(str(self.rows[table] if HEX in sql and not self.gone else 0))
        return found

    def main(self, verb: str, **question: str) -> tuple[int, str]:
        said = io.StringIO()
        text = json.dumps({"ref": REF, "why": WHY, "recipient": RECIPIENT, **question})
        read = mock.Mock(buffer=io.BytesIO(text.encode()))
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), mock.patch.object(sys, "stdin", read):
            return main.main([verb]), said.getvalue()

    def entry(self, reference: str = REF) -> str:
        return register.hash_of(settings.declared().key, reference)

    def erased(self) -> set[str]:
        return set(register.load().erased)


class EraseTest(Subjects):
    def test_all_places_of_a_database_in_one_transaction_by_no_text_of_the_reference(self) -> None:
        code, said = self.main("erase")
        self.assertEqual((code, json.loads(said)["rows"]), (0, {"api: app.visits": 3, "api: public.patients": 1}))
        value = f"IN (pg_catalog.convert_from(pg_catalog.decode('{HEX}', 'hex'), 'UTF8'))"
        self.assertEqual(
            self.asked[-6:-2],
            [
                "api: BEGIN;",
                f'api: WITH ended AS (DELETE FROM "app"."visits" AS t WHERE t."patient"::pg_catalog.text {value} '
                "RETURNING 1) SELECT pg_catalog.count(*) FROM ended;",
                'api: WITH ended AS (UPDATE "public"."patients" AS t SET "name" = \'erased\' WHERE '
                f't."code"::pg_catalog.text {value} RETURNING 1) SELECT pg_catalog.count(*) FROM ended;',
                "api: COMMIT;",
            ],
        )
        self.assertEqual((self.erased(), register.load().begun), ({self.entry()}, {}))

    def test_neither_register_nor_journal_has_the_reference(self) -> None:
        self.main("request")
        self.main("erase")
        text = pathlib.Path(register.path()).read_text()
        for name in (REF, HEX, json.dumps(REF)):
            self.assertNotIn(name, text + "".join(self.acts))
        self.assertIn(WHY, self.acts[-1])
        self.assertNotEqual(self.entry(), self.entry("4712"))

    def test_one_that_failed_is_no_entry_of_the_erased_and_can_be_done_again(self) -> None:
        self.failure = "db: psql exited 3: ERROR:  23503"
        self.rows = {"visits": 3, "patients": 1}
        self.assertIn("code 23503", self.main("erase")[1])
        self.assertEqual(self.erased(), set())
        self.failure = ""
        register.save(Register(begun={self.entry(): time.time() - 2 * register.DAY}))
        self.assertEqual(register.late(register.load()), ["1 erasures were begun and not finished; do them again"])
        # It had gone as far as the end of its transaction.
        self.rows = {"visits": 0, "patients": 0}
        self.assertEqual(self.main("erase")[0], 0)
        self.assertEqual((self.erased(), register.load().begun), ({self.entry()}, {}))

    def test_rows_that_a_trigger_keeps_are_no_erasure(self) -> None:
        self.keeps = True
        code, said = self.main("erase")
        self.assertEqual((code, "still there" in said), (1, True))
        self.assertEqual(self.erased(), set())

    def test_a_reference_of_nobody_is_refused(self) -> None:
        self.rows = {"visits": 0, "patients": 0}
        self.assertIn("found no row of it", self.main("erase")[1])
        self.assertEqual(self.erased(), set())
        for ref in ("", "x" * 201, "a\nb"):
            self.assertIn("REF: found another text", self.main("erase", ref=ref)[1])
        self.assertIn("--why: found another text", self.main("erase", why="short")[1])

    def test_what_a_legal_hold_keeps_is_refused(self) -> None:
        for hold in (HOLD, {**HOLD, "table": "scans"}):
            self.declare(hold)
            self.assertIn("the hold case of anna keeps until 2999-01-01", self.main("erase")[1])
        for hold in ({**HOLD, "until": "2020-01-01"}, {**HOLD, "table": "others"}):
            self.declare(hold)
            self.assertEqual(self.main("erase")[0], 0)


class RequestTest(Subjects):
    def test_is_due_in_a_month_and_said_a_week_before(self) -> None:
        self.assertEqual(self.main("request")[0], 0)
        self.assertEqual(register.late(register.load()), [])
        at = time.time() - 24 * register.DAY
        register.save(Register(requests={self.entry(): at}))
        self.assertRegex(
            register.late(register.load())[0], "^1 requests of persons wait for an answer, the first until 20"
        )
        # Asked once more, it is due as before.
        self.main("request")
        self.assertEqual(register.load().requests, {self.entry(): at})
        self.assertEqual(json.loads(self.main("list")[1])["requests"][0]["entry"], self.entry())
        self.main("erase")
        self.assertEqual(register.late(register.load()), [])


class ExportTest(Subjects):
    def test_is_encrypted_to_the_key_and_answers_the_request(self) -> None:
        age = pathlib.Path(self.path("bin/age", f"#!/bin/sh\ncat > {self.root}/plain; echo sealed for $3\n"))
        age.chmod(stat.S_IRWXU)
        path = f"{self.root}/bin:{os.environ['PATH']}"
        self.patch(process, "ENVIRONMENT", {**process.ENVIRONMENT, "PATH": path})
        self.main("request")
        code, said = self.main("export")
        self.assertEqual((code, json.loads(said)["sealed"]), (0, f"sealed for {RECIPIENT}\n"))
        self.assertEqual(register.load().requests, {})
        plain = pathlib.Path(self.root, "plain").read_bytes()
        self.assertIn(b"data.html", plain)
        self.assertIn(b"<td>&lt;b&gt;</td>", plain)
        self.assertIn("--recipient", self.main("export", recipient="-i/etc/shadow")[1])

    def test_numbers_are_those_of_the_database_digit_by_digit(self) -> None:
        age = pathlib.Path(self.path("bin/age", f"#!/bin/sh\ncat > {self.root}/plain; echo sealed\n"))
        age.chmod(stat.S_IRWXU)
        self.patch(process, "ENVIRONMENT", {**process.ENVIRONMENT, "PATH": f"{self.root}/bin:{os.environ['PATH']}"})
        long = "9" * 5000
        numbers = f'"cost": 0.10, "big": {long}.05, "id": {long}, "in": {{"a": [-1.50]}}'
        self.row = f'{{{numbers}, "text": "\\\\u00001", "n": "1.0"}}'
        self.assertEqual(self.main("export")[0], 0)
        plain = pathlib.Path(self.root, "plain").read_text()
        for words in (
            '"cost": 0.10,',
            f'"big": {long}.05,',
            f'"id": {long},',
            "-1.50\n",
            '"text": "\\\\u00001"',
            '"n": "1.0"',
        ):
            self.assertIn(words, plain)
        for words in ("<td>0.10</td>", f"<td>{long}</td>", "<td>{&quot;a&quot;: [-1.50]}</td>"):
            self.assertIn(words, plain)
        self.assertNotIn('"\\u0000', plain)

    def test_a_page_shows_every_column_of_every_row(self) -> None:
        page = shown.page({"t": [{"a": None, "b": {"c": 1}}, {"d": "é"}]})
        self.assertIn("<th>a</th><th>b</th><th>d</th>", page)
        self.assertIn("<td></td><td>{&quot;c&quot;: 1}</td><td></td>", page)


class AgainTest(Subjects):
    def setUp(self) -> None:
        super().setUp()
        lines = "\n".join(text.encode().hex() for text in ("1", REF, "ü"))
        answer = pathlib.Path(self.path("bin/docker", f"#!/bin/sh\ncat > {self.root}/sql\necho '{lines}'\n"))
        answer.chmod(stat.S_IRWXU)
        path = f"{self.root}/bin:{os.environ['PATH']}"
        self.patch(process, "ENVIRONMENT", {**process.ENVIRONMENT, "PATH": path})

    def test_whoever_was_erased_is_erased_in_the_restored_database_before_it_is_in_place(self) -> None:
        register.save(Register(erased={self.entry(): 1.0, self.entry("ü"): 1.0, "0" * 64: 1.0}))
        self.assertEqual(again.erase_again("db", "api_restored", "api"), 4)
        self.assertTrue(all(sql.startswith("api_restored: ") for sql in self.asked))
        values = [sql for sql in self.asked if "DELETE" in sql]
        self.assertTrue(HEX in values[0] and "ü".encode().hex() in values[0] and "'31'" not in values[0])
        self.assertIn("2 persons who had been erased were erased again", self.acts[-1])

    def test_a_table_that_the_backup_does_not_have_yet_holds_no_restore_up(self) -> None:
        register.save(Register(erased={self.entry(): 1.0}))
        self.rows = {}
        self.assertEqual(again.erase_again("db", "api_restored", "api"), 0)
        self.assertEqual(self.asked, [])

    def test_what_is_anonymised_in_columns_that_a_backup_does_not_have_yet_is_as_far_as_there_is(self) -> None:
        register.save(Register(erased={self.entry(): 1.0}))
        self.columns = ["patient", "code"]
        self.assertEqual(again.erase_again("db", "api_restored", "api"), 3)
        self.assertFalse([sql for sql in self.asked if "UPDATE" in sql or 'DELETE FROM "public"' in sql])

    def test_takes_as_long_as_it_needs_where_no_service_waits_for_it(self) -> None:
        register.save(Register(erased={self.entry(): 1.0}))
        again.erase_again("db", "api_restored", "api")
        limit, limits = self.limits[-1]
        self.assertIn("SET statement_timeout = '21600s'", limit)
        self.assertIsNone(limits.total)
        self.main("erase")
        limit, limits = self.limits[-1]
        self.assertIn("SET statement_timeout = '60s'", limit)
        self.assertEqual(limits, waiting.AT_DEPLOY)

    def test_a_database_that_came_back_without_is_named_each_day_until_it_is_done_again(self) -> None:
        register.save(Register(erased={self.entry(): 1.0}, returned={"api": 2.0, "gone": 3.0}))
        self.assertRegex(
            register.late(register.load())[0], "may be back in the database api, .*npx phiward subject again"
        )
        self.failure = "db: psql exited 3: ERROR:  23503"
        code, said = self.main("again")
        self.assertEqual((code, list(json.loads(said)["left"])), (0, ["api"]))
        self.assertEqual(json.loads(self.main("list")[1])["returned"], ["api"])
        self.failure = ""
        self.assertEqual(json.loads(self.main("again")[1]), {"rows": {"api": 4}, "files": {}, "left": {}})
        self.assertEqual(register.late(register.load()), [])
        self.assertIn("erased again in 1 databases, 4 rows, and in 0 volumes, 0 files", self.acts[-1])

    def test_nothing_is_asked_where_nobody_was_erased_or_nothing_is_declared(self) -> None:
        self.assertEqual(again.erase_again("db", "api_restored", "api"), 0)
        register.save(Register(erased={self.entry(): 1.0}))
        self.assertEqual(again.erase_again("db", "other_restored", "other"), 0)
        self.assertEqual(self.asked, [])

    def test_fails_where_it_cannot_be_done_so_that_nothing_is_put_in_place(self) -> None:
        register.save(Register(erased={self.entry(): 1.0}))
        self.failure = "db: psql exited 3: ERROR:  P0001"
        with self.assertRaisesRegex(Failed, "P0001"):
            again.erase_again("db", "api_restored", "api")
        answer = pathlib.Path(self.root, "bin/docker")
        for words, said in (("echo zz", "something else than references"), ("exit 3", "references cannot be read")):
            answer.write_text(f"#!/bin/sh\ncat > /dev/null; {words}\n")
            with self.assertRaisesRegex(Failed, said):
                Persons(ApplicationSession("db", "x", "api"), settings.declared().places, []).matching(lambda _: True)

    def test_a_register_of_a_backup_takes_nobody_out(self) -> None:
        before = Register(erased={"a": 2.0}, requests={"c": 3.0})
        register.save(Register(erased={"b": 1.0}, requests={"d": 1.0}))
        register.united(before)
        self.assertEqual(register.load(), Register(erased={"a": 2.0, "b": 1.0}, requests={"c": 3.0}))

    def test_a_power_cut_between_a_restored_register_and_its_end_takes_nobody_out(self) -> None:
        register.save(Register(erased={"a": 2.0}, requests={"c": 3.0}))
        register.keep(without=False)
        register.note_returned("api", 5.0)
        # The file of a backup came back; then the host went down, before anything else was done.
        register.save(Register(erased={"b": 1.0}, requests={"d": 1.0}))
        restore_record.end_killed()
        known = Register(erased={"a": 2.0, "b": 1.0}, requests={"c": 3.0}, returned={"api": 5.0})
        self.assertEqual(register.load(), known)
        self.assertFalse(os.path.exists(register.before_path()))
        # Nor does the next restore, should nothing have run in between.
        register.keep(without=False)
        register.save(Register(erased={"b": 1.0}))
        register.keep(without=False)
        register.note_returned("api", None)
        register.finish()
        self.assertEqual(register.load(), replace(known, returned={}))

    def test_a_register_that_is_lost_holds_a_restore_up_unless_it_does_without(self) -> None:
        register.begin()
        pathlib.Path(register.path()).write_text("{")
        with self.assertRaises(Damaged):
            register.keep(without=False)
        register.keep(without=True)
        register.note_returned("api", 5.0)
        register.finish()
        self.assertEqual(register.load(), Register(returned={"api": 5.0}))

    def test_a_damaged_register_is_said_and_never_begun_again(self) -> None:
        register.begin()
        for text in ("", "{", '{"erased": 1}'):
            pathlib.Path(register.path()).write_text(text)
            with self.assertRaises(Damaged):
                again.erase_again("db", "api_restored", "api")
        self.path("key", "")
        with self.assertRaisesRegex(Failed, "found no key of the register"):
            self.entry()


class SettingsTest(Subjects):
    def test_are_read_as_they_are_written(self) -> None:
        for path in golden("subjects.json"):
            self.patch(settings, "SETTINGS", path)
            found = settings.declared()
            self.assertEqual(
                [str(place.table) for place in found.places], ["notes-api: app.visits", "notes-api: public.patients"]
            )
            (places,) = found.by_volume().values()
            self.assertEqual(
                [(place.name, place.label) for place in places],
                [
                    ("phiward-notes-api.attachments", f"notes-api/attachments: {path}")
                    for path in ("scans/{ref}/", "letters/*/{ref}-*.pdf")
                ],
            )
