"""Each file that a program keeps on a host, when it is damaged: never a trace, and the same again mends it."""

import contextlib
import io
import json
import os
import pathlib
import re
import shutil
from collections.abc import Callable
from dataclasses import replace

import phiward_host
from phiward_host.agent import arrival, asked, images
from phiward_host.agent.damage import set_damaged_aside
from phiward_host.agent.images import Archive
from phiward_host.agent.secret_store import keep_secrets, lost_secrets
from phiward_host.agent.transaction import Transaction
from phiward_host.agent.verify import Questions
from phiward_host.alerts import spool
from phiward_host.alerts.settings import AlertSettings
from phiward_host.backup import approval, cleanup, known, losses, restore_record, status
from phiward_host.backup.manifest import manifest_path
from phiward_host.backup.request import Approval, RestoreRequest
from phiward_host.backup.settings import Job
from phiward_host.common import docker, files, isolated, records
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.log import RootLog
from phiward_host.common.process import Completed
from phiward_host.containers import initialize, kept_images, one_off, smoke_test, users, watch
from phiward_host.duties import kept
from phiward_host.incidents import kept as incidents
from phiward_host.integrity import baseline, daily
from phiward_host.integrity.finding import Finding
from phiward_host.journal import check, stored
from phiward_host.journal import watch as arrivals
from phiward_host.journal.settings import RemoteSettings, Sender, Vault
from phiward_host.people import accounts
from phiward_host.people import main as people
from phiward_host.phi import chain
from phiward_host.phi import progress as phi_progress
from phiward_host.phi.settings import PhiDatabase
from phiward_host.retention import record as retention_record
from phiward_host.scans import lynis, record
from phiward_host.sealing import escrow, key
from phiward_host.sealing.settings import SealingSettings
from phiward_host.sessions import sending
from phiward_host.vault import maintenance, proof
from tests.agent.plans import file_of, plan_of
from tests.backup.examples import settings
from tests.support import InDirectory

LOG = RootLog("test")
PHI = PhiDatabase("db", "api", ("api",), ("api",), 1)
ARCHIVE = Archive(f"{'0' * 64}.tar", "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")
TRIAL = '{"db": {"definition": "d", "request": {}, "secrets": [], "owner": [0, 0], "seconds": 1, "versions": null}}'
# What is at these paths is no record: programs, logs of what was moved away, and data with tests of their own.
NO_RECORDS = (
    *("agent.pyz", "agent.py", "removed", "restores", "storage", "units", "escrow", "images", "log", "alerts"),
    # Its time alone is read.
    "lists-fetched",
    # Not begun again by itself: tests/subjects has it.
    "subjects",
    # Keys, with tests of their own: tests/databases/test_encryption.
    "authority",
    # Encrypted: no program reads what is in them.
    "sessions",
)


def empty(path: pathlib.Path) -> None:
    path.write_bytes(b"")


