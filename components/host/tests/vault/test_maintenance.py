"""The vault's care of a host's repository, with a restic and an age that do nothing."""

import contextlib
import datetime
import hashlib
import io
import json
import os
import pathlib
import tempfile
import time
import unittest
from collections.abc import Callable, Collection, Sequence

from phiward_host.common import files, process
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.process import Completed
from phiward_host.vault import account, maintenance, settings, verbs
from phiward_host.vault import store as store_module
from phiward_host.vault.account import Account, run_as
from phiward_host.vault.quarantine import unexpected_files, unreadable_files
from phiward_host.vault.settings import VaultSettings
from phiward_host.vault.store import Store
from tests.fake_programs import ProgramsTest

CONFIG: dict[str, object] = {"hosts": ["web"], "keep": {"last": 1, "days": 30}, "limit": 7200}
KEYS = ("0" * 64, "1" * 64)


class UnexpectedFilesTest(unittest.TestCase):
    def test_knows_files_by_name_and_by_checksum_and_waits_for_what_is_being_written(self) -> None:
        with tempfile.TemporaryDirectory() as root:
            content = b"index"
            good, wrong, young = hashlib.sha256(content).hexdigest(), "0" * 64, "1" * 64
            paths = [
                "config",
                f"index/{good}",
                f"index/{wrong}",
                f"keys/{young}",
                f"data/ab/{wrong}",
                f"data/ab/{good}-tmp-1",
                "shell.sh",
                "index/x",
            ]
            for path in paths:
                file = pathlib.Path(root) / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
                os.utime(file, (1000, 1000))
            os.utime(pathlib.Path(root) / f"keys/{young}", (5000, 5000))
            self.assertEqual(sorted(unexpected_files(root, 5100)), [f"index/{wrong}", "index/x", "shell.sh"])


class AccountTest(unittest.TestCase):
    @unittest.skipIf(os.geteuid() != 0, "only root can become another account")
    def test_a_program_runs_with_the_accounts_rights_and_reads_what_it_is_handed(self) -> None:
        nobody = Account(65534, 65534, "/nonexistent")
        with files.secret_file("secret") as (descriptor, path):
            os.fchmod(descriptor, 0o444)
            script = f'id -u; id -G; umask; echo "$HOME"; cat {path}'
            found = run_as(nobody, ["sh", "-c", script], (descriptor,))
        self.assertEqual(found.stdout, "65534\n65534\n0077\n/nonexistent\nsecret")
        self.assertEqual(run_as(nobody, ["no-such-program"], ()).code, process.NOT_FOUND)


