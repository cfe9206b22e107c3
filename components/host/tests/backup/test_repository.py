"""How restic is called and what its answers mean, with a restic that does nothing."""

import json
import os

from phiward_host.backup.locations import LocalRepository, OffsiteRepository, repository_named
from phiward_host.backup.repository import Repository, Saved, State
from phiward_host.common.errors import Failed, Refused
from tests.backup.examples import settings
from tests.fake_programs import ProgramsTest

ABOUT = {"largeObjects": 0, "bytes": 7, "version": "17", "encoding": "UTF8", "collate": "C", "ctype": "C"}


def listed(identity: str, time: str, run: str, part: str) -> dict[str, object]:
    return {"id": identity, "time": time, "tags": [f"run={run}", f"part={part}"], "paths": [f"/{part}"]}


def manifest(run: str) -> str:
    databases = {"db/api": {"tables": {"public.a": [1, "2"]}, **ABOUT}}
    fields = {"run": run, "at": "2026-01-01T00:00:00Z", "host": "web", "databases": databases}
    return json.dumps({**fields, "volumes": {}, "paths": ["/srv"], "secrets": []})


class RepositoryTest(ProgramsTest):
    programs = ("restic", "ssh")

    def setUp(self) -> None:
        super().setUp()
        self.where = f"{self.home}/restic"
        self.config = settings(repository=self.where)
        self.local = LocalRepository(self.config, repository_named(self.config, "local").password)

    def words(self) -> list[list[str]]:
        """What restic was asked to do, without the options that say where."""
        return [call.argv[call.argv.index("--cache-dir") + 2 :] for call in self.calls("restic")]

    def test_is_open_missing_or_closed_and_anything_else_is_a_failure(self) -> None:
        for code, state in ((0, State.OPEN), (10, State.MISSING), (12, State.CLOSED)):
            self.answer("restic", "cat config", code=code)
            self.assertEqual(self.local.state(), state)
        self.answer("restic", "cat config", code=1)
        with self.assertRaisesRegex(Failed, r"^local: the repository cannot be opened \(restic exited with status 1\)"):
            self.local.state()
        with self.assertRaisesRegex(Failed, "^offsite: .*phiward-vault-check.service quarantines"):
            repository_named(self.config, "offsite").state()

    def test_reads_without_a_lock_and_writes_with_one(self) -> None:
        self.assertIn("--no-lock", self.local.argv("snapshots"))
        self.assertNotIn("--no-lock", self.local.argv("backup"))

    def test_creates_a_missing_repository_and_moves_aside_what_an_interrupted_init_left(self) -> None:
        os.makedirs(f"{self.where}/data")
        self.answer("restic", "cat config", code=10)
        self.local.prepare()
        self.assertEqual(self.words(), [["cat", "config"], ["init"], ["unlock", "--remove-all"]])
        self.assertRegex(" ".join(os.listdir(self.home)), r"restic\.half-made-\d{8}T\d{6}Z")
        self.assertFalse(os.path.exists(self.where))

    def test_adds_nothing_under_another_password(self) -> None:
        self.answer("restic", "cat config", code=12)
        with self.assertRaisesRegex(Refused, "^local: the repository .* has another password than this host"):
            self.local.prepare()
        offsite = repository_named(self.config, "offsite")
        with self.assertRaisesRegex(
            Refused, "under another password, so this is a new host: nothing was added to them. Rest"
        ):
            offsite.prepare()
        with self.assertRaisesRegex(
            Refused, "npx phiward restore --host web --what all --from offsite --recovery-key FILE"
        ):
            offsite.require()

    def test_asks_for_a_backup_first_where_there_is_no_repository(self) -> None:
        self.answer("restic", "cat config", code=10)
        with self.assertRaisesRegex(Refused, "there is no repository yet; run npx phiward backup first"):
            self.local.require()

    def test_saves_with_the_tags_of_run_and_part_and_counts_what_was_added(self) -> None:
        summary = '{"message_type":"status"}\n{"message_type":"summary","data_added":7}\n'
        self.answer("restic", "backup", summary)
        self.assertEqual(self.local.save("r", "files", "--", "/srv"), Saved(7, True))
        tags = ["--host", "web", "--tag", "run=r", "--tag", "part=files", "--", "/srv"]
        self.assertEqual(self.words(), [["backup", "--json", "--quiet", *tags]])
        self.answer("restic", "backup", summary, code=3)
        self.assertEqual(self.local.save("r", "files"), Saved(7, False))
        self.answer("restic", "backup", "a patient's name", code=1)
        with self.assertRaisesRegex(Failed, r"^local: files cannot be saved \(restic exited with status 1\)") as caught:
            self.local.save("r", "files")
        self.assertNotIn("patient", str(caught.exception))
        with open(f"{self.home}/base/log/backup.log", encoding="utf-8") as file:
            self.assertIn("a patient's name", file.read())

    def snapshots(self, *entries: dict[str, object]) -> None:
        self.answer("restic", "snapshots", json.dumps(entries))

    def test_finds_the_newest_complete_run_or_the_one_that_is_named(self) -> None:
        self.snapshots(
            listed("aa1", "2026-01-01T00:00:00Z", "old", "db/api"),
            listed("aa2", "2026-01-01T00:01:00Z", "old", "files"),
            listed("bb1", "2026-01-02T00:00:00Z", "new", "db/api"),
            listed("bb2", "2026-01-02T00:01:00Z", "new", "files"),
            listed("cc1", "2026-01-03T00:00:00Z", "cut", "db/api"),
            listed("dd2", "2999-01-01T00:00:00Z", "forged", "files"),
        )
        self.answer("restic", "dump aa2", manifest("old"))
        self.answer("restic", "dump bb2", manifest("new"))
        self.assertEqual(self.local.find_run()[0].id, "new")
        for wanted in ("old", "aa1", "aa2"):
            run, found = self.local.find_run(wanted)
            self.assertEqual((run.id, found.run, run.parts["db/api"].paths), ("old", "old", ("/db/api",)))
        for wanted in ("cut", "forged", "ee"):
            with self.assertRaisesRegex(Refused, f"found no complete backup {wanted}; list them with restic snapshots"):
                self.local.find_run(wanted)

    def test_refuses_a_manifest_of_another_run(self) -> None:
        self.snapshots(listed("bb2", "2026-01-02T00:01:00Z", "new", "files"))
        self.answer("restic", "dump", manifest("other"))
        with self.assertRaisesRegex(Refused, "the manifest in snapshot bb2 is another run's"):
            self.local.find_run()

    def test_prunes_what_expired_and_nothing_while_a_date_is_forged(self) -> None:
        old = listed("aa2", "2026-01-01T00:01:00Z", "old", "files")
        new = listed("bb2", "2026-03-02T00:01:00Z", "new", "files")
        self.snapshots(old, new)
        self.assertEqual(self.local.forget(1, 30), 1)
        self.assertEqual(self.words()[-1], ["forget", "--prune", "--quiet", "aa2"])
        self.assertEqual(self.local.forget(2, 30), 0)
        self.snapshots(old, new, listed("dd2", "2999-01-01T00:00:00Z", "x", "files"))
        with self.assertRaisesRegex(
            Refused, "snapshot dd2 is dated in the future, so nothing was pruned; the backup succ"
        ):
            self.local.forget(1, 30)
        self.assertEqual(len([words for words in self.words() if words[0] == "forget"]), 1)

    def test_prunes_more_than_one_command_line_holds(self) -> None:
        old = [listed(f"{number:064x}", "2026-01-01T00:01:00Z", f"old{number}", "files") for number in range(2500)]
        self.snapshots(*old, listed("bb2", "2026-03-02T00:01:00Z", "new", "files"))
        self.assertEqual(self.local.forget(1, 30), 2500)
        calls = [words for words in self.words() if words[0] == "forget"]
        self.assertEqual([len(words) for words in calls], [1002, 1002, 503])
        self.assertEqual([words[1] for words in calls], ["--quiet", "--quiet", "--prune"])

    def offsite(self) -> OffsiteRepository:
        found: Repository = repository_named(self.config, "offsite")
        assert isinstance(found, OffsiteRepository)
        return found

    def test_reaches_the_vault_by_its_pinned_key_and_one_connection(self) -> None:
        argv = self.offsite().ssh("seal")
        self.assertEqual(argv[-6:], ["-p", "22", "-l", "vault-web", "203.0.113.9", "seal"])
        for option in (
            "StrictHostKeyChecking=yes",
            "UserKnownHostsFile=/etc/phiward/vault-host-key",
            "HostKeyAlias=vault",
            f"ControlPath={self.home}/run/vault.ssh",
        ):
            self.assertIn(option, argv)

    def test_says_so_when_the_vault_cannot_be_reached(self) -> None:
        self.answer("ssh", "", code=255)
        with (
            self.assertRaisesRegex(
                Failed, "^offsite: cannot connect to vault 203.0.113.9, or access was denied; deploy"
            ),
            self.offsite().connected(),
        ):
            self.fail("it was reached")
        self.assertEqual(self.calls("ssh")[0].argv[:2], ["-M", "-N"])

    def test_leaves_the_sealed_password_with_the_vault(self) -> None:
        path = f"{self.home}/sealed.age"
        with open(path, "w", encoding="utf-8") as file:
            file.write("sealed")
        self.config = settings(sealedFile=path)
        self.offsite().deliver_password()
        call = self.calls("ssh")[0]
        self.assertEqual((call.argv[-1], call.stdin), ("seal", "sealed"))

    def test_there_is_no_offsite_repository_unless_it_is_declared(self) -> None:
        with self.assertRaisesRegex(Refused, "allowed: local"):
            repository_named(settings(offsite=None), "offsite")