def cut(path: pathlib.Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def other_type(path: pathlib.Path) -> None:
    path.write_text("[7]", encoding="utf-8")


def other_types_inside(path: pathlib.Path) -> None:
    path.write_text('{"web": 7, "local": [], "api": null}', encoding="utf-8")


def no_text(path: pathlib.Path) -> None:
    path.write_bytes(b"\x00\xff" * 600)


def directory(path: pathlib.Path) -> None:
    path.unlink()
    (path / "deep").mkdir(parents=True)


def link_to_nowhere(path: pathlib.Path) -> None:
    path.unlink()
    path.symlink_to("/nowhere")


def no_directory_above(path: pathlib.Path) -> None:
    shutil.rmtree(path.parent)
    path.parent.write_bytes(b"")


DAMAGES = (
    pathlib.Path.unlink,
    empty,
    cut,
    other_type,
    other_types_inside,
    no_text,
    directory,
    link_to_nowhere,
    no_directory_above,
)


PHI_KEYS = phi_progress.Progress(1, 2, 0.0)
VAULT = RemoteSettings((Sender("phiward-journal-web", "web"),), 6, 1800, 1 << 30)
WAY = Vault("192.0.2.1", 22, "vault-web", "/nothing")
SEALING = SealingSettings("web", "age1x", WAY, 900)
INITIALIZATION = initialize.Initialization("api", "abc", {}, 60, backs_up=False, stops_first=False)


def succeed(*_: object) -> one_off.Ended:
    return one_off.Ended(0, 1)


def pass_test(*_: object) -> None:
    pass


def no_volumes(*_: object) -> object:
    return {"Volumes": []}


class Damage(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        # Programs set it for good.
        self.addCleanup(os.umask, os.umask(0o022))
        os.makedirs(self.base)
        self.patch(accounts, "accounts", list)
        self.patch(docker, "ask", no_volumes)
        os.makedirs(f"{self.root}/journals")
        self.patch(stored, "TOP", f"{self.root}/journals")
        self.patch(smoke_test, "ACCEPTED", f"{self.base}/trials")
        self.patch(smoke_test, "SETTINGS", self.path("trial.json", TRIAL))
        self.patch(smoke_test, "run", pass_test)
        self.patch(one_off, "run", succeed)
        self.patch(users, "RECORD", f"{self.base}/container-users.json")
        self.patch(users, "LOGIN_DEFS", self.path("login.defs", "UID_MAX 9999\nGID_MAX 9999\n"))
        self.patch(users, "SUBORDINATE", ())
        self.patch(key, "machine", lambda: f"{self.root}/journal")
        self.patch(restore_record, "AUDIT", f"{self.root}/restores/restores.log")
        self.rights = self.path("rights.json", json.dumps({"alice": ["sudo"]}))

        def answer(argv: object, _: str | None) -> Completed:
            return Completed(0, "sealed" if "age" in str(argv) else "", "")

        self.run_with(answer)

    def uses(self) -> dict[str, Callable[[], object]]:
        """What a program does with each, by its path below /var/lib/phiward: it reads it, and leaves it whole."""
        return {
            "status/backup.json": self.backup_status,
            "status/backup-failures.json": lambda: self.failures(status.FAILURES),
            "status/vault-failures.json": lambda: self.failures(maintenance.FAILURES),
            "status/vault.json": lambda: maintenance.record("web", "check", {"at": "2026-01-01T00:00:00Z"}),
            "vault/web.packs.json": self.packs,
            "backup/manifest.json": lambda: (losses.saved_databases(), records.write(manifest_path(), "{}", LOG)),
            "backup/databases.json": lambda: losses.remember(losses.known_databases()),
            "backup/repositories.json": lambda: known.expect("local", "1" * 64),
            "backup/staged.json": lambda: (cleanup.remove_leftovers(), cleanup.note_staged(["/nothing"])),
            "backup/stopped.json": lambda: (cleanup.remove_leftovers(), cleanup.note_stopped(["db"])),
            "backup/restoring.json": lambda: (cleanup.remove_leftovers(), restore_record.note({"who": "a"}, {})),
            "backup/restore-requests.json": self.restore_requests,
            "units/unit/generation.json": self.unit,
            "units/unit/rolled-back.json": self.unit,
            "units/unit/transaction/manifest.json": self.unit,
            "secrets/db-api.1": self.secret,
            "fingerprints/db-api.1.sha256": self.secret,
            "escrow/db-api.1.age": self.secret,
            "escrow/db-api.1.json": self.secret,
            "people.json": self.people,
            "images.json": lambda: kept_images.prune({}),
            "container-users.json": lambda: users.settle(users.Settings(10_000, 29_999, [])),
            "trials/db": self.trial,
            "status/services.json": lambda: watch.watch([]),
            "status/sessions.json": sending.is_due,
            "status/sealing.json": lambda: sending.is_due("sealing", "the sealing key was removed"),
            "services/api/runs/initialize.json": lambda: initialize.run("api", INITIALIZATION),
            "alerts/2026-01-01T00:00:00Z-a.json": self.alert,
            f"images/{ARCHIVE.name}": self.image,
            f"contents/{ARCHIVE.sha256}": self.contents,
            "checks-failed.json": lambda: (asked.last_failed(), asked.remember_failed(Questions([], {}), [])),
            "checks.json": lambda: (asked.remember(Questions([], {})), asked.asked_last()),
            "integrity/baseline.json": lambda: (baseline.begin([Finding("file", "/etc/x")]), baseline.known()),
            "integrity/daily.json": lambda: (daily.last(), daily.write(daily.Daily(0, 0, []))),
            "journal/check.json": lambda: (check.check(VAULT, LOG), check.whole(VAULT)),
            "journal/seen.json": lambda: check.check(VAULT, LOG),
            "journal/files.json": lambda: check.check(VAULT, LOG),
            "scans/vulnerabilities.json": lambda: (record.last(), record.write(record.Look(0, None, None, ()))),
            "scans/lynis.json": lynis.last,
            "sealing/key.json": lambda: key.key_trouble(SEALING),
            "sealing/sent.json": lambda: escrow.waiting(WAY),
            "duties/record.json": lambda: (kept.lines(), kept.take([])),
            "duties/since.json": kept.since,
            "incidents/record.json": lambda: (incidents.texts(), incidents.take([])),
            "retention/record.json": lambda: (retention_record.load(), retention_record.save({})),
            "phi/db.api.json": lambda: (chain.kept(PHI), chain.keep(PHI, chain.End(1, "00"))),
            "isolation/ready": lambda: (isolated.prepare(), isolated.note(isolated.Standing()), isolated.standing()),
            "phi/db.api.keys.json": lambda: (phi_progress.load(PHI), phi_progress.save(PHI, PHI_KEYS)),
            "journal/watch.json": lambda: (arrivals.watch(VAULT, LOG), arrivals.arrived(VAULT)),
            "log/backup.log": lambda: RootLog("backup").write("x"),
        }

    def test_is_met_without_a_trace_and_mended_by_doing_the_same_again(self) -> None:
        for name in self.uses():
            for damage in DAMAGES:
                with self.subTest(name, damage=damage.__name__):
                    self.setUp()
                    use, path = self.uses()[name], pathlib.Path(self.base, name)
                    if damage is no_directory_above and path.parent == pathlib.Path(self.base):
                        continue
                    use()
                    if not path.exists():
                        path.parent.mkdir(parents=True, exist_ok=True)
                        path.write_text("{}", encoding="utf-8")
                    damage(path)
                    try:
                        use()
                    except Failed as failure:
                        self.assertIn(self.base, str(failure))
                    use()

    def test_every_file_is_tried(self) -> None:
        known_paths = {*(name.split("/")[0] for name in self.uses()), *NO_RECORDS}
        top = pathlib.Path(phiward_host.__file__).parent
        text = "".join(path.read_text(encoding="utf-8") for path in sorted(top.rglob("*.py")))
        found = set(re.findall(r"(?:\{paths\.BASE\}|\{BASE\}|\"/var/lib/phiward)/([a-z.-]+)", text))
        self.assertEqual(found - known_paths, set())
        self.assertGreater(len(found), 15)

    def contents(self) -> None:
        arrival.keep({ARCHIVE.sha256: "eA=="})
        self.assertIn(ARCHIVE.sha256, arrival.kept())

    def restore_requests(self) -> None:
        self.patch(approval, "SIGNERS", self.path("signers", "alice ssh-ed25519 A\n"))
        request = RestoreRequest("all", "local", "alice", "lost")
        text = approval.ask(settings(), request)
        with self.assertRaisesRegex(Refused, "signature"):
            approval.judged(settings(), replace(request, approval=Approval(text, ())))

    def backup_status(self) -> None:
        status.last_success("local", Job.BACKUP)
        status.damage()
        status.record("local", Job.BACKUP, {})
        self.assertEqual(status.damage(), [])

    def failures(self, record: status.FailureRecord) -> None:
        record.sentences(["local"])
        record.note("local", "check", Failed("no"))
        self.assertEqual(len(record.sentences(["local"])), 1)

    def packs(self) -> None:
        proof.write("web", {**proof.read("web"), "data/00/0": "1 2 3"})
        self.assertIn("data/00/0", proof.read("web"))

    def unit(self) -> None:
        """What an apply does with a unit's records."""
        set_damaged_aside(Transaction("unit"))
        transaction = Transaction("unit")
        transaction.rolled_back()
        if files.exists(transaction.path):
            transaction.roll_back("a newer apply began")
        transaction.begin("digest", None)
        transaction.close()
        transaction.forget_roll_back()
        self.assertEqual((transaction.manifest, transaction.rolled_back()), (None, None))

    def secret(self) -> None:
        kept = {"id": "db-api", "epoch": 1}
        path = self.path("url")
        content: dict[str, object] = {"kind": "kept", "kept": {**kept, "template": "{}"}}
        plan = plan_of(kept=[{**kept, "length": 43, "recipients": ["age1owner"]}], files=[file_of(path, content)])
        keep_secrets(plan)
        self.assertEqual(lost_secrets(plan), [])
        value = files.read_text(f"{self.base}/secrets/db-api.1")
        self.assertEqual(files.read_text_if_any(path) or value, value)
        pathlib.Path(path).write_text(value, encoding="utf-8")
        self.assertEqual(files.read_text(f"{self.base}/escrow/db-api.1.age"), "sealed")

    def people(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
            codes = [people.main(["ended", self.rights]), people.main(["end", self.rights])]
        self.assertEqual((codes, said.getvalue()), ([0, 0], ""))

    def trial(self) -> None:
        with contextlib.redirect_stderr(io.StringIO()) as said:
            codes = [smoke_test.main([verb, "db"]) for verb in ("accepted", "run", "accepted")]
        self.assertEqual((codes[1:], said.getvalue()), ([0, 0], ""))

    def alert(self) -> None:
        self.assertTrue(spool.flush(AlertSettings("web", None, None), (0,)))

    def image(self) -> None:
        if not images.is_present(ARCHIVE):
            images.receive(ARCHIVE, 1, io.BytesIO(b"x"))
        self.assertTrue(images.is_present(ARCHIVE))
