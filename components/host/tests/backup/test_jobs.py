"""A backup and a restore test as a whole, with programs that do nothing."""

import json
import os
import pathlib
from unittest import mock

from phiward_host.backup import jobs, status
from phiward_host.common.errors import Failed
from tests.backup.examples import settings
from tests.backup.fake_database import TABLE, DatabasesTest
from tests.backup.test_repository import listed, manifest

SUMMARY = '{"message_type":"summary","data_added":5}\n'


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
        self.answer("restic", "backup", SUMMARY)
        self.answer("restic", "snapshots", "[]")

    def saved(self) -> list[list[str]]:
        """What was saved: part and all that follows."""
        calls = [call.argv for call in self.calls("restic") if "backup" in call.argv]
        return [argv[argv.index("--tag", argv.index("--tag") + 1) + 1 :] for argv in calls]

    def test_saves_each_database_at_its_moment_then_the_files_with_the_manifest(self) -> None:
        jobs.back_up(self.config)
        database, files = self.saved()
        self.assertEqual(database[:5], ["part=db/api", "--stdin-from-command", "--stdin-filename", "db.api.dump", "--"])
        self.assertIn("--snapshot=moment-1", database)
        written = f"{self.home}/base/backup/manifest.json"
        self.assertEqual(files, ["part=files", "--", self.path, self.config.escrow, written])
        found = json.loads(pathlib.Path(written).read_text(encoding="utf-8"))
        self.assertEqual(found["databases"]["db/api"]["tables"], {"public.a": [1, "2"]})
        self.assertEqual(sorted(found), ["at", "databases", "host", "paths", "run", "secrets", "volumes"])
        recorded = status.read()["local"]["backup"]
        self.assertEqual((recorded["run"], recorded["addedBytes"]), (found["run"], 10))

    def test_saves_all_else_where_a_declared_path_is_missing_and_says_so(self) -> None:
        os.unlink(self.path)
        with self.assertRaisesRegex(
            Failed, f"^local: {self.path}: declared in backup.paths and not on the host; all else"
        ):
            jobs.back_up(self.config)
        self.assertEqual(len(self.saved()), 2)
        self.assertEqual(status.read(), {})

    def test_says_so_where_files_could_not_be_read(self) -> None:
        self.answer("restic", "part=files", SUMMARY, code=3)
        with self.assertRaisesRegex(Failed, "^local: some files could not be read; all others were saved"):
            jobs.back_up(self.config)

    def restorable(self, content: str) -> None:
        entries = [
            listed("bb1", "2026-01-02T00:00:00Z", "new", "db/api"),
            listed("bb2", "2026-01-02T00:01:00Z", "new", "files"),
        ]
        self.answer("restic", "snapshots", json.dumps(entries))
        # The next line separator is part of a name.
        node = {"type": "file", "path": "/srv/a\u0085b", "size": 5}
        lines = [{"struct_type": "snapshot"}, {"type": "dir", "path": "/srv"}, node]
        self.answer("restic", "ls --json", "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
        self.answer("restic", "dump bb1", "a dump")
        self.answer("restic", "dump bb2 /srv", content)
        self.answer("restic", "manifest.json", manifest("new"))

    def test_restores_into_a_server_without_network_compares_and_removes_it(self) -> None:
        self.restorable("12345")
        with mock.patch.object(os, "chown") as chown:
            jobs.test_restore(self.config)
        password = f"{self.home}/run/restore-test.password"
        chown.assert_called_once_with(password, 999, 999)
        self.assertFalse(os.path.exists(password))
        said = self.docker()
        order = ["run --detach --pull=never", "CREATE ROLE", "CREATE DATABASE", "pg_restore", "ANALYZE"]
        self.assertEqual(sorted(order, key=said.index), order)
        self.assertIn("--network=none --read-only --user=999:999 --cap-drop=ALL", said)
        self.assertIn("--memory=1g --memory-swap=1g --pids-limit=100 --cpu-shares=256", said)
        self.assertIn("-c hba_file=/etc/phiward/hba_file -c ident_file=/etc/phiward/ident_file", said)
        self.assertNotIn("user='postgres' dbname='api'", said)
        self.assertEqual(said.splitlines()[-1], "rm --force --volumes phiward-restore-test")
        recorded = status.read()["local"]["restore-test"]
        self.assertEqual([recorded[name] for name in ("run", "rows", "files")], ["new", 1, 1])

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
