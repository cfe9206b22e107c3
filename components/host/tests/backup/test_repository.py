"""How restic is called and what its answers mean, with a restic that does nothing."""

import datetime
import hashlib
import json
import os
import pathlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from unittest import mock

from phiward_host.backup import known, locations
from phiward_host.backup.locations import LocalRepository, OffsiteRepository, repository_named
from phiward_host.backup.repository import Repository, Saved, State
from phiward_host.backup.runs import find_run
from phiward_host.common import output, paths, process
from phiward_host.common.errors import Failed, Refused
from tests.backup.examples import settings
from tests.fake_programs import ProgramsTest

ABOUT = {"largeObjects": 0, "bytes": 7, "version": "17", "encoding": "UTF8", "collate": "C", "ctype": "C"}


def listed(identity: str, time: str, run: str, part: str, tree: str = "") -> dict[str, object]:
    form = [] if tree == "" else ["form=2"]
    tags = [f"run={run}", *form, f"part={part}"]
    return {"id": identity, "time": time, "tags": tags, "paths": [f"/{part}"], "tree": tree}


def tree(part: str) -> str:
    """The content address of a part."""
    return hashlib.sha256(part.encode()).hexdigest()


def run_of(identity: str, day: str, run: str) -> list[dict[str, object]]:
    """The snapshots of a run, whose ids begin so: 1 the database, 2 the files, 3 the manifest."""
    return [
        listed(f"{identity}1", f"{day}T00:00:00Z", run, "db/api", tree(f"{run} db/api")),
        listed(f"{identity}2", f"{day}T00:01:00Z", run, "files", tree(f"{run} files")),
        listed(f"{identity}3", f"{day}T00:02:00Z", run, "manifest", tree(f"{run} manifest")),
    ]


def manifest(run: str, saved: Sequence[str] = ("/srv",), **changes: object) -> str:
    """The text of a run's manifest."""
    databases = {"db/api": {"tables": {"public.a": [1, "2"]}, **ABOUT}}
    fields = {"run": run, "at": "2026-01-01T00:00:00Z", "host": "web", "databases": databases}
    trees = {part: tree(f"{run} {part}") for part in ("db/api", "files")}
    files = {"volumes": {}, "paths": list(saved), "secrets": [], "trees": trees, "saved": list(saved)}
    return json.dumps({**fields, **files, **changes})


def sealed(text: str) -> str:
    """A manifest as its snapshot has it, with a signature that the fake ssh-keygen takes for good."""
    return json.dumps({"manifest": text, "signature": "signed"})


