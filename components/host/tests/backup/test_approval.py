"""Restores that two people sign, by the real ssh-keygen(1): whose signatures count, on what, and how often."""

import datetime
import json
import pathlib
import shutil
import subprocess
import unittest
from dataclasses import replace

from phiward_host.alerts import settings as alert_settings
from phiward_host.backup import approval, emergency, restore_record
from phiward_host.backup.request import Approval, RestoreRequest
from phiward_host.common import files, paths, process
from phiward_host.common.errors import Refused
from tests.backup.examples import settings
from tests.support import OnDisk

ASKED = RestoreRequest("database:api", "local", "alice", "rows deleted by mistake", snapshot="new")


@unittest.skipIf(shutil.which("ssh-keygen") is None, "ssh-keygen is not installed")
class ApprovalTest(OnDisk):
    def setUp(self) -> None:
        super().setUp()
        self.config = settings(restorePeople=2)
        for name in ("host", "alice", "alice-other", "bob", "mallory"):
            argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", self.path(name)]
            subprocess.run(argv, check=True)
        self.patch(paths, "HOST_KEY", self.path("host"))
        self.patch(paths, "BASE", self.path("base"))
        self.patch(paths, "RUN", self.path("run"))
        self.patch(restore_record, "AUDIT", self.path("log/restores.log"))
        self.patch(approval, "SIGNERS", self.path("signers"))
        self.declare(alice=["alice", "alice-other"], bob=["bob"])

    def declare(self, options: str = "", **people: list[str]) -> None:
        lines = [
            f'{name} namespaces="phiward-restore"{options} {self.public(key)}\n'
            for name, keys in people.items()
            for key in keys
        ]
        pathlib.Path(approval.SIGNERS).write_text("".join(lines), encoding="utf-8")

    def public(self, key: str) -> str:
        return " ".join(pathlib.Path(self.path(f"{key}.pub")).read_text(encoding="utf-8").split()[:2])

    def signed(self, text: str, *keys: str, namespace: str = "phiward-restore") -> RestoreRequest:
        def sign(key: str) -> str:
            argv = ["ssh-keygen", "-Y", "sign", "-f", self.path(key), "-n", namespace]
            return subprocess.run(argv, input=text, capture_output=True, text=True, check=True).stdout

        return RestoreRequest("nothing", "nothing", "", "", approval=Approval(text, tuple(map(sign, keys))))

    def given(self, text: str, other: RestoreRequest) -> RestoreRequest:
        """A text with the signatures of another one."""
        return replace(other, approval=Approval(text, other.approval.signatures if other.approval else ()))

    def record(self) -> list[dict[str, object]]:
        path = pathlib.Path(restore_record.AUDIT)
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def refuse(self, words: str, request: RestoreRequest) -> None:
        with self.assertRaisesRegex(Refused, words):
            approval.judged(self.config, request)

    def test_two_people_sign_what_is_then_done_once(self) -> None:
        text = approval.ask(self.config, ASKED)
        lines = dict(line.split(": ", 1) for line in text.splitlines()[1:])
        self.assertEqual(
            {name: lines[name] for name in ("host", "host key", "what", "from", "snapshot", "unsigned", "who")},
            {
                "host": "web",
                "host key": self.public("host"),
                "what": "database:api",
                "from": "local",
                "snapshot": "new",
                "unsigned": "refused",
                "who": "alice",
            },
        )
        for keys in (("alice", "bob"), ("bob", "alice-other")):
            consent = approval.judged(self.config, self.signed(text, *keys))
            self.assertEqual(consent.approved_by, "bob")
            self.assertEqual(replace(consent.request), ASKED)
        self.assertEqual((consent.record["who"], consent.record["approvedBy"]), ("alice", "bob"))
        self.assertEqual(consent.record["request"], lines["nonce"])
        consent.take(is_new=False)
        with self.assertRaisesRegex(Refused, r"does not know \(any more\)"):
            consent.take(is_new=False)
        self.refuse("was not carried out yet", self.signed(text, "alice", "bob"))
        self.assertEqual([entry["event"] for entry in self.record()], ["asked"])

    def test_refuses_and_records_whatever_else_is_signed(self) -> None:
        text = approval.ask(self.config, ASKED)
        other_text = approval.ask(self.config, replace(ASKED, what="all"))
        cases: list[tuple[str, RestoreRequest]] = [
            ("signatures of alice alone", self.signed(text, "alice")),
            ("signatures of alice alone", self.signed(text, "alice", "alice-other")),
            ("no signature of alice, who asks", self.signed(text, "bob")),
            ("no signature of alice", self.signed(text)),
            ("by a key that does not count here.*: those of alice, bob,", self.signed(text, "alice", "mallory")),
            ("of another text", self.signed(text, "alice", "bob", namespace="phiward-duty")),
            ("of another text", self.given(other_text, self.signed(text, "alice", "bob"))),
            ("of another text", RestoreRequest("", "", "", "", approval=Approval(text, ("x" * 20_000, "")))),
            ("that was changed", self.signed(text.replace("local", "offsite"), "alice", "bob")),
        ]
        for words, request in cases:
            with self.subTest(words):
                self.refuse(words, request)
        self.assertEqual([entry["event"] for entry in self.record()], ["asked"] * 2 + ["refused"] * len(cases))
        self.assertEqual((self.record()[-1]["who"], self.record()[-1]["what"]), ("alice", "database:api"))
        for stray in ("", "nonce: 1\n", text.replace("nonce: ", "nonce: 0"), f"nonce: {'0' * 32}\n", text + "more\n"):
            self.refuse("that this host does not know", self.signed(stray, "alice", "bob"))

    def test_a_key_counts_by_what_is_declared_when_it_is_carried_out(self) -> None:
        text = approval.ask(self.config, ASKED)
        request = self.signed(text, "alice", "bob")
        self.declare(alice=["alice"], bob=["alice-other"])
        self.refuse("A key that is new is known after the next deploy", request)
        self.declare(alice=["alice"])
        self.refuse("allowed: those of alice, by", request)
        self.declare(ann=["alice"], bob=["bob"])
        self.refuse("no signature of alice, who asks", request)
        self.declare(',valid-before="20260101"', alice=["alice"], bob=["bob"])
        self.refuse("by a key that does not count", request)
        self.declare(alice=["alice"], bob=["bob"])
        self.assertEqual(approval.judged(self.config, request).approved_by, "bob")

    def test_a_request_ends_after_a_day_and_the_oldest_of_many_first(self) -> None:
        text = approval.ask(self.config, ASKED)
        waiting = f"{paths.BASE}/backup/restore-requests.json"
        kept = json.loads(pathlib.Path(waiting).read_text(encoding="utf-8"))
        old = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=25)).isoformat()
        for entry in kept.values():
            entry["at"] = old
        files.write_json(waiting, kept)
        self.refuse("older than 24 hours", self.signed(text, "alice", "bob"))
        others = approval.ask(self.config, replace(ASKED, who="bob"))
        texts = [approval.ask(self.config, ASKED) for _ in range(approval.MOST_WAITING + 1)]
        self.refuse("does not know", self.signed(texts[0], "alice", "bob"))
        for known in (texts[1], texts[-1]):
            self.assertEqual(approval.judged(self.config, self.signed(known, "alice", "bob")).approved_by, "bob")
        # However many one person has waiting, another's stays.
        self.assertEqual(approval.judged(self.config, self.signed(others, "alice", "bob")).approved_by, "alice")

    def test_two_people_sign_that_erased_persons_may_be_back_and_why(self) -> None:
        why = "the backup is from before the key of its table"
        text = approval.ask(self.config, replace(ASKED, without_erasures=why))
        self.assertIn(f"erased persons may be back: {why}\n", text)
        consent = approval.judged(self.config, self.signed(text, "alice", "bob"))
        self.assertEqual((consent.request.without_erasures, consent.record["withoutErasures"]), (why, why))
        self.assertNotIn("erased persons", approval.ask(self.config, ASKED))
        with self.assertRaisesRegex(Refused, "^--without-erasures: "):
            approval.ask(self.config, replace(ASKED, without_erasures="short"))

    def test_asks_nobody_to_sign_what_is_not_simply_shown_or_asked_by_others(self) -> None:
        for request, words in (
            (replace(ASKED, who="mallory"), "^--who: .*allowed: alice, bob; "),
            (replace(ASKED, why="lost\nwhat: all"), "^--why: "),
            (replace(ASKED, why="\u202elost"), "^--why: "),
            (replace(ASKED, why="x" * 501), "^--why: "),
            (replace(ASKED, snapshot="a\nb"), "^--snapshot: "),
            (replace(ASKED, what="database:other"), "^--what: "),
        ):
            with self.subTest(words), self.assertRaisesRegex(Refused, words):
                approval.ask(self.config, request)
        self.assertFalse(pathlib.Path(restore_record.AUDIT).exists())

    def test_needs_two_only_where_it_replaces_what_is_there_and_two_are_declared(self) -> None:
        for request, config, two in (
            (ASKED, self.config, True),
            (ASKED, settings(), False),
            (replace(ASKED, emergency=True), self.config, False),
            (replace(ASKED, what="file:/srv/a", into="/root/a"), self.config, False),
            (replace(ASKED, into=""), self.config, True),
            (replace(ASKED, what="file:/srv/a"), self.config, True),
        ):
            self.assertEqual(approval.needs_two(config, request), two)
            self.assertEqual(approval.judged(config, request).only_if_new, two)

    def test_one_person_alone_restores_only_what_is_not_yet_this_hosts(self) -> None:
        alone = approval.judged(self.config, replace(ASKED, passwords=("old",)))
        alone.take(is_new=True)
        with self.assertRaisesRegex(Refused, "its own data would be replaced, and two people are needed"):
            alone.take(is_new=False)

    def test_everybody_hears_of_an_emergency(self) -> None:
        self.assertEqual(
            replace(ASKED, emergency=True).record,
            {**ASKED.record, "emergency": True},
        )
        started: list[list[str]] = []

        def start(argv: list[str], *_: object, **__: object) -> process.Completed:
            started.append(argv)
            return process.Completed(0, "", "")

        self.patch(process, "run", start)
        self.patch(alert_settings, "PATH", self.path("alert.json"))
        emergency.alert()
        self.assertEqual(started, [])
        pathlib.Path(alert_settings.PATH).write_text('{"host": "web", "webhook": null, "mail": null}', encoding="utf-8")
        emergency.alert()
        self.assertEqual(started, [["systemctl", "start", "--no-block", "phiward-alerts.service"]])
        (kept,) = pathlib.Path(paths.BASE, "alerts").iterdir()
        said = json.loads(kept.read_text(encoding="utf-8"))["message"]
        self.assertEqual((said["host"], said["unit"]), ("web", "restore in an emergency"))


if __name__ == "__main__":
    unittest.main()
