"""What a host can do at its vault."""

import contextlib
import io
import json
import os
import pathlib
import pwd
import tempfile
import unittest
from unittest import mock

from phiward_host.common.errors import Refused
from phiward_host.vault import gate
from phiward_host.vault.main import main


class SealTest(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.home = directory.name

    def seal(self, data: bytes) -> None:
        gate.seal(self.home, io.BytesIO(data))

    def test_keeps_each_sealed_password_once_and_replaces_none(self) -> None:
        first, second = gate.HEADER + b"a", gate.HEADER + b"b"
        for data in (first, second, first):
            self.seal(data)
        found = sorted(path.read_bytes() for path in pathlib.Path(self.home, "sealed").iterdir())
        self.assertEqual(found, [first, second])
        self.assertEqual({path.stat().st_mode & 0o777 for path in pathlib.Path(self.home, "sealed").iterdir()}, {0o400})

    def test_takes_nothing_else_and_not_too_much(self) -> None:
        for data in (b"", b"plain", gate.HEADER + b"x" * gate.MOST_BYTES):
            with self.assertRaisesRegex(Refused, "not a sealed password"):
                self.seal(data)
        for number in range(gate.MOST_FILES):
            self.seal(gate.HEADER + str(number).encode())
        with self.assertRaisesRegex(Refused, "already"):
            self.seal(gate.HEADER + b"one more")
        # One that is there already is no new one.
        self.seal(gate.HEADER + b"0")

    def test_begins_again_where_it_was_cut_off(self) -> None:
        with mock.patch.object(os, "replace", side_effect=OSError), self.assertRaises(OSError):
            self.seal(gate.HEADER + b"a")
        self.seal(gate.HEADER + b"a")
        self.assertEqual(len(os.listdir(f"{self.home}/sealed")), 1)


class CommandTest(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.home = directory.name
        account = pwd.struct_passwd(("vault-web", "x", os.getuid(), os.getgid(), "", self.home, "/bin/sh"))
        patch = mock.patch.object(pwd, "getpwuid", return_value=account)
        patch.start()
        self.addCleanup(patch.stop)
        self.addCleanup(os.umask, os.umask(0o077))

    def ask(self, command: str | None, stdin: bytes = b"") -> tuple[int, str]:
        environment = {} if command is None else {"SSH_ORIGINAL_COMMAND": command}
        err = io.StringIO()
        with (
            mock.patch.dict(os.environ, environment, clear=True),
            mock.patch("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin))),
            contextlib.redirect_stderr(err),
        ):
            return main(["gate"]), err.getvalue()

    def test_refuses_whatever_is_neither_restic_nor_a_sealed_password(self) -> None:
        commands = [
            None,
            "",
            "id",
            "sh -c id",
            "seal now",
            "'serve restic --stdio; id'",
            "rclone purge /",
            "serve sftp",
        ]
        for command in commands:
            with self.subTest(command=command), mock.patch.object(os, "execve") as execute:
                said = "phiward: this account adds backups and records, and does nothing else\n"
                self.assertEqual(self.ask(command), (1, said))
                execute.assert_not_called()

    def test_serves_its_own_directory_append_only_whatever_options_are_asked_for(self) -> None:
        for command in ("serve restic --stdio", "serve restic --stdio --append-only=false /srv/vault/other"):
            with mock.patch.object(os, "execve") as execute:
                self.ask(command)
            program, argv, environment = execute.call_args.args
            self.assertEqual(program, "/usr/bin/rclone")
            options = ["--append-only", "--config", "/dev/null", "--log-level", "ERROR"]
            self.assertEqual(argv, ["rclone", "serve", "restic", "--stdio", *options, f"{self.home}/restic"])
            self.assertEqual(environment, {"PATH": "/usr/bin:/bin", "HOME": self.home, "LC_ALL": "C.UTF-8"})

    def test_tells_when_each_backup_came_by_its_own_clock(self) -> None:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            self.assertEqual(self.ask("arrivals"), (0, ""))
        self.assertEqual(out.getvalue(), "{}\n")
        directory = pathlib.Path(self.home, "restic/snapshots")
        directory.mkdir(parents=True)
        for name in ("a" * 64, "b" * 63, "locks"):
            (directory / name).touch()
            os.utime(directory / name, (1, 1767225600))
        (directory / ("c" * 64)).symlink_to("/etc/shadow")
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            self.assertEqual(self.ask("arrivals"), (0, ""))
        found = json.loads(out.getvalue())
        self.assertEqual(found, {"a" * 64: 1767225600})
        self.assertEqual(self.ask("arrivals now")[0], 1)

    def test_takes_a_sealed_password_and_refuses_another_text(self) -> None:
        self.assertEqual(self.ask("seal", gate.HEADER + b"a"), (0, ""))
        self.assertEqual(self.ask("seal", b"overwritten"), (1, "phiward: what was sent is not a sealed password\n"))
        self.assertEqual(len(os.listdir(f"{self.home}/sealed")), 1)


if __name__ == "__main__":
    unittest.main()
