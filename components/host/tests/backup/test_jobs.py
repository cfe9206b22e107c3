"""A backup and a restore test as a whole, with programs that do nothing."""

import contextlib
import datetime
import json
import os
import pathlib
import threading
from collections.abc import Generator
from unittest import mock

from phiward_host.backup import jobs, postgres, saving, scratch, status
from phiward_host.backup.locations import LocalRepository, OffsiteRepository
from phiward_host.backup.settings import Job, Settings
from phiward_host.common import lock
from phiward_host.common.errors import Failed
from phiward_host.databases.session import ClusterSession
from tests.backup.examples import settings
from tests.backup.fake_database import ABOUT, TABLE, DatabasesTest
from tests.backup.test_repository import listed, manifest, run_of, sealed, tree


def summary(identity: str) -> str:
    """What restic says of a new snapshot."""
    return json.dumps({"message_type": "summary", "data_added": 5, "snapshot_id": identity}) + "\n"


def with_snapshots(*identities: str) -> str:
    """What restic lists, each snapshot with a content address."""
    return json.dumps([listed(name, "2026-01-02T00:00:00Z", "r", "p", tree(name)) for name in identities])


class JobsTest(DatabasesTest):
    def setUp(self) -> None:
        super().setUp()
        self.patch(status, "METRICS_DIRECTORY", f"{self.home}/metrics")
        self.path = f"{self.home}/file"
        pathlib.Path(self.path).touch()
        escrow = f"{self.home}/escrow"
        os.mkdir(escrow)
        where = f"{self.home}/restic"
        self.config = settings(repository=where, offsite=None, paths=[self.path], escrow=escrow)
        self.psql({**TABLE, "pg_export_snapshot": "moment-1"})
        self.answer("restic", "backup", summary("s3"))
        self.answer("restic", "part=db/api", summary("s1"))
        self.answer("restic", "part=files", summary("s2"))
        self.answer("restic", "snapshots", with_snapshots("s1", "s2", "s3"))
        self.answer("ssh-keygen", "sign", "signed")

    def saved(self) -> list[list[str]]:
        """What was saved: part and all that follows."""
        calls = [call.argv for call in self.calls("restic") if "backup" in call.argv]
        return [argv[argv.index("--tag", argv.index("--tag") + 1) + 1 :] for argv in calls]

    def test_saves_each_database_at_its_moment_then_the_files_with_the_manifest(self) -> None:
        jobs.back_up(self.config)
        database, files, kept = self.saved()
        self.assertEqual(database[:5], ["part=db/api", "--stdin-from-command", "--stdin-filename", "db.api.dump", "--"])
        self.assertIn("--snapshot=moment-1", database)
        never = ["--exclude", "/etc/ssh/ssh_host_*_key"]
        self.assertEqual(files, ["part=files", *never, "--", self.path, self.config.escrow])
        self.assertEqual(
            kept, ["part=manifest", "--tag", "state=whole", "--stdin", "--stdin-filename", "manifest.json"]
        )
        text = pathlib.Path(f"{self.home}/base/backup/manifest.json").read_text(encoding="utf-8")
        call = self.calls("restic")[-2]
        self.assertIn("state=whole", call.argv)
        self.assertEqual(json.loads(call.stdin), {"manifest": text, "signature": "signed"})
        self.assertEqual([call.stdin for call in self.calls("ssh-keygen")], [text])
        found = json.loads(text)
        self.assertEqual(found["trees"], {"db/api": tree("s1"), "files": tree("s2")})
        self.assertEqual(found["saved"], [self.path, self.config.escrow])
        self.assertEqual(found["databases"]["db/api"]["tables"], {"public.a": [1, "2"]})
        self.assertEqual(
            sorted(found), ["at", "databases", "host", "paths", "run", "saved", "secrets", "trees", "volumes"]
        )
        recorded = status.read()["local"]["backup"]
        self.assertEqual((recorded["run"], recorded["addedBytes"]), (found["run"], 10))
        self.assertEqual((recorded["signed"], recorded["files"]), (True, "s2"))

    def test_saves_all_else_where_a_declared_path_is_missing_and_says_so(self) -> None:
        os.unlink(self.path)
        with self.assertRaisesRegex(
            Failed, f"^local: {self.path}: declared in backup.paths and not on the host; all else"
        ):
            jobs.back_up(self.config)
        self.assertEqual(len(self.saved()), 3)
        self.assertNotIn("state=whole", str([call.argv for call in self.calls("restic")]))
        self.assertEqual(status.read(), {})

    def test_says_so_where_files_could_not_be_read(self) -> None:
        self.answer("restic", "part=files", summary("s2"), code=3)
        with self.assertRaisesRegex(Failed, "^local: some files could not be read; all others were saved"):
            jobs.back_up(self.config)

    def restorable(self, content: str) -> None:
        self.answer("restic", "snapshots", json.dumps(run_of("bb", "2026-01-02", "new")))
        # The next line separator is part of a name.
        node = {"type": "file", "path": "/srv/a\u0085b", "size": 5}
        lines = [{"struct_type": "snapshot"}, {"type": "dir", "path": "/srv"}, node]
        self.answer("restic", "ls --json", "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
        self.answer("restic", "dump bb1", "a dump")
        self.answer("restic", "dump bb2 /srv", content)
        self.answer("restic", "manifest.json", sealed(manifest("new")))

    def test_restores_into_a_server_without_network_compares_and_removes_it(self) -> None:
        self.restorable("12345")
        with mock.patch.object(os, "chown") as chown:
            jobs.test_restore(self.config)
        password = f"{self.home}/run/restore-test.password"
        chown.assert_called_once_with(password, 30_000, 30_000)
        self.assertFalse(os.path.exists(password))
        said = self.docker()
        order = ["run --detach --pull=never", "CREATE ROLE", "CREATE DATABASE", "pg_restore", "ANALYZE"]
        self.assertEqual(sorted(order, key=said.index), order)
        self.assertIn("--network=none --read-only --user=30000:30000 --cap-drop=ALL", said)
        self.assertIn("--memory=1g --memory-swap=1g --pids-limit=100 --cpu-shares=256", said)
        self.assertIn("-c hba_file=/etc/phiward/hba_file -c ident_file=/etc/phiward/ident_file", said)
        self.assertNotIn("user='postgres' dbname='api'", said)
        removal = ["rm --force --volumes phiward-restore-test", "volume rm --force phiward-restore-test"]
        self.assertEqual(said.splitlines()[-2:], removal)
        recorded = status.read()["local"]["restore-test"]
        self.assertEqual([recorded[name] for name in ("run", "rows", "files")], ["new", 1, 1])

    def test_each_database_is_restored_into_a_server_of_its_own_and_one_that_fails_takes_nothing_from_the_next(
        self,
    ) -> None:
        self.restorable("12345")
        servers = [{"service": "db", "image": "sha256:0", "names": ["gone", "api"]}]
        config = settings(repository=self.config.repository, offsite=None, paths=[self.path], databases=servers)
        found = json.loads(manifest("new"))
        for field in ("databases", "trees"):
            found[field]["db/gone"] = found[field]["db/api"]
        self.answer("restic", "manifest.json", sealed(json.dumps(found)))
        self.psql({**TABLE, "FAIL": 'CREATE DATABASE "gone"'})
        with mock.patch.object(os, "chown"), self.assertRaisesRegex(Failed, "^local: .*db/gone|^database gone"):
            jobs.test_restore(config)
        said = self.docker()
        self.assertIn('CREATE DATABASE "api"', said)
        self.assertEqual(said.count("run --detach --pull=never"), 2)

    def test_files_are_read_back_while_a_temporary_server_starts(self) -> None:
        self.restorable("12345")
        read = threading.Event()

        def sample(*_: object) -> int:
            read.set()
            return 1

        @contextlib.contextmanager
        def server(*_: object) -> Generator[ClusterSession]:
            self.assertTrue(read.wait(10), "no file was read back before the server was there")
            yield ClusterSession(scratch.CONTAINER)

        self.patch(jobs, "read_samples", sample)
        self.patch(jobs, "scratch_server", server)
        jobs.test_restore(self.config)
        self.assertEqual(status.read()["local"]["restore-test"]["files"], 1)

    def test_what_fails_in_a_database_and_in_a_file_is_named_in_that_order(self) -> None:
        self.restorable("1234")
        self.psql({**TABLE, "FAIL": 'CREATE DATABASE "api"'})
        with (
            mock.patch.object(os, "chown"),
            self.assertRaisesRegex(
                Failed, "^database api: it cannot be created.*; local: /srv/a\u0085b cannot be read back$"
            ),
        ):
            jobs.test_restore(self.config)

    def test_a_name_that_is_not_utf_8_is_no_failure(self) -> None:
        self.restorable("12345")
        nodes = [{"type": "file", "path": f"/srv/{name}", "size": 5} for name in ("\ufffd", "a\u0085b")]
        self.answer("restic", "ls --json", "".join(json.dumps(node) + "\n" for node in nodes))
        with mock.patch.object(os, "chown"):
            jobs.test_restore(self.config)
        self.assertEqual(status.read()["local"]["restore-test"]["files"], 1)

    def test_a_file_that_cannot_be_read_back_whole_is_a_failure(self) -> None:
        self.restorable("1234")
        with (
            mock.patch.object(os, "chown"),
            self.assertRaisesRegex(Failed, "^local: /srv/a\u0085b cannot be read back$"),
        ):
            jobs.test_restore(self.config)

    def test_a_check_reads_the_local_repository_and_reports_damage(self) -> None:
        jobs.check(self.config)
        self.assertEqual(self.calls("restic")[-1].argv[-3:], ["check", "--quiet", "--read-data"])
        self.answer("restic", "check", code=1)
        with self.assertRaisesRegex(
            Failed, "^local: the check found damage; .*: restic exited with status 1; its output is"
        ):
            jobs.check(self.config)

    def test_a_database_that_fails_keeps_nothing_else_from_being_saved_and_expired_backups_from_making_room(
        self,
    ) -> None:
        servers = [{"service": "db", "image": "sha256:0", "names": ["gone", "api"]}]
        config = settings(repository=self.config.repository, offsite=None, paths=[self.path], databases=servers)
        self.answer("restic", "part=db/gone", code=1)
        old = [listed("old", "2020-01-01T00:00:00Z", "old", "db/api", tree("old"))]
        self.answer("restic", "snapshots", json.dumps([*old, *json.loads(with_snapshots("s1", "s2", "s3"))]))
        with self.assertRaisesRegex(Failed, r"^local: db/gone cannot be saved \(restic exited with status 1\)"):
            jobs.back_up(config)
        found = json.loads(pathlib.Path(f"{self.home}/base/backup/manifest.json").read_text(encoding="utf-8"))
        self.assertEqual(sorted(found["trees"]), ["db/api", "files"])
        forgotten = [call.argv for call in self.calls("restic") if "forget" in call.argv]
        self.assertEqual(forgotten[0][-6:], ["forget", "--prune", "--max-repack-size", "0", "--quiet", "old"])

    def test_a_description_of_a_database_without_end_is_not_read(self) -> None:
        self.patch(postgres, "MOST_CHARACTERS", 40)
        with self.assertRaisesRegex(Failed, "^database api in db: found a description of its tables of more than"):
            jobs.back_up(self.config)
        self.assertEqual([words[0] for words in self.saved()], ["part=files", "part=manifest"])

    def test_what_an_owner_puts_into_the_manifest_costs_its_own_part_alone(self) -> None:
        # As a setting's value has it: two bytes in the catalogue, seven in the manifest as it is kept.
        about = {**ABOUT, "settings": ["search_path=" + "\u00e9" * 6_000_000]}
        self.psql({**TABLE, "'largeObjects'": json.dumps(about), "pg_export_snapshot": "moment-1"})
        with self.assertRaisesRegex(Failed, r"database db/api: found \d+ bytes of .* its part of the manifest"):
            jobs.back_up(self.config)
        self.assertEqual([words[0] for words in self.saved()], ["part=files", "part=manifest"])
        text = pathlib.Path(f"{self.home}/base/backup/manifest.json").read_text(encoding="utf-8")
        self.assertEqual(json.loads(text)["databases"], {})

    def test_a_manifest_that_no_restore_could_read_is_a_failure_of_the_backup(self) -> None:
        self.patch(saving, "MANIFEST_BYTES", 300)
        with self.assertRaisesRegex(Failed, r"the manifest has \d+ bytes, allowed: 300"):
            jobs.back_up(self.config)
        self.assertEqual([words[0] for words in self.saved()], ["part=db/api", "part=files"])

    def test_a_backup_that_failed_once_hides_no_loss_from_the_next(self) -> None:
        jobs.back_up(self.config)
        self.answer("restic", "part=db/api", code=1)
        with self.assertRaisesRegex(Failed, "^local: db/api cannot be saved"):
            jobs.back_up(self.config)
        self.answer("restic", "part=db/api", summary("s1"))
        self.psql({**TABLE, "pg_export_snapshot": "moment-1", "'columns'": "[]"})
        with self.assertRaisesRegex(Failed, "^what is there was saved, but db/api: table public.a with 1 rows is gone"):
            jobs.back_up(self.config)
        jobs.back_up(self.config)

    def test_a_fault_of_any_kind_in_one_repository_keeps_the_other_from_nothing(self) -> None:
        self.answer("ssh", "seal")
        config = self.offsite()

        def fault(_: LocalRepository) -> None:
            raise KeyError("a patient's name")

        self.patch(LocalRepository, "prepare", fault)
        with self.assertRaisesRegex(Failed, r"^a fault of the program \(KeyError\); the trace is in [^;]*$"):
            jobs.back_up(config)
        self.assertEqual([words[0] for words in self.saved()], ["part=db/api", "part=files", "part=manifest"])
        self.assertEqual(list(status.read()), ["offsite"])

    def offsite(self, **changes: object) -> Settings:
        """Settings with a vault that is always reached."""
        sealed_file = f"{self.home}/sealed.age"
        pathlib.Path(sealed_file).write_text("sealed", encoding="utf-8")
        self.patch(OffsiteRepository, "connected", contextlib.nullcontext)
        self.patch(OffsiteRepository, "deliver_password", mock.Mock())
        escrow = self.config.escrow
        return settings(repository=self.config.repository, paths=[self.path], escrow=escrow, **changes)

    def test_the_vault_gets_a_copy_of_the_dump_so_that_no_transaction_is_held_for_it(self) -> None:
        jobs.back_up(self.offsite())
        database, copied = (words for words in self.saved() if words[0] == "part=db/api")
        self.assertEqual(database[5], "docker")
        self.assertEqual((copied[5], copied[-3:]), ("restic", ["dump", "s1", "/db.api.dump"]))
        self.assertEqual(self.docker().count("pg_export_snapshot"), 1)

    def test_the_vault_gets_its_own_dump_where_the_first_cannot_be_read(self) -> None:
        self.answer("restic", "dump s1", code=1)
        jobs.back_up(self.offsite())
        self.assertEqual(self.docker().count("pg_export_snapshot"), 2)

    def test_an_hourly_backup_is_not_delayed_by_the_way_to_the_vault(self) -> None:
        unit = "phiward-backup-offsite.service"
        config = self.offsite(offsiteUnit=unit)
        with lock.hold("offsite.lock", "a slow upload", 1):
            jobs.back_up_here(config, unit)
        self.assertEqual([call.argv for call in self.calls("systemctl")], [["start", "--no-block", unit]])
        self.assertEqual(list(status.read()), ["local"])
        # Also where the local one failed.
        self.answer("restic", "part=files", code=1)
        with self.assertRaisesRegex(Failed, "^local: files cannot be saved"):
            jobs.back_up_here(config, unit)
        self.assertEqual(len(self.calls("systemctl")), 2)

    def test_what_goes_to_the_vault_apart_is_the_last_local_dump(self) -> None:
        self.restorable("12345")
        config = self.offsite()
        recent = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.answer(
            "restic",
            "snapshots",
            json.dumps([*run_of("bb", "2026-01-02", "new"), *json.loads(with_snapshots("s1", "s2"))]),
        )
        with lock.hold("backup.lock", "a local job", 1):
            for at, argv in ((recent, ["dump", "bb1", "/db.api.dump"]), ("2026-01-01T00:00:00Z", [])):
                self.answer("restic", "manifest.json", sealed(manifest("new", at=at)))
                self.answer("restic", "--stdin-filename manifest.json", summary("s3"))
                self.answer("restic", "part=db/api", summary("s1"))
                jobs.send_offsite(config)
                database = [words for words in self.saved() if words[0] == "part=db/api"][-1]
                self.assertEqual(database[-3:] if argv else database[5:6], argv or ["docker"])
        self.assertEqual(list(status.read()), ["offsite"])

    def test_files_are_compared_with_a_snapshot_at_the_vault_only_where_this_host_added_it(self) -> None:
        config = self.offsite()
        jobs.back_up(config)
        jobs.back_up(config)
        files = [words[1:3] for words in self.saved() if words[0] == "part=files"]
        never = ["--exclude", "/etc/ssh/ssh_host_*_key"]
        self.assertEqual(files, [never, ["--force", "--exclude"], never, ["--parent", "s2"]])

    def test_files_are_read_whole_where_the_snapshot_that_this_host_added_is_gone(self) -> None:
        config = self.offsite()
        status.record("offsite", Job.BACKUP, {"files": "gone"})
        self.answer("restic", "--parent gone", code=1)
        jobs.back_up(config)
        files = [words[1:3] for words in self.saved() if words[0] == "part=files"]
        self.assertEqual(files[1:], [["--parent", "gone"], ["--force", "--exclude"]])

    def test_a_restore_test_of_anything_but_the_last_backup_is_a_failure(self) -> None:
        self.restorable("12345")
        status.record("local", Job.BACKUP, {"run": "newer"})
        with (
            mock.patch.object(os, "chown"),
            self.assertRaisesRegex(Failed, "^local: the backup newer, which .*is gone; "),
        ):
            jobs.test_restore(self.config)

    def test_what_nobody_signed_is_a_failure_of_the_restore_test(self) -> None:
        self.restorable("12345")
        self.answer("ssh-keygen", "verify", code=255)
        with self.assertRaisesRegex(Failed, "^local: backup new: it is not signed by this host"):
            jobs.test_restore(self.config)
        self.assertEqual(status.read(), {})
