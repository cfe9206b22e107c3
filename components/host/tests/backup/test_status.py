"""What is overdue, as data and as sentences; what is recorded; and that each repository stands alone."""

import contextlib
import datetime
import json
import os
import stat

from phiward_host.backup import known, status
from phiward_host.backup.repository import Repository
from phiward_host.backup.settings import Job, Settings
from phiward_host.backup.status import Overdue, in_each, metrics, overdue, record
from phiward_host.common.errors import Failed
from tests.backup.examples import NOW, settings
from tests.fake_programs import ProgramsTest

GOOD: dict[str, object] = {"at": "2026-11-22T23:30:00Z", "signed": True}


class StatusTest(ProgramsTest):
    def setUp(self) -> None:
        super().setUp()
        self.patch(status, "METRICS_DIRECTORY", f"{self.home}/metrics")

    def test_names_every_job_that_is_missing_or_late(self) -> None:
        found: status.Status = {
            "local": {"backup": GOOD, "check": GOOD, "restore-test": GOOD},
            "offsite": {"backup": {"at": "2026-11-22T22:00:00Z", "signed": True}, "check": GOOD},
        }
        late = overdue(settings(), found, NOW)
        self.assertEqual(
            late,
            [
                Overdue("offsite", Job.BACKUP, "2026-11-22T22:00:00Z", 3600),
                Overdue("offsite", Job.RESTORE_TEST, None, 3600),
            ],
        )
        self.assertEqual(
            [entry.sentence() for entry in late],
            [
                "offsite: the last successful backup was at 2026-11-22T22:00:00Z, more than 1 h ago",
                "offsite: no successful restore-test yet",
            ],
        )
        self.assertEqual(len(overdue(settings(offsite=None), {}, NOW)), 3)

    def test_a_job_is_on_time_until_its_limit_is_over(self) -> None:
        at = datetime.datetime(2026, 11, 22, 23, tzinfo=datetime.UTC)
        found: status.Status = {"local": {job.value: {"at": at.isoformat(), "signed": True} for job in Job}}
        self.assertEqual(overdue(settings(offsite=None), found, NOW), [])
        self.assertEqual(len(overdue(settings(offsite=None), found, NOW + datetime.timedelta(seconds=1))), 3)

    def test_a_success_in_the_future_is_none_and_says_so(self) -> None:
        found: status.Status = {"local": {job.value: {**GOOD, "at": "2027-01-01T00:00:00Z"} for job in Job}}
        late = overdue(settings(offsite=None), found, NOW)
        self.assertEqual(len(late), 3)
        self.assertEqual(
            late[0].sentence(),
            "local: the last successful backup is dated 2027-01-01T00:00:00Z, in the future; see the clock",
        )

    def test_what_an_earlier_version_did_without_a_signature_is_due_again(self) -> None:
        found: status.Status = {"local": {job.value: {"at": GOOD["at"]} for job in Job}}
        self.assertEqual(
            [entry.job for entry in overdue(settings(offsite=None), found, NOW)], [Job.BACKUP, Job.RESTORE_TEST]
        )

    def test_a_fault_of_the_program_in_one_repository_keeps_the_other_from_nothing(self) -> None:
        self.patch(status, "repository_named", fake_named)

        def work(repository: Repository) -> dict[str, object]:
            if repository.name == "local":
                raise OSError("a patient's name")
            return {"run": "r"}

        with self.assertRaisesRegex(
            Failed, r"^a fault of the program \(OSError\); the trace is in .*backup\.log on the host$"
        ):
            in_each(settings(), Job.BACKUP, work)
        self.assertEqual(list(status.read()), ["offsite"])

    def test_a_failure_counts_until_the_job_succeeds_again_however_young_the_last_success(self) -> None:
        self.patch(status, "repository_named", fake_named)
        works = [True, False]

        def work(repository: Repository) -> dict[str, object]:
            if repository.name == "local" and not works[0]:
                raise Failed("local: the check found damage")
            return {"run": "r"}

        for works[0], expected in ((True, 0), (False, 1), (False, 1), (True, 0)):
            with contextlib.suppress(Failed):
                in_each(settings(), Job.CHECK, work)
            found = status.FAILURES.sentences(["local", "offsite"], "check")
            self.assertEqual(len(found), expected)
            for sentence in found:
                self.assertRegex(sentence, r"^the last check failed at 20.*Z: local: the check found damage$")
            self.assertEqual(status.FAILURES.sentences(["local"], "backup"), [])
            self.assertEqual(status.FAILURES.sentences(["offsite"]), [])

    def test_a_damaged_status_is_kept_aside_and_begun_anew_by_the_next_job(self) -> None:
        path = f"{self.home}/base/status/backup.json"
        for text in ("", '{"local": {"ba', "[]", '{"local": {"backup": {}}}', '{"local": {"backup": {"at": "x"}}}'):
            with self.subTest(text=text):
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
                self.assertEqual(status.read(), {})
                self.assertRegex(" ".join(status.damage()), "^.*/status/backup.json: .*damaged.* begins a new one")
                record("local", Job.BACKUP, {"run": "r"})
                self.assertEqual(list(status.read()), ["local"])
                self.assertEqual(status.damage(), [])
        kept = [name for name in os.listdir(os.path.dirname(path)) if name.startswith("backup.json.damaged-")]
        self.assertEqual(len(kept), 5)

    def test_a_damaged_record_of_failures_keeps_no_job_from_its_success(self) -> None:
        path = f"{self.home}/base/status/backup-failures.json"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write("{")
        self.assertEqual(status.FAILURES.sentences(["local"]), [])
        status.FAILURES.note("local", "check", Failed("no"))
        self.assertEqual(len(status.FAILURES.sentences(["local"])), 1)

    def test_a_damaged_record_of_repositories_is_begun_anew_by_one_that_opens_and_by_no_other(self) -> None:
        os.makedirs(os.path.dirname(known.path()), exist_ok=True)
        with open(known.path(), "w", encoding="utf-8") as file:
            file.write("{")
        with self.assertRaisesRegex(Failed, r"^local: there is no repository, and whether there was one is not known"):
            known.refuse_vanished("local")
        known.expect("local", "1" * 64)
        with self.assertRaisesRegex(Failed, "^local: another repository"):
            known.expect("local", "2" * 64)

    def test_records_a_success_for_people_and_for_metrics(self) -> None:
        record("local", Job.BACKUP, {"run": "r", "addedBytes": 3})
        record("offsite", Job.BACKUP, {})
        found = status.read()
        self.assertEqual(
            {key: found["local"]["backup"][key] for key in ("run", "addedBytes")}, {"run": "r", "addedBytes": 3}
        )
        self.assertRegex(str(found["offsite"]["backup"]["at"]), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        path = f"{self.home}/metrics/phiward-backup.prom"
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o644)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read().count("timestamp_seconds{"), 2)

    def test_a_success_counts_where_metrics_cannot_be_written(self) -> None:
        with open(f"{self.home}/no-directory", "w", encoding="utf-8"):
            self.patch(status, "METRICS_DIRECTORY", f"{self.home}/no-directory")
        record("local", Job.BACKUP, {"run": "r"})
        self.assertEqual(status.read()["local"]["backup"]["run"], "r")
        with open(f"{self.home}/base/log/backup.log", encoding="utf-8") as file:
            self.assertIn("the metrics of the backups cannot be written", file.read())

    def test_writes_metrics_as_before(self) -> None:
        self.assertEqual(
            metrics({"local": {"check": GOOD}}),
            "# TYPE phiward_backup_last_success_timestamp_seconds gauge\n"
            'phiward_backup_last_success_timestamp_seconds{repository="local",job="check"} 1795390200\n',
        )

    def test_one_repository_that_fails_does_not_keep_the_other_from_its_job(self) -> None:
        self.patch(status, "repository_named", fake_named)
        done: list[str] = []

        def work(repository: Repository) -> dict[str, object]:
            done.append(repository.name)
            if repository.name == "local":
                raise Failed("local: no")
            return {"run": "r"}

        with self.assertRaisesRegex(Failed, "^local: no$"):
            in_each(settings(), Job.BACKUP, work)
        self.assertEqual(done, ["local", "offsite"])
        with open(f"{self.home}/base/status/backup.json", encoding="utf-8") as file:
            found = json.load(file)
        self.assertEqual(list(found), ["offsite"])
        self.assertEqual(sorted(found["offsite"]["backup"]), ["at", "run", "seconds"])


def fake_named(_: Settings, name: str) -> "FakeRepository":
    return FakeRepository(name)


class FakeRepository:
    """A repository that is always reached."""

    def __init__(self, name: str) -> None:
        self.name = name

    def connected(self) -> "FakeRepository":
        return self

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None
