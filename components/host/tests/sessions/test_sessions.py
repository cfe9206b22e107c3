"""Recorded sessions on a host: which are finished, how one is encrypted, and what is said of those that wait."""

import os
import pathlib
import stat
import subprocess
import time
import unittest
from collections.abc import Mapping

from phiward_host.common import process
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.process import Completed
from phiward_host.journal.settings import Vault
from phiward_host.sessions import recorded, sealing, sending, stored
from tests.support import OnDisk

ONE = "alice-20261127T081500-k3T9aB"
OTHER = "bob-20261127T081501-Zz09xY"
VAULT = Vault("192.0.2.20", 22, "vault-web", "/etc/phiward/sessions-vault-key")
# Stands in for age(1): what it writes is read back as it came.
AGE = "#!/bin/sh\nprintf -- '-----BEGIN AGE ENCRYPTED FILE-----\\n'\nexec cat\n"


class Sessions(OnDisk):
    def setUp(self) -> None:
        super().setUp()
        self.top = self.path("run/sessions")
        os.makedirs(self.top)
        self.patch(recorded, "TOP", self.top)

    def session(self, name: str, mode: int = 0o600, seconds: float = 0.0) -> pathlib.Path:
        directory = pathlib.Path(self.top, name)
        directory.mkdir()
        (directory / "timing").write_text("")
        (directory / "ttyout").write_text("a patient's note\n")
        (directory / "timing").chmod(mode)
        at = time.time() - seconds
        for path in (directory / "timing", directory / "ttyout", directory):
            os.utime(path, (at, at))
        return directory


class FinishedTest(Sessions):
    def test_is_one_that_sudo_ended(self) -> None:
        self.session(ONE, 0o400)
        self.session(OTHER)
        self.assertEqual(recorded.finished(), [ONE])

    def test_is_one_that_nothing_has_open_any_more_after_its_first_minute(self) -> None:
        self.session(ONE, seconds=3600)
        going = self.session(OTHER, seconds=3600)
        with (going / "ttyout").open("a"):
            self.assertEqual(recorded.finished(), [ONE])
        self.assertEqual(recorded.finished(), [ONE, OTHER])

    def test_is_none_where_nobody_knows_which_go_on(self) -> None:
        self.session(OTHER, seconds=3600)

        def too_much(*_: object, **__: object) -> Completed:
            return Completed(process.TOO_MUCH, "", "")

        self.patch(process, "run", too_much)
        with self.assertRaisesRegex(Failed, "which sessions go on is not known"):
            recorded.finished()

    def test_is_nothing_of_another_name(self) -> None:
        for name in ("seq", "00", "..x", "alice-20261127T081500-k3T9aB.new"):
            os.mkdir(os.path.join(self.top, name))
        self.assertEqual(recorded.present(), [])


class SealTest(Sessions):
    def age(self, text: str) -> None:
        path = pathlib.Path(self.path("bin/age", text))
        path.chmod(0o755)

        def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
            return {"PATH": f"{path.parent}:/usr/bin:/bin", **(extra or {})}

        self.patch(sealing.process, "environment", environment)

    def test_leaves_one_encrypted_file_and_no_clear_text(self) -> None:
        self.age(AGE)
        self.session(ONE, 0o400)
        sealing.seal(ONE, "age1x")
        self.assertEqual((os.listdir(self.top), os.listdir(sealing.directory())), ([], [f"{ONE}.age"]))
        self.assertEqual(stat.S_IMODE(os.stat(sealing.path_of(ONE)).st_mode), 0o600)
        header, _, archive = pathlib.Path(sealing.path_of(ONE)).read_bytes().partition(b"\n")
        self.assertEqual(header, b"-----BEGIN AGE ENCRYPTED FILE-----")
        listed = subprocess.run(["tar", "--list", "--gzip"], input=archive, capture_output=True, check=True).stdout
        self.assertEqual(sorted(listed.decode().split()), [f"{ONE}/", f"{ONE}/timing", f"{ONE}/ttyout"])

    def test_keeps_the_clear_text_where_it_fails_and_tries_again(self) -> None:
        self.age("#!/bin/sh\ncat >/dev/null\nexit 1\n")
        self.session(ONE, 0o400)
        with self.assertRaisesRegex(Failed, "age with status 1"):
            sealing.seal(ONE, "age1x")
        self.assertEqual((recorded.finished(), os.listdir(sealing.directory())), ([ONE], []))
        self.age(AGE)
        sealing.seal(ONE, "age1x")
        self.assertEqual(sealing.kept(), [ONE])

    def test_seals_nothing_beyond_its_bound(self) -> None:
        self.age(AGE)
        self.session(ONE, 0o400)
        self.patch(sealing, "MOST_FILES", 1)
        self.path(f"state/sessions/{OTHER}.age", "x")
        with self.assertRaisesRegex(Failed, "as many sealed sessions as it may"):
            sealing.seal(ONE, "age1x")
        self.assertEqual(recorded.finished(), [ONE])


class SendTest(Sessions):
    def waiting(self, seconds: float) -> None:
        path = self.path(f"state/sessions/{ONE}.age", "-----BEGIN AGE ENCRYPTED FILE-----\n")
        at = time.time() - seconds
        os.utime(path, (at, at))

    def vault(self, text: str) -> None:
        script = self.path("vault.sh", text)

        def argv(_: Vault, command: str) -> list[str]:
            return ["/bin/sh", script, *command.split()]

        self.patch(sending, "ssh_argv", argv)

    def test_removes_one_once_the_vault_has_all_of_it(self) -> None:
        self.waiting(0)
        self.vault('echo "kept $(sha256sum | cut -d" " -f1)"\n')
        sending.send_all(VAULT)
        self.assertEqual(sealing.kept(), [])

    def test_keeps_one_that_the_vault_has_not_and_says_so_once_a_day_when_it_is_late(self) -> None:
        self.waiting(60)
        for answer in ("echo 'kept 0'\n", "echo 'phiward: full' >&2; exit 1\n", "exit 255\n"):
            self.vault(answer)
            sending.send_all(VAULT)
            self.assertEqual(sealing.kept(), [ONE])
        self.assertIsNone(sending.late())
        self.waiting(9 * 3600)
        with self.assertRaisesRegex(Failed, "AUDIT_LOG_FAILURE: 1 sealed sessions wait .* the first for 9 hours"):
            sending.send_all(VAULT)
        sending.send_all(VAULT)


class StoredTest(Sessions):
    def test_past_its_time_is_removed_and_nothing_else(self) -> None:
        self.patch(stored, "VAULT", self.root)
        old, new, other = (
            self.path(f"web/sessions/{name}", "x")
            for name in (f"{ONE}.{'a' * 16}.age", f"{OTHER}.{'b' * 16}.age", "notes")
        )
        for path in (old, other):
            os.utime(path, (1, 1))
        stored.remove_old("web", time.time() - 3600)
        self.assertEqual([os.path.exists(path) for path in (old, new, other)], [False, True, True])
        stored.remove_old("gone", time.time())

    def test_of_no_name_that_is_there_is_refused(self) -> None:
        for name in ("../../etc/shadow", ONE, ""):
            with self.assertRaisesRegex(Refused, "found no session of that name"):
                stored.show("web", name)


if __name__ == "__main__":
    unittest.main()
