"""Sessions in databases, and whole restores: in what order things happen, and what is on record, with fake programs."""

import json
import os
import pathlib

from phiward_host.backup import restore as module
from phiward_host.backup.databases import swap
from phiward_host.backup.mounts import stopped, users_of
from phiward_host.backup.postgres import Reading, manifest_of
from phiward_host.backup.request import RestoreRequest
from phiward_host.backup.restore import restore
from phiward_host.common.errors import Failed, Refused
from phiward_host.databases.session import ApplicationSession, ClusterSession
from tests.backup.examples import settings
from tests.backup.fake_database import TABLE, DatabasesTest
from tests.backup.test_repository import listed, manifest


class RestoreTest(DatabasesTest):
    def setUp(self) -> None:
        super().setUp()
        self.patch(module, "AUDIT", f"{self.home}/log/restores.log")
        self.config = settings(repository=f"{self.home}/restic")

    def audit(self) -> list[dict[str, object]]:
        path = pathlib.Path(self.home, "log/restores.log")
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def backed_up(self, **tables: tuple[int, str]) -> None:
        whole = json.loads(manifest("new"))
        whole["databases"]["db/api"]["tables"] = {f"public.{name}": found for name, found in tables.items()}
        entries = [
            listed("bb1", "2026-01-02T00:00:00Z", "new", "db/api"),
            listed("bb2", "2026-01-02T00:01:00Z", "new", "files"),
        ]
        self.answer("restic", "snapshots", json.dumps(entries))
        self.answer("restic", "dump bb2", json.dumps(whole))
        self.answer("restic", "dump bb1", "a dump")

    def test_reads_a_database_in_one_transaction_that_changes_nothing(self) -> None:
        found = manifest_of(ApplicationSession("db", "api"))
        self.assertEqual((found.rows, found.tables["public.a"].checksum, found.encoding), (1, "2", "UTF8"))
        said = self.docker()
        self.assertIn("exec --interactive db psql --no-psqlrc", said)
        self.assertIn("user='phiward_api' dbname='api'", said)
        self.assertNotIn("user='postgres' dbname='api'", said)
        self.assertIn("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;", said)
        self.assertIn('FROM ONLY "public"."a" AS "phiward row"', said)

    def test_says_which_database_does_not_answer(self) -> None:
        self.psql({**TABLE, "FAIL": "BEGIN"})
        with (
            Reading(ApplicationSession("db", "api")) as reading,
            self.assertRaisesRegex(Failed, "^database api in db: it"),
        ):
            reading.export()

    def test_a_swap_renames_both_in_one_transaction_and_keeps_the_old_one(self) -> None:
        self.psql({"count(*)": "1"})
        self.assertEqual(swap(ClusterSession("db"), "api", "api_restored", "api_before_x"), "api_before_x")
        self.assertIn(
            "BEGIN; SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname IN ('api', 'api_restored'); "
            'ALTER DATABASE "api" RENAME TO "api_before_x"; ALTER DATABASE "api_restored" RENAME TO "api"; COMMIT;',
            self.docker(),
        )
        self.psql({"count(*)": "0"})
        self.assertIsNone(swap(ClusterSession("db"), "api", "api_restored", "api_before_x"))
        self.psql({"count(*)": "1", "FAIL": "BEGIN"})
        with self.assertRaisesRegex(Failed, "^database api: it still has active connections; the old one is in place"):
            swap(ClusterSession("db"), "api", "api_restored", "api_before_x")

    def ask(self, what: str) -> RestoreRequest:
        return RestoreRequest(what, "local", "alice", "lost", passwords=("other",))

    def test_restores_a_database_beside_the_old_one_then_swaps_and_leaves_a_record(self) -> None:
        self.backed_up(a=(1, "2"))
        self.psql({**TABLE, "count(*) FROM pg_database": "1"})
        answer = restore(self.config, self.ask("database:api")).to_json()
        self.assertEqual((answer["run"], answer["databases"]), ("new", {"api": {"tables": 1, "rows": 1}}))
        self.assertRegex(str(answer["kept"]), r"^\['api_before_\d{8}t\d{6}z'\]$")
        self.assertEqual((answer["files"], answer["takenAt"]), (0, "2026-01-01T00:00:00Z"))
        said = self.docker()
        order = [
            'CREATE DATABASE "api_restored" OWNER "api"',
            "pg_restore",
            "  a dump",
            'REASSIGN OWNED BY "phiward_api" TO "api"',
            "ANALYZE",
            "BEGIN ISOL",
            "RENAME TO",
        ]
        self.assertEqual(sorted(order, key=said.index), order)
        self.assertIn("--no-privileges --role=api --exit-on-error --single-transaction --dbname=", said)
        self.assertIn("user='phiward_api' dbname='api_restored'", said)
        self.assertNotIn("user='postgres' dbname='api", said)
        begun, done = self.audit()
        self.assertEqual((begun["event"], begun["who"], begun["snapshot"]), ("begun", "alice", None))
        self.assertEqual(
            (done["event"], done["databases"], done["what"]), ("done", answer["databases"], "database:api")
        )
        self.assertNotIn("other", json.dumps([begun, done]))

    def test_replaces_nothing_by_what_is_not_what_was_backed_up(self) -> None:
        self.backed_up(a=(2, "2"))
        words = "what was restored is not what was backed up: table public.a: found 1 rows, backed up were 2"
        with self.assertRaisesRegex(Failed, f"^database api_restored: {words}; nothing was replaced"):
            restore(self.config, self.ask("database:api"))
        said = self.docker()
        self.assertEqual(said.count('DROP DATABASE IF EXISTS "api_restored" WITH (FORCE);'), 2)
        self.assertNotIn("RENAME", said)
        self.assertEqual([entry["event"] for entry in self.audit()], ["begun", "failed"])
        self.assertIn("nothing was replaced. Try another backup with --snapshot", str(self.audit()[1]["reason"]))

    def test_opens_a_repository_by_a_password_that_was_handed_over_and_adds_its_own(self) -> None:
        self.backed_up(a=(1, "2"))
        self.answer("restic", f"--password-file {self.config.password_file} --retry-lock 45m", code=12)
        pathlib.Path(f"{self.home}/there").write_text("old", encoding="utf-8")
        with self.assertRaisesRegex(Refused, "^/srv/gone: not in this backup; nothing was replaced"):
            restore(self.config, self.ask("file:/srv/gone"))
        self.assertEqual(self.audit()[1]["event"], "failed")
        keyed = [call.argv for call in self.calls("restic") if "key" in call.argv]
        self.assertEqual(keyed, [])
        answer = restore(self.config, RestoreRequest("all", "local", "alice", "lost", passwords=("other",)))
        self.assertEqual(answer.files, 0)
        keyed = [call.argv for call in self.calls("restic") if "key" in call.argv]
        self.assertEqual(keyed[0][-4:], ["key", "add", "--new-password-file", self.config.password_file])
        with self.assertRaisesRegex(Refused, "has another password than this host"):
            restore(self.config, RestoreRequest("all", "local", "alice", "lost"))

    def test_names_the_containers_that_use_a_path_and_starts_them_again_whatever_happens(self) -> None:
        mounts: list[dict[str, object]] = [
            {"Name": "/reader", "Mounts": [{"Source": "/srv/files"}]},
            {"Name": "/other", "Mounts": [{}]},
        ]
        self.psql({"ps --quiet": "1\n2\n", "inspect": json.dumps(mounts)})
        for path, users in (("/srv/files/a", ["reader"]), ("/srv", ["reader"]), ("/srv/filesystem", [])):
            self.assertEqual(users_of([path]), users)
        with self.assertRaises(KeyError), stopped(["reader"]):
            raise KeyError
        update = "update --restart {} reader"
        calls = [update.format("always"), "stop reader", "start reader", update.format("unless-stopped")]
        self.assertEqual(self.docker().splitlines()[-4:], calls)
        self.assertFalse(os.path.exists(f"{self.home}/base/restores/new"))
