"""What the program can be asked, how it answers, and which jobs it does."""

import contextlib
import datetime
import io
import json
import os
import threading
from collections.abc import Mapping, Sequence
from unittest import mock

from phiward_host.backup import first, jobs, known, main, settings, status
from phiward_host.backup.settings import Job, Settings
from phiward_host.common import lock
from phiward_host.common.errors import Failed
from tests.backup.examples import SETTINGS
from tests.fake_programs import ProgramsTest


class MainTest(ProgramsTest):
    def setUp(self) -> None:
        super().setUp()
        self.path = f"{self.home}/backup.json"
        self.write(SETTINGS)
        self.patch(settings, "PATH", self.path)

    def write(self, value: object) -> None:
        with open(self.path, "w", encoding="utf-8") as file:
            json.dump(value, file)

    def succeed(self, at: Mapping[str, Mapping[str, str]]) -> None:
        """Puts a status file there, in which these jobs succeeded, and were signed, at these times."""
        os.makedirs(f"{self.home}/base/status", exist_ok=True)
        entries = {name: {job: {"at": when, "signed": True} for job, when in jobs.items()} for name, jobs in at.items()}
        with open(f"{self.home}/base/status/backup.json", "w", encoding="utf-8") as file:
            json.dump(entries, file)

    def ask(self, *words: str, stdin: str = "") -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            mock.patch("sys.stdin", io.StringIO(stdin)),
        ):
            code = main.main(words)
        return code, out.getvalue(), err.getvalue()

    def test_says_which_verbs_there_are(self) -> None:
        for words in ((), ("test-restore",)):
            code, out, err = self.ask(*words)
            self.assertEqual((code, out), (1, ""))
            self.assertIn("allowed: run, check, restore-test, first, fresh [JOB], status, restore", err)

    def test_is_fresh_while_each_job_succeeded_in_time(self) -> None:
        now = datetime.datetime.now(datetime.UTC)
        recent, old = now.isoformat(), (now - datetime.timedelta(hours=2)).isoformat()
        recently = {job.value: recent for job in Job}
        self.succeed({"local": recently, "offsite": recently})
        self.assertEqual(self.ask("fresh"), (0, "fresh\n", ""))
        self.succeed({"local": recently, "offsite": {**recently, "check": old}})
        code, out, err = self.ask("fresh")
        self.assertEqual((code, out), (1, ""))
        self.assertEqual(err, f"phiward: offsite: the last successful check was at {old}, more than 1 h ago\n")
        self.assertEqual(self.ask("fresh", "backup"), (0, "fresh\n", ""))
        self.assertEqual(self.ask("fresh", "check")[0], 1)

    def test_is_not_fresh_once_a_job_failed_after_its_last_success(self) -> None:
        recently = {job.value: datetime.datetime.now(datetime.UTC).isoformat() for job in Job}
        self.succeed({"local": recently, "offsite": recently})
        status.FAILURES.note("local", "check", Failed("local: the check found damage"))
        code, _, err = self.ask("fresh", "check")
        self.assertEqual(code, 1)
        self.assertRegex(err, r"^phiward: the last check failed at .*: local: the check found damage\n$")
        self.assertEqual(self.ask("fresh", "backup"), (0, "fresh\n", ""))
        self.assertRegex(json.loads(self.ask("status")[1])["failed"][0], "^the last check failed")
        due = self.working()
        self.ask("first")
        self.assertEqual(sorted(due), ["local: check", "offsite: check"])

    def test_a_job_that_never_succeeded_and_one_that_does_not_exist_are_not_fresh(self) -> None:
        self.assertIn(
            "local: no successful backup yet; offsite: no successful backup yet", self.ask("fresh", "backup")[2]
        )
        code, _, err = self.ask("fresh", "backups")
        self.assertEqual(code, 1)
        self.assertIn("allowed: backup, check, restore-test", err)

    def working(self, *failing: str) -> list[str]:
        """Takes the place of the jobs, and returns a list of what was done, without those that fail."""
        done: list[str] = []

        def work(job: Job) -> first.Work:
            def do(_: Settings, __: jobs.Begun, names: Sequence[str]) -> None:
                for name in names:
                    if f"{name}: {job}" in failing:
                        raise Failed(f"{name}: no {job}")
                    done.append(f"{name}: {job}")

            return do

        self.patch(first, "WORK", {job: work(job) for job in Job})
        return done

    def test_does_first_what_is_overdue_anywhere_and_nothing_else(self) -> None:
        done = self.working()
        recent = datetime.datetime.now(datetime.UTC).isoformat()
        recently = {job.value: recent for job in Job}
        self.succeed({"local": recently, "offsite": {**recently, "check": "2000-01-01T00:00:00+00:00"}})
        self.assertEqual(self.ask("first"), (0, "", ""))
        self.assertEqual(sorted(done), ["local: check", "offsite: check"])
        done.clear()
        self.succeed({})
        self.assertEqual(self.ask("first"), (0, "", ""))
        self.assertEqual(sorted(done), sorted(f"{name}: {job}" for name in ("local", "offsite") for job in Job))

    def test_the_vault_gets_its_copy_while_the_first_repository_is_tested(self) -> None:
        done = self.working()
        begun: list[jobs.Begun] = []
        sent, tested = threading.Event(), threading.Event()
        work = dict(first.WORK)

        def back_up(config: Settings, run: jobs.Begun, names: Sequence[str]) -> None:
            begun.append(run)
            if names == ["offsite"]:
                self.assertTrue(tested.wait(10))
                sent.set()
            work[Job.BACKUP](config, run, names)

        def test(config: Settings, run: jobs.Begun, names: Sequence[str]) -> None:
            tested.set()
            self.assertTrue(sent.wait(10))
            work[Job.RESTORE_TEST](config, run, names)

        self.patch(first, "WORK", {**work, Job.BACKUP: back_up, Job.RESTORE_TEST: test})
        self.assertEqual(self.ask("first"), (0, "", ""))
        self.assertEqual((done[0], done[-1]), ("local: backup", "offsite: restore-test"))
        self.assertIs(begun[0], begun[1])

    def test_a_backup_goes_to_the_vault_apart_only_where_that_is_declared(self) -> None:
        done: list[str] = []

        def everywhere(_: Settings) -> None:
            done.append("everywhere")

        def here(_: Settings, unit: str) -> None:
            done.append(unit)

        def offsite(_: Settings) -> None:
            done.append("offsite")

        self.patch(jobs, "back_up", everywhere)
        self.patch(jobs, "back_up_here", here)
        self.patch(jobs, "send_offsite", offsite)
        self.ask("run")
        self.ask("run", "offsite")
        self.write({**SETTINGS, "offsiteUnit": "a.service"})
        self.ask("run")
        self.assertEqual(done, ["everywhere", "offsite", "a.service"])

    def test_a_repository_is_taken_off_the_record_on_a_word(self) -> None:
        known.expect("local", "0123456789")
        for words in ((), ("other",)):
            self.assertIn("found", self.ask("new-repository", *words)[2])
        self.assertEqual(self.ask("new-repository", "local"), (0, "", ""))
        self.assertEqual(known.read(), {})

    def test_cleans_up_after_a_job_unless_another_one_runs(self) -> None:
        cleaned: list[str] = []
        self.patch(main, "remove_leftovers", lambda: cleaned.append("here"))
        with lock.hold("backup.lock", "run", 1):
            self.assertEqual(self.ask("clean-up"), (0, "", ""))
        self.assertEqual(cleaned, [])
        self.assertEqual(self.ask("clean-up"), (0, "", ""))
        self.assertEqual(cleaned, ["here"])

    def test_the_first_job_that_fails_in_a_repository_ends_its_others(self) -> None:
        done = self.working("local: backup", "offsite: check")
        self.assertEqual(self.ask("first"), (1, "", "phiward: local: no backup; offsite: no check\n"))
        self.assertEqual(done, ["offsite: backup"])
        done = self.working("offsite: backup")
        self.assertEqual(self.ask("first"), (1, "", "phiward: offsite: no backup\n"))
        self.assertEqual(done, ["local: backup", "local: check", "local: restore-test"])

    def test_tells_its_status_as_the_operators_command_reads_it(self) -> None:
        self.succeed({"local": {"backup": "2026-01-01T00:00:00Z"}})
        code, out, _ = self.ask("status")
        expected = {"host": "web", "status": {"local": {"backup": {"at": "2026-01-01T00:00:00Z", "signed": True}}}}
        self.assertEqual((code, json.loads(out)), (0, expected))

    def test_refuses_a_restore_without_a_reason_before_it_touches_anything(self) -> None:
        code, out, err = self.ask("restore", stdin=json.dumps({"what": "all", "from": "local", "who": "a", "why": ""}))
        self.assertEqual((code, out), (1, ""))
        self.assertEqual(
            err, "phiward: --why: found nothing, allowed: a text; every restore is on record with who and why\n"
        )

    def test_a_fault_shows_no_trace_and_logs_it(self) -> None:
        def fault() -> status.Status:
            raise KeyError("a patient's name")

        self.patch(status, "read", fault)
        code, out, err = self.ask("status")
        log = f"{self.home}/base/log/backup.log"
        expected = f"phiward: the backup program failed (KeyError); the trace is in {log} on the host\n"
        self.assertEqual((code, out, err), (2, "", expected))
        with open(log, encoding="utf-8") as file:
            self.assertIn("a patient's name", file.read())

    def test_names_the_setting_that_is_missing(self) -> None:
        self.write({**SETTINGS, "keep": {"last": 1}})
        code, _, err = self.ask("status")
        self.assertEqual(code, 1)
        self.assertIn("backup.json.keep.days: found nothing", err)
