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
from collections.abc import Callable, Collection, Mapping, Sequence
from unittest import mock

from phiward_host.common import files, process
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.process import Completed
from phiward_host.journal import stored
from phiward_host.journal.stored import Record
from phiward_host.vault import account, limits, maintenance, proof, quarantine, renewal, settings, verbs
from phiward_host.vault import store as store_module
from phiward_host.vault.account import Account, run_as
from phiward_host.vault.quarantine import unexpected, unreadable_files
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
            self.assertEqual(sorted(unexpected(root, 5100)), [f"index/{wrong}", "index/x", "shell.sh"])


class AccountTest(unittest.TestCase):
    @unittest.skipIf(os.geteuid() != 0, "only root can become another account")
    def test_a_program_runs_with_the_accounts_rights_and_reads_what_it_is_handed(self) -> None:
        nobody = Account(65534, 65534, "/nonexistent")
        with files.secret_file("secret") as (descriptor, path):
            os.fchmod(descriptor, 0o444)
            script = f'id -u; id -G; umask; echo "$HOME" "$TMPDIR"; cat {path}'
            found = run_as(nobody, ["sh", "-c", script], (descriptor,))
        self.assertEqual(found.stdout, "65534\n65534\n0077\n/nonexistent /nonexistent\nsecret")
        self.assertEqual(run_as(nobody, ["no-such-program"], ()).code, process.NOT_FOUND)


