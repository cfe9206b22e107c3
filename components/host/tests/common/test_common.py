"""What every program shares."""

import contextlib
import io
import os
import pathlib
import subprocess
import sys
import threading

from phiward_host import __main__ as programs
from phiward_host.common import cli, decode, docker, files, lock, staging
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.log import LOG_BYTES, RootLog
from tests.support import InDirectory


class Files(InDirectory):
    def test_a_file_is_replaced_with_owner_and_mode_and_nothing_is_left_beside_it(self) -> None:
        path = self.path("x", "old")
        before = os.stat(path).st_ino
        files.write(path, "new", owner=(os.getuid(), os.getgid()), mode=0o640)
        self.assertEqual(files.read_text(path), "new")
        self.assertNotEqual(os.stat(path).st_ino, before)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o640)
        self.assertEqual(os.listdir(self.root), ["x"])

    def test_a_link_that_lies_where_a_file_is_staged_is_not_followed(self) -> None:
        victim = self.path("victim", "untouched")
        self.patch(staging, "staged_name", lambda: "known")
        os.symlink(victim, self.path("known"))
        with self.assertRaises(OSError):
            files.write(self.path("x"), "new")
        self.assertEqual(files.read_text(victim), "untouched")

    def test_what_is_missing_reads_as_nothing_and_is_removed_without_error(self) -> None:
        self.assertIsNone(files.read_json(self.path("missing")))
        files.remove(self.path("missing"))

    def test_a_secret_file_is_on_no_disk_and_ends_with_its_block(self) -> None:
        with files.secret_file("value") as (descriptor, path):
            self.assertEqual(pathlib.Path(path).read_text(), "value")
        with self.assertRaises(OSError):
            os.fstat(descriptor)


class Logs(InDirectory):
    def test_a_log_is_for_root_only_and_begins_anew_when_it_is_large(self) -> None:
        log = RootLog("job")
        self.assertEqual(log.write("one", "two"), f"{self.base}/log/job.log")
        self.assertEqual(os.stat(log.path).st_mode & 0o777, 0o600)
        self.assertRegex(files.read_text(log.path), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ one two\n$")
        os.truncate(log.path, LOG_BYTES + 1)
        log.write("three")
        self.assertEqual(os.path.getsize(f"{log.path}.old"), LOG_BYTES + 1)
        self.assertIn("three", files.read_text(log.path))


class Locks(InDirectory):
    def test_a_second_holder_is_refused_and_reads_who_the_first_is(self) -> None:
        with (
            lock.hold("lock", "apply ssh", 1),
            self.assertRaisesRegex(
                Refused, r"another operation is running \(apply ssh, process \d+\); gave up after 0 s"
            ),
            lock.hold("lock", "apply ufw", 0),
        ):
            self.fail("both hold it")

    def test_a_second_holder_waits_for_the_first(self) -> None:
        seen: list[str] = []
        first = lock.hold("lock", "first", 1)
        first.__enter__()

        def second() -> None:
            with lock.hold("lock", "second", 5):
                seen.append("second")

        waiting = threading.Thread(target=second)
        waiting.start()
        seen.append("first")
        first.__exit__(None, None, None)
        waiting.join()
        self.assertEqual(seen, ["first", "second"])


class Ending(InDirectory):
    def end(self, error: Exception | None) -> tuple[int, str]:
        def work() -> int:
            if error is not None:
                raise error
            return 0

        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            code = cli.main("the job", RootLog("job"), work)
        return code, said.getvalue()

    def test_a_refusal_is_one_sentence_and_exit_code_1(self) -> None:
        self.assertEqual(self.end(None), (0, ""))
        self.assertEqual(self.end(Refused("no")), (1, "phiward: no\n"))
        self.assertEqual(self.end(Failed("no")), (1, "phiward: no\n"))

    def test_a_fault_is_exit_code_2_and_its_trace_is_in_the_log_alone(self) -> None:
        code, said = self.end(KeyError("a secret"))
        log = f"{self.base}/log/job.log"
        self.assertEqual((code, said), (2, f"phiward: the job failed (KeyError); the trace is in {log} on the host\n"))
        self.assertIn("a secret", files.read_text(log))

    def test_a_fault_whose_trace_cannot_be_kept_is_still_one_sentence(self) -> None:
        self.path("state", "a file where the directory of the logs would be")
        code, said = self.end(KeyError("a secret"))
        sentence = "phiward: the job failed (KeyError); its trace could not be written to the log\n"
        self.assertEqual((code, said), (2, sentence))

    def test_sigterm_cleans_up_and_ends_once(self) -> None:
        """Also while a program runs, and what cleans up runs to its end."""
        script = """
import os, signal, subprocess, sys
from phiward_host.common import cli
from phiward_host.common.log import RootLog

def work():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        subprocess.run(["sleep", "60"])
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        print("cleaned up", flush=True)

cli.end_on_sigterm()
sys.exit(cli.main("the job", RootLog("job"), work))
"""
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False)
        expected = (1, "cleaned up\n", "phiward: the job was ended by SIGTERM, and cleaned up\n")
        self.assertEqual((done.returncode, done.stdout, done.stderr), expected)

    def test_a_verb_is_chosen_by_the_first_word(self) -> None:
        self.assertEqual(cli.choose(["run", "x"], {"run": 1}, "run"), (1, ["x"]))
        for words in ([], ["walk"]):
            with self.assertRaisesRegex(Refused, "allowed: run"):
                cli.choose(words, {"run": 1}, "run")


class Decoding(InDirectory):
    def test_a_value_of_another_type_is_refused_with_its_path_and_without_its_value(self) -> None:
        fields = decode.Fields.of({"name": "secret", "list": ["a", 1], "flag": True}, "config")
        self.assertEqual(fields.text("name"), "secret")
        rows = [
            (lambda: fields.integer("name"), "config.name: found str, allowed: an integer"),
            (lambda: fields.texts("list"), "config.list.1: found int, allowed: a string"),
            (lambda: fields.integer("flag"), "config.flag: found bool, allowed: an integer"),
            (lambda: fields.text("missing"), "config.missing: found nothing, allowed: a value"),
            (lambda: fields.child("name"), "config.name: found str, allowed: an object"),
        ]
        for read, sentence in rows:
            with self.assertRaises(Refused) as refused:
                read()
            self.assertEqual(str(refused.exception), sentence)


class Programs(InDirectory):
    def test_every_program_that_can_be_named_has_a_main(self) -> None:
        for name in programs.PROGRAMS:
            with self.subTest(name=name):
                self.assertTrue(callable(programs.entry(name)))

    def test_without_a_program_the_usage_names_them(self) -> None:
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            self.assertEqual(programs.main([]), 2)
        self.assertIn("backup", said.getvalue())


class Containers(InDirectory):
    def test_a_program_in_a_container_is_run_as_the_account_that_is_named(self) -> None:
        self.assertEqual(docker.exec_argv("db", ["psql"]), ["docker", "exec", "--interactive", "db", "psql"])
        expected = ["docker", "exec", "--interactive", "--user", "999", "db", "psql"]
        self.assertEqual(docker.exec_argv("db", ["psql"], user="999"), expected)

    def test_an_engine_that_cannot_be_reached_is_an_error_of_the_system(self) -> None:
        self.patch(docker, "SOCKET", self.path("no-socket"))
        with self.assertRaises(OSError):
            docker.ask("GET", "/containers/json", timeout=1)