class StoreTest(ProgramsTest):
    programs = ("restic", "age")

    def setUp(self) -> None:
        super().setUp()
        self.accounts: list[Account] = []

        # Only root can become another account; who it would become is kept.
        def run_as(account: Account, argv: Sequence[str], pass_fds: Collection[int]) -> Completed:
            self.accounts.append(account)
            return process.run(argv, pass_fds=pass_fds)

        def as_account(uid: int, gid: int, work: Callable[[], object], seconds: float, most: int) -> object:
            self.accounts.append(Account(uid, gid, self.store.home))
            return json.loads(json.dumps(work()))

        self.patch(account, "run_as", run_as)
        self.patch(store_module, "as_account", as_account)
        self.store = Store("web", f"{self.home}/web", 1234, 1235)
        self.patch(Store, "of", {"web": self.store}.__getitem__)
        self.config = VaultSettings.from_json(CONFIG, "vault.json")
        for path in ("restic/config", "sealed/one.age"):
            self.put(path, path)
        self.answer("age", "--decrypt", "password\n")
        self.listed()

    def put(self, path: str, text: str, age: float = 3600) -> None:
        file = pathlib.Path(self.store.home, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        os.utime(file, (time.time() - age, time.time() - age))

    def put_named(self, kind: str, text: str) -> str:
        """A file of the repository under the checksum of its content."""
        name = hashlib.sha256(text.encode()).hexdigest()
        self.put(f"restic/{kind}/{name}", text)
        return name

    def listed(self, *ages_in_days: float) -> None:
        """Complete runs of such an age; one of an hour's age without any."""
        now = datetime.datetime.now(datetime.UTC)
        entries = [
            {
                "id": f"id{number}",
                "time": (now - datetime.timedelta(days=age)).isoformat(),
                "tags": [f"run={number}", "part=files"],
            }
            for number, age in enumerate(ages_in_days or (1 / 24,))
        ]
        self.answer("restic", "snapshots", json.dumps(entries))

    def words(self) -> list[list[str]]:
        """What restic was asked to do, without the options that say where."""
        return [call.argv[call.argv.index("45m") + 1 :] for call in self.calls("restic")]

    def quarantined(self) -> list[str]:
        root = self.store.quarantine
        return sorted(
            os.path.relpath(os.path.join(directory, name), root).split("/", 1)[1]
            for directory, _, names in os.walk(root)
            for name in names
        )

    def status(self) -> dict[str, dict[str, dict[str, object]]]:
        with open(f"{self.home}/base/status/vault.json", encoding="utf-8") as file:
            return json.load(file)

    def test_runs_restic_as_the_hosts_account_and_age_with_the_vaults_key(self) -> None:
        maintenance.check(self.config, self.store)
        self.assertEqual(set(self.accounts), {Account(1234, 1235, self.store.home)})
        age = self.calls("age")[0]
        self.assertEqual(age.argv, ["--decrypt", "--identity", "/etc/ssh/ssh_host_ed25519_key"])
        self.assertEqual(age.stdin, "sealed/one.age")
        expected = [
            ["--no-lock", "cat", "config"],
            ["unlock"],
            ["check", "--quiet", "--read-data"],
            ["snapshots", "--json"],
        ]
        self.assertEqual(self.words(), expected)
        self.assertNotIn("password\n", json.dumps([call.argv for call in self.calls("restic")]))

    def test_prunes_what_expired_and_keeps_the_last_runs(self) -> None:
        self.listed(0, 40, 50)
        self.assertEqual(dict(maintenance.prune(self.config, self.store)), {"kept": 1, "letGo": 2})
        self.assertEqual(self.words()[-1], ["forget", "--prune", "--quiet", "id1", "id2"])

    def test_prunes_nothing_while_a_snapshot_is_dated_in_the_future(self) -> None:
        self.listed(0, 40, -1)
        with self.assertRaisesRegex(Refused, "^web: snapshot id2 is dated in the future: .*Nothing was pruned"):
            maintenance.prune(self.config, self.store)
        self.assertNotIn("forget", str(self.words()))

    def test_reports_damage_and_a_host_that_adds_nothing(self) -> None:
        self.listed(1)
        with self.assertRaisesRegex(Failed, "^web: nothing was added for more than 2 h$"):
            maintenance.check(self.config, self.store)
        self.answer("restic", "check", code=1)
        words = r"^web: the check found damage; .* \(restic exited with status 1\); its output is in .*vault\.log on"
        with self.assertRaisesRegex(Failed, words):
            maintenance.check(self.config, self.store)

    def test_tries_all_passwords_that_a_host_left(self) -> None:
        self.put("sealed/two.age", "newer", age=60)
        self.answer("restic", "cat config", code=12, times=1)
        maintenance.check(self.config, self.store)
        self.assertEqual([call.stdin for call in self.calls("age")], ["newer", "sealed/one.age"])
        self.answer("restic", "cat config", code=12)
        with self.assertRaisesRegex(Failed, "^web: none of the sealed passwords that it left opens its backups$"):
            maintenance.check(self.config, self.store)

    def test_moves_aside_what_restic_never_makes_and_reports_it(self) -> None:
        self.put("restic/foreign", "x")
        words = (
            r"^web: found 1 unexpected or unreadable files in its repository \(possible tampering\); "
            r"quarantined in .*/web/foreign, and the check succeeded without them$"
        )
        with self.assertRaisesRegex(Failed, words):
            maintenance.for_each(self.config, "check", maintenance.check)
        self.assertEqual(self.quarantined(), ["foreign"])
        self.assertEqual(self.status()["web"]["check"]["snapshots"], 1)
        maintenance.for_each(self.config, "check", maintenance.check)

    def test_moves_aside_what_restic_cannot_read_and_does_the_job_again(self) -> None:
        good, bad = self.put_named("index", "good"), self.put_named("index", "bad")
        broken = self.put_named("snapshots", "broken")
        self.answer("restic", "check", code=1, times=1)
        for name in (bad, broken):
            self.answer("restic", f"{name}", code=1)
        with self.assertRaisesRegex(Failed, "found 2 unexpected or unreadable files"):
            maintenance.for_each(self.config, "check", maintenance.check)
        self.assertEqual(self.quarantined(), sorted([f"index/{bad}", f"snapshots/{broken}"]))
        self.assertTrue(os.path.exists(f"{self.store.repository}/index/{good}"))

    def test_finds_the_keys_that_open_nothing_by_trying_each_first(self) -> None:
        bad, good = self.put_named("keys", "bad"), self.put_named("keys", "good")
        self.answer("restic", "cat config", code=12)
        self.answer("restic", f"--key-hint {good}", "{}")
        self.assertEqual(unreadable_files(self.store, time.time()), [f"keys/{bad}"])
        self.answer("restic", f"--key-hint {good}", code=12)
        self.assertEqual(unreadable_files(self.store, time.time()), [])

    def test_one_host_that_fails_does_not_keep_the_others_from_their_job(self) -> None:
        other = Store("api", f"{self.home}/api", 1, 1)
        empty = Store("new", f"{self.home}/new", 1, 1)
        stores = {store.host: store for store in (other, self.store, empty)}
        self.patch(Store, "of", stores.__getitem__)
        pathlib.Path(other.repository).mkdir(parents=True)
        pathlib.Path(other.repository, "config").touch()
        config = VaultSettings.from_json({**CONFIG, "hosts": ["api", "web", "new"]}, "vault.json")
        with self.assertRaisesRegex(Failed, "^api: none of the sealed passwords"):
            maintenance.for_each(config, "prune", maintenance.prune)
        self.assertEqual(list(self.status()), ["web"])
        self.assertEqual(sorted(self.status()["web"]["prune"]), ["at", "kept", "letGo"])

    def ask(self, *words: str) -> tuple[int, str, str]:
        path = f"{self.home}/vault.json"
        pathlib.Path(path).write_text(json.dumps(CONFIG), encoding="utf-8")
        self.patch(settings, "PATH", path)
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = verbs.main(words)
        return code, out.getvalue(), err.getvalue()

    def test_hands_over_the_sealed_passwords_of_a_host_that_it_knows_newest_first(self) -> None:
        self.put("sealed/two.age", "newer", age=60)
        self.assertEqual(self.ask("sealed", "web"), (0, '["newer", "sealed/one.age"]\n', ""))
        for words in ((), ("sealed",), ("sealed", "other"), ("sealed", "web", "web"), ("gate", "now")):
            code, out, err = self.ask(*words)
            self.assertEqual((code, out), (1, ""))
            self.assertIn("allowed: gate, prune, check, sealed HOST with HOST one of web", err)

    def test_does_a_job_under_the_lock_of_all_jobs(self) -> None:
        self.assertEqual(self.ask("check"), (0, "", ""))
        with open(f"{self.home}/run/backup.lock", encoding="utf-8") as file:
            self.assertEqual(file.read(), f"check, process {os.getpid()}\n")