class RepositoryTest(ProgramsTest):
    programs = ("restic", "ssh", "ssh-keygen")

    def setUp(self) -> None:
        super().setUp()
        self.where = f"{self.home}/restic"
        self.config = settings(repository=self.where)
        self.local = LocalRepository(self.config, repository_named(self.config, "local").password)

    def words(self) -> list[list[str]]:
        """What restic was asked to do, without the options that say where."""
        return [call.argv[call.argv.index("--cache-dir") + 2 :] for call in self.calls("restic")]

    def test_its_temporary_files_are_among_our_own_since_the_tmp_of_all_may_be_full(self) -> None:
        with mock.patch.object(process, "run", wraps=process.run) as run:
            self.local.state()
            self.local.must("it cannot be created", "init")
        self.assertEqual([call.kwargs["env"] for call in run.call_args_list], [{"TMPDIR": paths.BASE}] * 2)

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
        self.assertEqual(self.words(), [["cat", "config"], ["init"]])
        self.assertRegex(" ".join(os.listdir(self.home)), r"restic\.half-made-\d{8}T\d{6}Z")
        self.assertFalse(os.path.exists(self.where))

    def test_removes_the_locks_that_are_there(self) -> None:
        os.makedirs(f"{self.where}/locks")
        self.local.prepare()
        self.assertEqual(self.words(), [["cat", "config"]])
        pathlib.Path(f"{self.where}/locks/1").touch()
        self.local.prepare()
        self.assertEqual(self.words()[1:], [["cat", "config"], ["unlock", "--remove-all"]])

    def test_what_is_no_repository_is_refused_at_once_and_restic_is_not_run(self) -> None:
        """It would try again for a quarter of an hour, without a word."""
        for wrong in ("", "/data", "/locks", "/snapshots"):
            with self.subTest(wrong=wrong):
                pathlib.Path(self.where + wrong).parent.mkdir(parents=True, exist_ok=True)
                pathlib.Path(self.where + wrong).write_text("a file")
                with self.assertRaisesRegex(Failed, f"^local: {self.where}{wrong} is not a directory.*move it away$"):
                    self.local.prepare()
                with self.assertRaises(Failed):
                    self.local.snapshots()
                os.unlink(self.where + wrong)
        os.makedirs(f"{self.where}/config")
        with self.assertRaisesRegex(Failed, "config is not a file"):
            self.local.require()
        self.assertEqual(self.words(), [])

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
        tags = ["--host", "web", "--tag", "run=r,form=2", "--tag", "part=files", "--", "/srv"]
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

    def kept(self, **manifests: str) -> None:
        """What is in the manifests' snapshots, by id."""
        for identity, text in manifests.items():
            self.answer("restic", f"dump {identity} /manifest.json", sealed(text))

    def test_finds_the_newest_complete_run_or_the_one_that_is_named(self) -> None:
        self.snapshots(
            *run_of("aa", "2026-01-01", "old"),
            *run_of("bb", "2026-01-02", "new"),
            listed("cc1", "2026-01-03T00:00:00Z", "cut", "db/api", tree("cut")),
            listed("dd3", "2999-01-01T00:00:00Z", "forged", "manifest", tree("forged")),
        )
        self.kept(aa3=manifest("old"), bb3=manifest("new"))
        self.assertEqual(find_run(self.local).run.id, "new")
        for wanted in ("old", "aa1", "aa2", "aa3"):
            found = find_run(self.local, wanted)
            parts = found.run.parts["db/api"].paths
            self.assertEqual((found.run.id, found.manifest.run, parts), ("old", "old", ("/db/api",)))
        for wanted in ("cut", "forged", "ee"):
            with self.assertRaisesRegex(Refused, f"found no complete backup {wanted}; list them with restic snapshots"):
                find_run(self.local, wanted)

    def test_finds_a_run_among_snapshots_that_are_too_large_to_be_listed(self) -> None:
        """Root on a host can add any number, of megabytes each for a few bytes sent."""
        run = [{**entry, "hostname": "web"} for entry in run_of("bb", "2026-01-02", "new")]
        large = {**run[0], "id": "ff1", "paths": ["a" * 65536]}
        others = {**run[0], "id": "ff2", "hostname": "db"}
        self.answer("restic", "snapshots --json", code=1)
        # Of each half of a batch: one that restic cannot read at all, one that is not there, and the rest.
        self.answer("restic", "snapshots --json ff1 ff2 ff3", json.dumps([large, others]))
        self.answer("restic", "snapshots --json bb1 bb2 bb3", json.dumps(run))
        self.answer("restic", "snapshots --json ff1 ff2 ff3 bb1 bb2 bb3", "[" * 60000)
        self.answer("restic", "list snapshots", "\n".join(["ff1", "ff2", "ff3", "bb1", "bb2", "bb3"]))
        self.kept(bb3=manifest("new"))
        found = find_run(self.local)
        self.assertEqual({part: entry.id for part, entry in found.run.parts.items()}, {"db/api": "bb1", "files": "bb2"})
        self.answer("restic", "list snapshots", code=1)
        with self.assertRaisesRegex(Failed, "^local: the snapshots cannot be listed"):
            find_run(self.local)

    def test_refuses_a_manifest_of_another_run_or_host(self) -> None:
        self.snapshots(*run_of("bb", "2026-01-02", "new"))
        self.kept(bb3=manifest("other"))
        with self.assertRaisesRegex(Refused, "the manifest in snapshot bb3 is another run's"):
            find_run(self.local)
        self.kept(bb3=manifest("new", host="db"))
        with self.assertRaisesRegex(Refused, "the manifest in snapshot bb3 is the host db's"):
            find_run(self.local)

    def test_takes_a_run_that_is_not_signed_on_an_explicit_word_only(self) -> None:
        """Such as one of an earlier version, or what root on the vault made of the repository's password."""
        self.snapshots(
            listed("aa1", "2026-01-01T00:00:00Z", "old", "db/api"),
            listed("aa2", "2026-01-01T00:01:00Z", "old", "files"),
        )
        self.answer("restic", "dump aa2", manifest("old"))
        with self.assertRaisesRegex(
            Refused, "^local: backup old: it is not signed by this host .* with --unsigned, wh"
        ):
            find_run(self.local)
        for wanted in (None, "old", "aa1"):
            found = find_run(self.local, wanted, unsigned=True)
            self.assertEqual((found.signed, sorted(found.run.parts)), (False, ["db/api", "files"]))
        self.snapshots(*run_of("bb", "2026-01-02", "new"))
        self.kept(bb3=manifest("new"))
        self.assertTrue(find_run(self.local).signed)
        self.answer("ssh-keygen", "verify", code=255)
        for wanted in (None, "new", "bb2"):
            with self.assertRaisesRegex(Refused, "^local: backup new: it is not signed by this host"):
                find_run(self.local, wanted)

    def test_verifies_the_very_text_with_its_own_key_and_those_of_the_hosts_that_it_replaces(self) -> None:
        self.snapshots(*run_of("bb", "2026-01-02", "new"))
        self.kept(bb3=manifest("new"))
        find_run(replace(self.local, settings=settings(repository=self.where, formerHostKeys=["ssh-ed25519 AAAA"])))
        verified = self.calls("ssh-keygen")[-1]
        self.assertEqual(verified.stdin, manifest("new"))
        self.assertIn("-n phiward-manifest", " ".join(verified.argv))

    def test_passes_over_a_newer_run_that_is_forged_or_damaged_and_says_so(self) -> None:
        self.snapshots(*run_of("aa", "2026-01-01", "old"), *run_of("bb", "2026-01-02", "new"))
        self.kept(aa3=manifest("old"))
        self.answer("restic", "dump bb3", "", code=1)
        found = find_run(self.local)
        self.assertEqual(found.run.id, "old")
        self.assertRegex(" ".join(found.passed_over), "manifest.json in snapshot bb3 cannot be read")

    def test_a_part_is_the_one_that_was_signed_whoever_adds_others_of_its_name_and_whatever_their_dates(self) -> None:
        added = [
            listed("ee1", "2025-12-31T23:59:58Z", "new", "db/api", tree("forged")),
            listed("ee2", "2025-12-31T23:59:58Z", "new", "files", tree("forged")),
        ]
        self.snapshots(*added, *run_of("bb", "2026-01-02", "new"))
        self.kept(bb3=manifest("new"))
        for wanted in (None, "new", "bb1"):
            parts = find_run(self.local, wanted).run.parts
            self.assertEqual({part: snapshot.id for part, snapshot in parts.items()}, {"db/api": "bb1", "files": "bb2"})
        with self.assertRaisesRegex(Refused, "snapshot ee1 is not in the run new as it was made"):
            find_run(self.local, "ee1")
        self.assertIn("2 snapshots begin with ee", self.refusal("ee"))

    def refusal(self, wanted: str) -> str:
        with self.assertRaises(Refused) as caught:
            find_run(self.local, wanted)
        return str(caught.exception)

    def test_goes_by_the_vaults_record_of_arrival_and_not_by_what_a_host_says(self) -> None:
        def at_the_vault(found: Mapping[str, str]) -> Repository:
            arrivals = {name: datetime.datetime.fromisoformat(f"{day}T00:00:00+00:00") for name, day in found.items()}
            self.patch(OffsiteRepository, "arrivals", mock.Mock(return_value=arrivals))
            return self.offsite()

        # A host's root dates its runs as it likes, and adds a second manifest to a genuine one.
        second = listed("cc3", "2025-01-01T00:00:00Z", "old", "manifest", tree("second"))
        self.snapshots(*run_of("aa", "2026-01-05", "old"), *run_of("bb", "2026-01-01", "new"), second)
        self.kept(aa3=manifest("old"), bb3=manifest("new"), cc3=manifest("old", trees={}))
        days = {"a": "2026-01-02", "b": "2026-01-03"}
        came = {f"{letter * 2}{number}": day for letter, day in days.items() for number in (1, 2, 3)}
        repository = at_the_vault({**came, "cc3": "2026-01-04"})
        self.assertEqual(find_run(repository).run.id, "new")
        self.assertEqual(find_run(repository, "old").run.parts["files"].id, "aa2")
        # A named id is that snapshot.
        self.assertEqual(find_run(repository, "cc3").run.parts, {})
        # What the vault has no record of is not there yet.
        self.assertEqual(
            find_run(at_the_vault({name: day for name, day in came.items() if "b" not in name})).run.id, "old"
        )

    def test_takes_the_newest_that_was_there_before_an_incident_whatever_its_date_says(self) -> None:
        def day(number: int) -> datetime.datetime:
            return datetime.datetime(2026, 1, number, tzinfo=datetime.UTC)

        # Made after the third by a host that dates it before, and signs that.
        self.snapshots(
            *run_of("aa", "2026-01-01", "old"), *run_of("bb", "2026-01-02", "new"), *run_of("cc", "2026-01-01", "late")
        )
        self.kept(aa3=manifest("old"), bb3=manifest("new"), cc3=manifest("late"))
        came = {f"{letter * 2}{part}": day(at) for letter, at in (("a", 1), ("b", 2), ("c", 4)) for part in (1, 2, 3)}
        self.patch(OffsiteRepository, "arrivals", mock.Mock(return_value=came))
        self.assertEqual(find_run(self.offsite()).run.id, "late")
        self.assertEqual(find_run(self.offsite(), before=day(3)).run.id, "new")
        self.assertEqual(find_run(self.offsite(), before=day(2)).run.id, "old")
        with self.assertRaisesRegex(Refused, "no complete backup before 2026-01-01T00:00:00"):
            find_run(self.offsite(), before=day(1))
        # One whose end came after it is not whole by then.
        self.patch(OffsiteRepository, "arrivals", mock.Mock(return_value={**came, "bb3": day(4)}))
        self.assertEqual(find_run(self.offsite(), before=day(3)).run.id, "old")

    def test_asks_the_vault_when_backups_arrived(self) -> None:
        self.answer("ssh", "arrivals", '{"aa": 1767225600}')
        at = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
        self.assertEqual(self.offsite().arrivals(), {"aa": at})
        with (
            mock.patch.object(output, "MOST_BYTES", 10),
            self.assertRaisesRegex(Failed, "^offsite: .*: ssh said more than it may; its output is in"),
        ):
            self.offsite().arrivals()

    def test_a_date_in_no_year_that_is_one_keeps_nothing_from_being_found(self) -> None:
        odd = [
            listed(f"d{number}", date, "odd", "manifest", tree(date))
            for number, date in enumerate(
                ("0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00")
            )
        ]
        self.snapshots(*odd, *run_of("bb", "2026-01-02", "new"))
        self.kept(bb3=manifest("new"))
        self.assertEqual(find_run(self.local).run.id, "new")

    def test_takes_the_newest_run_that_has_what_is_asked_for(self) -> None:
        self.snapshots(*run_of("aa", "2026-01-01", "old"), *run_of("bb", "2026-01-02", "new")[1:])
        self.kept(aa3=manifest("old"), bb3=manifest("new", trees={"files": tree("new files")}))
        self.assertEqual(find_run(self.local, needs=["files"]).run.id, "new")
        self.assertEqual(find_run(self.local, needs=["db/api"]).run.id, "old")

    def test_reads_no_more_of_a_manifest_than_one_can_be(self) -> None:
        self.answer("restic", "dump", "12345")
        self.assertEqual(self.local.read_bounded("bb3", "/a", 5), "12345")
        with self.assertRaisesRegex(Refused, "^local: /a in snapshot bb3 has more than 4 bytes"):
            self.local.read_bounded("bb3", "/a", 4)

    def test_a_repository_that_is_gone_is_a_failure_once_it_was_known_and_none_is_begun_anew(self) -> None:
        self.answer("restic", "cat config", '{"id": "0123456789"}')
        self.local.require()
        self.answer("restic", "cat config", code=10)
        os.makedirs(f"{self.where}/data")
        for ask in (self.local.prepare, self.local.require):
            with self.assertRaisesRegex(
                Failed, r"^local: the repository that this host backed up to \(01234567\) is gone"
            ):
                ask()
        self.assertNotIn(["init"], self.words())
        self.assertTrue(os.path.exists(self.where))
        self.answer("restic", "cat config", '{"id": "another"}')
        with self.assertRaisesRegex(
            Failed, "^local: another repository is in the place of the one .* --new-repository local"
        ):
            self.local.prepare()
        known.forget("local")
        self.local.prepare()

    def test_moves_no_directory_aside_that_holds_backups(self) -> None:
        os.makedirs(f"{self.where}/snapshots")
        pathlib.Path(f"{self.where}/snapshots/one").touch()
        self.answer("restic", "cat config", code=10)
        with self.assertRaisesRegex(
            Failed, "holds backups, and its file config is missing; no new repository was begun"
        ):
            self.local.prepare()
        self.assertNotIn(["init"], self.words())

    def test_compares_files_at_the_vault_only_with_what_this_host_added_there(self) -> None:
        self.assertEqual((self.local.parent(None), self.local.parent("aa2")), ([], []))
        self.assertEqual(
            (self.offsite().parent(None), self.offsite().parent("aa2")), (["--force"], ["--parent", "aa2"])
        )

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

    def _make_program(self, name: str, script: str) -> None:
        path = f"{self.home}/bin/{name}"
        with open(path, "w", encoding="utf-8") as file:
            file.write(script)
        os.chmod(path, 0o700)

    def _lines(self, name: str) -> list[str]:
        with open(f"{self.home}/{name}", encoding="utf-8") as file:
            return file.read().splitlines()

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

    def test_waits_where_the_vault_refuses_a_host_that_came_often(self) -> None:
        self.patch(locations, "REFUSED_SECONDS", 0.01)
        script = f"""#!/bin/sh
echo "$@" >>{self.home}/tries
[ "$(/usr/bin/wc -l <{self.home}/tries)" -lt 3 ] && echo 'ssh: Connection refused' >&2 && exit 255
/usr/bin/mkdir -p {self.home}/run; : >{self.home}/run/vault.ssh; exec /usr/bin/sleep 60
"""
        self._make_program("ssh", script)
        with self.offsite().connected():
            self.assertEqual(len(self._lines("tries")), 3)
        self._make_program("ssh", script.replace("refused", "timed out"))
        os.remove(f"{self.home}/tries")
        with (
            self.assertRaisesRegex(Failed, "^offsite: cannot connect to vault 203.0.113.9"),
            self.offsite().connected(),
        ):
            self.fail("it was reached")
        self.assertEqual(len(self._lines("tries")), 1)

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
