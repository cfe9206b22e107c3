"""Sessions in databases, and whole restores: in what order things happen, and what is on record, with fake programs."""

import json
import os
import pathlib
from collections.abc import Sequence
from dataclasses import replace
from unittest import mock

from phiward_host.backup import databases, emergency, erasing, postgres, restore_record, scratch, status
from phiward_host.backup import restore as module
from phiward_host.backup.cleanup import remove_leftovers
from phiward_host.backup.databases import swap
from phiward_host.backup.files import Restored
from phiward_host.backup.kept import kept
from phiward_host.backup.mounts import stopped, users_of
from phiward_host.backup.postgres import Reading, await_server, manifest_of
from phiward_host.backup.request import RestoreRequest
from phiward_host.backup.restore import restore
from phiward_host.backup.settings import Cache, Job
from phiward_host.common.errors import Failed, Refused
from phiward_host.containers import initialize
from phiward_host.databases import waiting
from phiward_host.databases.session import ApplicationSession, ClusterSession
from phiward_host.subjects import register
from phiward_host.subjects.register import Register
from tests.backup.examples import settings
from tests.backup.fake_database import TABLE, DatabasesTest
from tests.backup.test_repository import manifest, run_of, sealed


class RestoreTest(DatabasesTest):
    def setUp(self) -> None:
        super().setUp()
        self.patch(restore_record, "AUDIT", f"{self.home}/log/restores.log")
        self.patch(status, "METRICS_DIRECTORY", f"{self.home}/metrics")
        self.config = settings(repository=f"{self.home}/restic")

    def audit(self) -> list[dict[str, object]]:
        path = pathlib.Path(self.home, "log/restores.log")
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def backed_up(self, **tables: tuple[int, str]) -> None:
        whole = json.loads(manifest("new"))
        whole["databases"]["db/api"]["tables"] = {f"public.{name}": found for name, found in tables.items()}
        self.answer("restic", "snapshots", json.dumps(run_of("bb", "2026-01-02", "new")))
        self.answer("restic", "dump bb3", sealed(json.dumps(whole)))
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

    def test_a_docker_that_hangs_is_named_and_not_asked_for_ever(self) -> None:
        script = pathlib.Path(self.home, "bin/docker")
        script.write_text("#!/bin/sh\nexec /bin/sleep 60\n", encoding="utf-8")
        self.patch(postgres, "DOCKER_SECONDS", 0.2)
        with self.assertRaisesRegex(Failed, r"^the database server db cannot be asked: Docker did not answer within"):
            await_server("db", 120, "")

    def test_a_server_that_starts_is_awaited_from_within_its_container(self) -> None:
        enter = f'echo "$@" >> {self.home}/starts; shift 3; PATH="$PATH:/bin:/usr/bin"; exec /bin/sh "$2" "$3"'
        third = f"echo >> {self.home}/looks; [ $(wc -l < {self.home}/looks) -ge 3 ]"
        scripts = {"docker": f"#!/bin/sh\n{enter}\n", "pg_isready": f"#!/bin/sh\n{third}\n"}
        for name, text in scripts.items():
            script = pathlib.Path(self.home, "bin", name)
            script.write_text(text, encoding="utf-8")
            script.chmod(0o700)
        await_server("db", 120, "")
        counts = [pathlib.Path(self.home, name).read_text(encoding="utf-8").count("\n") for name in ("starts", "looks")]
        self.assertEqual(counts, [1, 3])

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

    def test_a_swap_that_waits_for_somebody_s_lock_ends_names_them_and_leaves_no_copy(self) -> None:
        self.backed_up(a=(1, "2"))
        self.patch(waiting, "WATCH_SECONDS", 0.05)
        self.patch(databases, "SWAP_LOCK_SECONDS", 0)
        waits = json.dumps([{"relation": None, "holders": ["7 of postgres (idle in transaction)"]}])
        answers = {**TABLE, "count(*) FROM pg_database": "1", "pg_blocking_pids": waits, "FAIL": "RENAME TO"}
        self.psql(answers)
        with self.assertRaisesRegex(Failed, "^database postgres in db: given up after waiting .* held by session 7 of"):
            restore(self.config, self.ask("database:api"))
        self.assertIn('DROP DATABASE IF EXISTS "api_restored"', self.docker().split("RENAME TO")[-1])

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
        self.assertIn("--no-privileges --role=api --exit-on-error --transaction-size=100 --dbname=", said)
        self.assertIn("user='phiward_api' dbname='api_restored'", said)
        self.assertNotIn("user='postgres' dbname='api", said)
        begun, done = self.audit()
        self.assertEqual((begun["event"], begun["who"], begun["snapshot"]), ("begun", "alice", None))
        self.assertEqual(
            (done["event"], done["databases"], done["what"]), ("done", answer["databases"], "database:api")
        )
        self.assertNotIn("other", json.dumps([begun, done]))

    def test_empties_the_cache_of_a_service_whose_database_came_back_and_no_other(self) -> None:
        self.backed_up(a=(1, "2"))
        secret = pathlib.Path(self.home, "secret")
        secret.write_text("of-the-host\n", encoding="utf-8")
        caches = (Cache("cache", "api", str(secret)), Cache("others-cache", "others", str(secret)))
        config = replace(self.config, caches=caches)
        asked = {**TABLE, "count(*) FROM pg_database": "1", "AUTH phiward": "OK"}
        self.psql({**asked, "FLUSHALL": "OK"})
        restore(config, self.ask("database:api"))
        said = self.docker()
        self.assertLess(said.index("RENAME TO"), said.index("  FLUSHALL"))
        self.assertIn("exec --interactive cache redis-cli", said)
        self.assertNotIn("others-cache", said)
        self.assertNotIn("of-the-host", "".join(line for line in said.splitlines() if not line.startswith("  ")))
        self.psql({**asked, "FLUSHALL": "NOPERM"})
        forgotten: list[int] = []
        before = said.count("RENAME TO")
        self.patch(initialize, "forget", lambda: forgotten.append(self.docker().count("RENAME TO")))
        with self.assertRaisesRegex(
            Failed, "^database api: it is restored, and the cache cache still answers from bef"
        ):
            restore(config, self.ask("database:api"))
        self.assertEqual(self.audit()[-1]["event"], "failed")
        # The data came back: its migrations run again, and were so noted before the first of it was replaced.
        self.assertEqual(forgotten, [before])
        self.assertGreater(self.docker().count("RENAME TO"), before)

    def test_finds_a_database_whose_service_had_another_name_in_the_backup_that_was_named_alone(self) -> None:
        self.backed_up(a=(1, "2"))
        servers = tuple(replace(server, service="renamed") for server in self.config.databases)
        config = replace(self.config, databases=servers)
        with self.assertRaises(Refused):
            restore(config, self.ask("database:api"))
        self.psql({**TABLE, "count(*) FROM pg_database": "1"})
        answer = restore(config, replace(self.ask("database:api"), snapshot="new")).to_json()
        self.assertEqual(answer["run"], "new")
        self.assertIn("exec --interactive renamed pg_restore", self.docker())

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
        self.config = settings(repository=f"{self.home}/restic", paths=["/srv/gone"])
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

    def placed(self, what: str, **changes: object) -> list[str]:
        """The paths that a restore of a run of `/srv`, a volume and more puts in place."""
        saved = ["/srv", "/etc/sudoers.d/x", "/volumes/v"]
        whole = manifest("new", saved, volumes={"v": "/volumes/v", "other": "/etc/systemd/system"})
        self.answer("restic", "snapshots", json.dumps(run_of("bb", "2026-01-02", "new")))
        self.answer("restic", "dump bb3", sealed(whole))
        self.answer("restic", "dump bb1", "a dump")
        found: list[str] = []

        def in_place(_: object, __: object, wanted: Sequence[str], *rest: object) -> Restored:
            found.extend(wanted)
            return Restored(len(wanted), None)

        self.patch(module, "restore_in_place", in_place)
        restore(settings(repository=f"{self.home}/restic", databases=[], **changes), self.ask(what))
        return found

    def test_puts_in_place_what_this_host_declares_whatever_the_backup_says(self) -> None:
        self.psql({"volume inspect": "/volumes/v\n"})
        self.assertEqual(self.placed("all", paths=["/srv"], volumes=["v"]), ["/srv", "/volumes/v"])
        self.assertEqual(self.placed("all", paths=["/srv/files"], volumes=[]), [])
        self.assertEqual(self.placed("file:/srv/a", paths=["/srv"]), ["/srv/a"])
        for path in ("/etc/sudoers.d/x", "/volumes/v/a", "/srv/filesystem"):
            with self.assertRaisesRegex(
                Refused, f"^{path}: this host declares no such path, volume or secret; nothing wa"
            ):
                self.placed(f"file:{path}", paths=["/srv/files"])
        self.psql({"volume inspect": "/elsewhere\n"})
        with self.assertRaisesRegex(Refused, "^volume v: backed up from /volumes/v, and here at /elsewhere"):
            self.placed("all", paths=["/srv"], volumes=["v"])

    def test_fetches_everything_before_the_first_is_put_in_place_and_says_what_was_when_one_fails(self) -> None:
        self.backed_up(a=(1, "2"))
        self.psql({**TABLE, "count(*) FROM pg_database": "1"})
        self.config = settings(repository=f"{self.home}/restic", paths=["/srv"])

        def full(*rest: object) -> Restored:
            ready = rest[-1]
            assert callable(ready)
            self.assertNotIn("RENAME", self.docker())
            ready()
            raise Failed("/srv: no space left")

        self.patch(module, "restore_in_place", full)
        words = (
            r"^/srv: no space left\. Of this restore, done is: database api is replaced, the old one is api_before_\d"
        )
        with self.assertRaisesRegex(Failed, words):
            restore(self.config, self.ask("all"))
        self.assertRegex(str(self.audit()[-1]["reason"]), words)

        def refused(*_: object) -> Restored:
            raise Failed("/srv: not in this backup; nothing was replaced")

        self.patch(module, "restore_in_place", refused)
        with self.assertRaisesRegex(Failed, "nothing was replaced$"):
            restore(self.config, self.ask("all"))

    def test_what_nobody_signed_is_restored_on_an_explicit_word_which_is_on_record(self) -> None:
        self.backed_up(a=(1, "2"))
        self.psql({**TABLE, "count(*) FROM pg_database": "1"})
        self.answer("ssh-keygen", "verify", code=255)
        with self.assertRaisesRegex(Refused, "^local: backup new: it is not signed by this host"):
            restore(self.config, self.ask("database:api"))
        answer = restore(self.config, replace(self.ask("database:api"), unsigned=True))
        self.assertFalse(answer.signed)
        self.assertEqual([entry.get("unsigned") for entry in self.audit()], [None, None, True, True])

    def test_a_backup_older_than_the_last_is_restored_only_by_name(self) -> None:
        self.backed_up(a=(1, "2"))
        self.psql({**TABLE, "count(*) FROM pg_database": "1"})
        status.record("local", Job.BACKUP, {"run": "newer"})
        with self.assertRaisesRegex(Refused, "^local: the backup newer, which this host made there, is gone"):
            restore(self.config, self.ask("database:api"))
        self.assertEqual(restore(self.config, replace(self.ask("database:api"), snapshot="new")).run, "new")

    def test_a_restore_that_was_killed_goes_on_record_and_its_copy_of_the_data_goes(self) -> None:
        remove_leftovers()
        self.assertFalse(os.path.exists(restore_record.AUDIT))
        restore_record.note({"who": "alice", "why": "lost"}, {"api": "db"})
        remove_leftovers()
        self.assertEqual([(entry["event"], entry["who"]) for entry in self.audit()], [("killed", "alice")])
        self.assertIn('DROP DATABASE IF EXISTS "api_restored" WITH (FORCE);', self.docker())
        remove_leftovers()
        self.assertEqual(len(self.audit()), 1)

    def test_erased_persons_come_back_only_where_who_asks_says_so_and_everybody_hears_of_it(self) -> None:
        self.backed_up(a=(1, "2"))
        self.psql({**TABLE, "count(*) FROM pg_database": "1"})
        register.save(Register(erased={"a": 1.0}))
        heard: list[str] = []

        def hear(what: str, said: str) -> None:
            heard.append(f"{what}: {said}")

        def refuse(*_: object) -> int:
            raise Failed("database api: PostgreSQL refused it with the code 23503")

        self.patch(emergency, "alert", hear)
        self.patch(erasing, "erase_again", refuse)
        words = "^erased persons cannot be erased again: .*23503; nothing was replaced.* --without-erasures REASON"
        with self.assertRaisesRegex(Failed, words):
            restore(self.config, self.ask("database:api"))
        self.assertNotIn("RENAME", self.docker())
        self.assertEqual((heard, register.load()), ([], Register(erased={"a": 1.0})))
        why = "the table has its key since May"
        answer = restore(self.config, replace(self.ask("database:api"), without_erasures=why)).to_json()
        self.assertEqual(answer["returned"], ["api"])
        self.assertRegex(heard[0], "^restore without erasures: .* in the database api; .*npx phiward subject again$")
        self.assertEqual(list(register.load().returned), ["api"])
        self.assertEqual([entry.get("withoutErasures") for entry in self.audit()[-2:]], [why, why])
        # The next one in which it can be done ends that.
        self.patch(erasing, "erase_again", mock.Mock(return_value=0))
        restore(self.config, self.ask("database:api"))
        self.assertEqual(register.load(), Register(erased={"a": 1.0}))

    def test_what_restores_kept_is_told_with_its_size_and_the_command_that_removes_it(self) -> None:
        self.assertEqual(kept(self.config), [])
        self.psql({"datname || ' '": "api_before_20260102t030405z 80"})
        directory = f"{self.home}/base/restores/20260102t030405z"
        os.makedirs(directory)
        self.assertEqual(
            [entry.sentence() for entry in kept(self.config)],
            [
                "database api_before_20260102t030405z in db, 80 MB, kept by a restore; to remove it: "
                "sudo docker exec db dropdb --username=postgres api_before_20260102t030405z",
                f"{directory}, 0 MB, kept by a restore; to remove it: sudo rm --recursive {directory}",
            ],
        )

    def test_a_restore_that_ends_leaves_no_note_of_being_under_way(self) -> None:
        self.backed_up(a=(1, "2"))
        self.psql({**TABLE, "count(*) FROM pg_database": "1"})
        restore(self.config, self.ask("database:api"))
        self.assertFalse(os.path.exists(restore_record.note_path()))
        with self.assertRaises(Refused):
            restore(self.config, replace(self.ask("database:api"), snapshot="none"))
        remove_leftovers()
        self.assertNotIn("killed", [entry["event"] for entry in self.audit()])

    def test_what_a_killed_job_left_is_removed_by_the_next_or_after_it(self) -> None:
        paths_left = [
            scratch.password_path(),
            f"{self.home}/base/fetched/file",
            f"{self.home}/base/backup/staged.json",
            f"{self.home}/base/backup/stopped.json",
        ]
        for path in paths_left:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            pathlib.Path(path).write_text('["reader"]', encoding="utf-8")
        pathlib.Path(paths_left[2]).write_text(json.dumps([f"{self.home}/base/fetched"]), encoding="utf-8")
        remove_leftovers()
        said = self.docker().splitlines()
        expected = [
            "rm --force --volumes phiward-restore-test",
            "volume rm --force phiward-restore-test",
            "start reader",
            "update --restart unless-stopped reader",
        ]
        self.assertEqual(said, expected)
        self.assertEqual([path for path in paths_left if os.path.exists(path)], [])
        remove_leftovers()
        self.assertEqual(self.docker().splitlines(), expected)