class StoreTest(ProgramsTest):
    programs = ("restic", "age")

    def setUp(self) -> None:
        super().setUp()
        self.accounts: list[Account] = []
        self.patch(quarantine, "PAUSE_SECONDS", 0)
        self.patch(proof, "PAUSE_SECONDS", 0)

        # Only root can become another account; who it would become is kept.
        def run_as(
            account: Account, argv: Sequence[str], pass_fds: Collection[int], directory: str, timeout: float | None
        ) -> Completed:
            self.accounts.append(account)
            return process.run(argv, pass_fds=pass_fds, timeout=timeout)

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

    def one_listed(self, name: str) -> None:
        """A snapshot that restic lists where it is asked for it by its name."""
        entry = {"id": name, "time": datetime.datetime.now(datetime.UTC).isoformat(), "tags": ["run=0", "part=files"]}
        self.answer("restic", f"snapshots --json {name}", json.dumps([entry]))

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
            ["check", "--quiet", "--no-lock", "--read-data"],
            ["snapshots", "--json", "--no-lock"],
        ]
        self.assertEqual(self.words(), expected)
        self.assertNotIn("password\n", json.dumps([call.argv for call in self.calls("restic")]))

    def test_prunes_what_expired_and_keeps_the_last_runs(self) -> None:
        self.listed(0, 40, 50)
        self.assertEqual(dict(maintenance.prune(self.config, self.store)), {"kept": 1, "letGo": 2})
        self.assertIn(["forget", "--prune", "--quiet", "id1", "id2"], self.words())

    def test_takes_no_lock_where_the_host_would_wait_for_it_so_none_stays_of_a_job_that_is_killed(self) -> None:
        self.listed(0, 40, 50)
        maintenance.prune(self.config, self.store)
        maintenance.check(self.config, self.store)
        where = [call.argv for call in self.calls("restic") if call.argv[1] == self.store.repository]
        self.assertGreater(len(where), 3)
        self.assertEqual([argv for argv in where if "--no-lock" not in argv], [])

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

    def test_tells_what_was_moved_aside_also_where_the_job_fails_all_the_same(self) -> None:
        def fail(_: VaultSettings, __: Store) -> Mapping[str, object]:
            raise Failed("web: something else is wrong")

        self.put("restic/foreign", "x")
        words = r"^web: found 1 unexpected or unreadable files .* quarantined in \S+; web: something else is wrong$"
        with self.assertRaisesRegex(Failed, words):
            maintenance.for_each(self.config, "check", fail)
        self.assertEqual(self.quarantined(), ["foreign"])

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

    def test_snapshots_so_large_that_they_cannot_be_listed_are_moved_aside_and_reported(self) -> None:
        good = self.put_named("snapshots", "good")
        large = [self.put_named("snapshots", f"large {number}") for number in range(3)]
        snapshot = {"time": datetime.datetime.now(datetime.UTC).isoformat(), "tags": ["run=0", "part=files"]}
        entries = [{**snapshot, "id": good}, *({**snapshot, "id": name, "paths": ["a" * 65536]} for name in large)]
        self.answer("restic", "snapshots --json", json.dumps(entries[:1]))
        self.answer("restic", "snapshots --json --no-lock", code=1, times=1)
        for name in large:
            self.answer("restic", name, json.dumps(entries))
        with self.assertRaisesRegex(Failed, "found 3 unexpected or unreadable files .* the check succeeded without"):
            maintenance.for_each(self.config, "check", maintenance.check)
        self.assertEqual(self.quarantined(), sorted(f"snapshots/{name}" for name in large))
        # Many of a right size are listed in batches.
        self.answer("restic", "snapshots --json --no-lock", code=1)
        self.answer("restic", f"snapshots --json --no-lock {good}", json.dumps(entries[:1]))
        maintenance.for_each(self.config, "check", maintenance.check)

    def test_moves_aside_any_number_of_snapshots_that_are_none_without_reading_each_by_itself(self) -> None:
        good = self.put_named("snapshots", "good")
        bad = [self.put_named("snapshots", f"bad {number}") for number in range(3)]
        self.patch(quarantine, "MOST_TRIED", 2)
        for number in range(3):
            self.put_named("index", f"index {number}")
        entry = {"id": good, "time": datetime.datetime.now(datetime.UTC).isoformat(), "tags": ["run=0", "part=files"]}
        self.answer("restic", "snapshots --json", json.dumps([entry]))
        self.answer("restic", "check", code=1, times=1)
        with self.assertRaisesRegex(Failed, "found 3 unexpected or unreadable files .* the check succeeded without"):
            maintenance.for_each(self.config, "check", maintenance.check)
        self.assertEqual(self.quarantined(), sorted(f"snapshots/{name}" for name in bad))
        # One look for all, in each of three rounds.
        self.assertEqual(str(self.words()).count(bad[0]), 3)
        self.assertNotIn("'cat', 'index', '", str([words for words in self.words() if words[:1] == ["--no-lock"]]))

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

    def test_one_host_that_takes_long_has_its_share_and_the_one_with_the_most_packs_what_is_left(self) -> None:
        stores = {host: Store(host, f"{self.home}/{host}", 1, 1) for host in ("api", "db", "web")}
        self.patch(Store, "of", stores.__getitem__)
        for store in stores.values():
            self.put(f"../{store.host}/restic/config", "config")
        proof_of = {"api": {"data/00/0": "1 2 3"}, "db": {}}
        for host, packs in proof_of.items():
            files.make_directory(f"{self.home}/base/vault")
            files.write_json(f"{self.home}/base/vault/{host}.packs.json", packs)
        self.patch(maintenance, "SECONDS", 300)
        order: list[tuple[str, float]] = []

        def work(_: VaultSettings, store: Store) -> dict[str, object]:
            order.append((store.host, round(store.until - time.monotonic(), -1)))
            return {}

        config = VaultSettings.from_json({**CONFIG, "hosts": ["api", "db", "web"]}, "vault.json")
        maintenance.for_each(config, "check", work)
        self.assertEqual(order, [("web", 100), ("db", 150), ("api", 300)])

    def test_more_files_than_any_hosts_are_reported_and_the_job_is_done(self) -> None:
        self.put_named("snapshots", "first")
        later = self.put_named("snapshots", "later")
        os.utime(f"{self.store.repository}/snapshots/{later}")
        self.patch(limits, "MOST", {"snapshots": 1})
        with self.assertRaisesRegex(
            Failed, r"^web: its repository had more files than any host's \(1 of snapshots\); "
        ):
            maintenance.for_each(self.config, "check", maintenance.check)
        self.assertEqual(self.status()["web"]["check"]["snapshots"], 1)
        self.assertEqual(self.quarantined(), [f"surplus/snapshots/{later}"])
        maintenance.for_each(self.config, "check", maintenance.check)

    def test_a_fault_of_any_kind_at_one_host_keeps_no_other_from_its_job(self) -> None:
        """Such as a date in the year 0, which somebody with a host's password can give a snapshot."""
        self.put("../api/restic/config", "config")
        stores = {"api": Store("api", f"{self.home}/api", 1, 1), "web": self.store}

        def of(host: str) -> Store:
            if host == "gone":
                raise KeyError(host)
            return stores[host]

        self.patch(Store, "of", of)
        config = VaultSettings.from_json({**CONFIG, "hosts": ["gone", "web"]}, "vault.json")
        with self.assertRaisesRegex(
            Failed, r"^a fault of the program \(KeyError\); the trace is in .*vault\.log on the host$"
        ):
            maintenance.for_each(config, "check", maintenance.check)
        self.assertEqual(list(self.status()), ["web"])

    def test_prunes_by_arrival_whatever_dates_a_host_gives(self) -> None:
        """One that dates its snapshots a year ahead of all others would have those pruned."""
        names = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(3)]
        stamp = datetime.datetime.now(datetime.UTC).isoformat()
        ages = (50 * 86400, 40 * 86400, 3600)
        for number, (name, age) in enumerate(zip(names, ages, strict=True)):
            self.put_named("snapshots", str(number))
            self.assertTrue(os.path.exists(f"{self.store.repository}/snapshots/{name}"))
            os.utime(f"{self.store.repository}/snapshots/{name}", (time.time() - age, time.time() - age))
        entries = [
            {"id": names[0], "time": stamp, "tags": ["run=a", "part=files"]},
            {"id": names[1], "time": "2001-01-01T00:00:00Z", "tags": ["run=b", "part=files"]},
            {"id": names[2], "time": "2001-01-01T00:00:00Z", "tags": ["run=c", "part=files"]},
        ]
        self.answer("restic", "snapshots", json.dumps(entries))
        self.assertEqual(dict(maintenance.prune(self.config, self.store)), {"kept": 1, "letGo": 2})
        self.assertIn(["forget", "--prune", "--quiet", names[0], names[1]], self.words())

    def test_a_snapshot_with_a_date_in_the_year_0_is_named_and_nothing_is_pruned(self) -> None:
        entry = {"id": "id0", "time": "0000-01-01T00:00:00Z", "tags": ["run=a", "part=files"]}
        self.answer("restic", "snapshots", json.dumps([entry]))
        with self.assertRaisesRegex(Refused, "^web: snapshot id0 is dated in the future"):
            maintenance.prune(self.config, self.store)

    def test_reports_a_part_that_was_added_to_a_run_under_a_name_that_it_has(self) -> None:
        now = datetime.datetime.now(datetime.UTC).isoformat()
        entries = [{"id": f"id{number}", "time": now, "tags": ["run=a", "part=files"]} for number in range(2)]
        self.answer("restic", "snapshots", json.dumps(entries))
        with self.assertRaisesRegex(
            Failed, "^web: 1 snapshots were added under the name of a part .* to a files: treat"
        ):
            maintenance.check(self.config, self.store)

    def test_is_not_told_by_a_host_that_it_is_still_adding(self) -> None:
        name = self.put_named("snapshots", "x")
        os.utime(f"{self.store.repository}/snapshots/{name}", (1, 1))
        entry = {"id": name, "time": datetime.datetime.now(datetime.UTC).isoformat(), "tags": ["run=a", "part=files"]}
        self.answer("restic", "snapshots", json.dumps([entry]))
        with self.assertRaisesRegex(Failed, "^web: nothing was added for more than 2 h$"):
            maintenance.check(self.config, self.store)

    def test_a_repository_that_is_gone_is_a_failure(self) -> None:
        os.unlink(f"{self.store.repository}/config")
        with self.assertRaisesRegex(
            Failed, "^web: its repository .*/web/restic is gone; find out why and put it back$"
        ):
            maintenance.for_each(self.config, "check", maintenance.check)
        os.unlink(f"{self.store.home}/sealed/one.age")
        maintenance.for_each(self.config, "check", maintenance.check)

    def test_moves_nothing_aside_because_of_one_failed_look(self) -> None:
        good = self.put_named("snapshots", "good")
        self.answer("restic", "check", code=1)
        self.one_listed(good)
        self.answer("restic", f"snapshots --json {good}", code=1, times=1)
        with self.assertRaisesRegex(Failed, "the check found damage"):
            maintenance.for_each(self.config, "check", maintenance.check)
        self.assertEqual(self.quarantined(), [])
        self.assertTrue(os.path.exists(f"{self.store.repository}/snapshots/{good}"))

    def test_finds_a_password_that_opens_when_it_is_tried_again(self) -> None:
        name = self.put_named("keys", "good")
        self.answer("restic", "cat config", code=1, times=1)
        self.assertEqual(unreadable_files(self.store, time.time()), [])
        self.assertTrue(os.path.exists(f"{self.store.repository}/keys/{name}"))

    def test_prunes_nothing_in_a_run_that_moved_anything_and_puts_back_what_can_be_read_again(self) -> None:
        moved = self.put_named("snapshots", "good")
        self.answer("restic", "snapshots", code=1, times=1)
        self.answer("restic", f"snapshots --json {moved}", code=1, times=3)
        with self.assertRaisesRegex(
            Failed, "found 1 unexpected or unreadable files .*, and nothing was pruned in this run$"
        ):
            maintenance.for_each(self.config, "prune", maintenance.prune)
        self.assertEqual(self.quarantined(), [f"snapshots/{moved}"])
        self.assertNotIn("forget", str(self.words()))
        self.put("restic/foreign", "x")
        self.listed()
        self.one_listed(moved)
        self.answer("restic", f"snapshots --json {moved}", code=1, times=1)
        with self.assertRaisesRegex(Failed, "nothing was pruned in this run$"):
            maintenance.for_each(self.config, "prune", maintenance.prune)
        self.assertNotIn("forget", str(self.words()))
        self.assertEqual(self.quarantined(), ["foreign", f"snapshots/{moved}"])
        with self.assertRaisesRegex(Failed, "^web: 1 files that were quarantined can be read, and were put back$"):
            maintenance.for_each(self.config, "prune", maintenance.prune)
        self.assertTrue(os.path.exists(f"{self.store.repository}/snapshots/{moved}"))
        self.assertEqual(self.quarantined(), ["foreign"])

    def test_a_host_that_holds_locks_all_the_time_is_waited_for_and_reported_and_after_a_week_no_longer(self) -> None:
        self.patch(renewal, "WAIT_SECONDS", -1)
        self.listed(0, 40, 50)
        self.put("restic/locks/" + "a" * 64, "lock", age=60)
        with self.assertRaisesRegex(Failed, "^web: the host was adding to its backups, or holds a lock .* nothing was"):
            maintenance.for_each(self.config, "prune", maintenance.prune)
        since = self.status()["web"]["postponed"]["at"]
        self.assertNotIn("forget", str(self.words()))
        with self.assertRaises(Failed):
            maintenance.for_each(self.config, "prune", maintenance.prune)
        self.assertEqual(self.status()["web"], {"postponed": {"at": since}})
        long_ago = {"web": {"postponed": {"at": "2020-01-01T00:00:00Z"}}}
        pathlib.Path(f"{self.home}/base/status/vault.json").write_text(json.dumps(long_ago))
        maintenance.for_each(self.config, "prune", maintenance.prune)
        self.assertIn("forget", str(self.words()))
        self.assertEqual(list(self.status()["web"]), ["prune"])

    def test_a_check_waits_for_no_lock_and_prunes_nothing_when_it_rebuilds_the_index(self) -> None:
        self.put("restic/locks/" + "a" * 64, "lock", age=3600)
        self.answer("restic", "check", code=1, times=1)
        words = "^web: its index did not say what is there, and was rebuilt from that.*treat the host as compromised$"
        with self.assertRaisesRegex(Failed, words):
            maintenance.for_each(self.config, "check", maintenance.check)
        self.assertNotIn("forget", str(self.words()))
        self.assertIn(["repair", "index", "--read-all-packs", "--quiet"], self.words())
        self.assertEqual(os.listdir(f"{self.store.repository}/locks"), [])
        self.assertEqual(self.status()["web"]["check"]["snapshots"], 1)

    def ask(self, *words: str) -> tuple[int, str, str]:
        path = f"{self.home}/vault.json"
        pathlib.Path(path).write_text(json.dumps(CONFIG), encoding="utf-8")
        self.patch(settings, "PATH", path)
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = verbs.main(words)
        return code, out.getvalue(), err.getvalue()

    def test_a_job_that_failed_counts_until_it_succeeds_again(self) -> None:
        self.assertEqual(self.ask("fresh"), (0, "fresh\n", ""))
        maintenance.FAILURES.note("web", "check", Failed("web: the check found damage"))
        maintenance.FAILURES.note("former", "check", Failed("of a host that is not declared any more"))
        code, out, err = self.ask("fresh")
        self.assertEqual((code, out), (1, ""))
        self.assertRegex(err, r"^phiward: the last check failed at .*: web: the check found damage\n$")
        maintenance.FAILURES.clear("web", "check")
        self.assertEqual(self.ask("fresh")[0], 0)

    def test_hands_over_the_sealed_passwords_of_a_host_that_it_knows_newest_first(self) -> None:
        self.put("sealed/two.age", "newer", age=60)
        self.assertEqual(self.ask("sealed", "web"), (0, '["newer", "sealed/one.age"]\n', ""))
        for words in ((), ("sealed",), ("sealed", "other"), ("sealed", "web", "web"), ("gate", "now")):
            code, out, err = self.ask(*words)
            self.assertEqual((code, out), (1, ""))
            self.assertIn("allowed: gate, prune, check, sealed|arrivals|cut|erased HOST with HOST one of web", err)

    def test_says_when_backups_of_a_host_came_and_ends_its_connections(self) -> None:
        name = "a" * 64
        self.put(f"restic/snapshots/{name}", "one")
        code, out, _ = self.ask("arrivals", "web")
        self.assertEqual((code, list(json.loads(out))), (0, [name]))
        looked = mock.Mock(return_value=True)
        self.patch(Store, "look", looked)
        self.assertEqual(self.ask("cut", "web"), (0, "true\n", ""))
        looked.assert_called_once()
        self.assertEqual(self.ask("cut", "other")[0], 1)

    def test_says_whom_a_host_had_erased_and_nothing_of_what_it_says_besides(self) -> None:
        entry = "ab" * 32
        messages = (f"a person was erased ({entry}), 3 rows: asked by letter", "a person was erased (mallory)", [1, 2])
        found = [
            Record(Fields.of({"MESSAGE": text, "__REALTIME_TIMESTAMP": "1790000000000000"}, "record"))
            for text in messages
        ]
        self.patch(stored, "records", mock.Mock(return_value=found))
        self.assertEqual(self.ask("erased", "web"), (0, json.dumps({entry: 1790000000.0}) + "\n", ""))
        self.assertEqual(self.ask("erased", "other")[0], 1)

    def test_does_a_job_under_the_lock_of_all_jobs(self) -> None:
        self.assertEqual(self.ask("check"), (0, "", ""))
        with open(f"{self.home}/run/backup.lock", encoding="utf-8") as file:
            self.assertEqual(file.read(), f"check, process {os.getpid()}\n")
