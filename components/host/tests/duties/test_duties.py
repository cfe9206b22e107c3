"""The vault's record of duties, with signatures of the real ssh-keygen: what it takes, and what it finds overdue."""

import contextlib
import hashlib
import io
import json
import os
import pathlib
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from unittest import mock

from phiward_host.common import records
from phiward_host.common.errors import Refused
from phiward_host.duties import kept, main, signatures
from tests.support import OnDisk

TODAY = datetime.now(UTC).date()
NOTE = "All accounts and keys compared with the list of staff."


class Duties(OnDisk):
    def setUp(self) -> None:
        super().setUp()
        os.makedirs(f"{self.root}/keys")
        for name in ("alice", "bob", "mallory"):
            argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", f"{self.root}/keys/{name}"]
            subprocess.run(argv, check=True, capture_output=True)
        self.patch(signatures, "SIGNERS", self.path("signers"))
        self.declare("alice", "bob")
        wanted = [{"id": "records-read", "days": 7}, {"id": "training-held", "days": 92}]
        self.patch(main, "SETTINGS", self.path("duties.json", json.dumps({"duties": wanted})))

    def declare(self, *names: str) -> None:
        keys = {name: pathlib.Path(f"{self.root}/keys/{name}.pub").read_text().strip() for name in names}
        self.path("signers", "".join(f'{name} namespaces="phiward-duty" {key}\n' for name, key in keys.items()))

    def line(
        self,
        by: str,
        before: str | None,
        *,
        duty: str = "records-read",
        on: date = TODAY,
        key: str | None = None,
        namespace: str = signatures.NAMESPACE,
        stack: str = "prod",
    ) -> str:
        previous = None if before is None else hashlib.sha256(before.encode()).hexdigest()
        said = {"stack": stack, "duty": duty, "on": on.isoformat(), "by": by, "note": NOTE, "previous": previous}
        text = json.dumps(said)
        argv = ["ssh-keygen", "-Y", "sign", "-n", namespace, "-f", f"{self.root}/keys/{key or by}"]
        signed = subprocess.run(argv, input=text, text=True, check=True, capture_output=True)
        return json.dumps({"attested": text, "signature": signed.stdout})

    def refusal(self, *lines: str) -> str:
        """What is said of a record that is refused; nothing of it is kept."""
        before = kept.texts()
        with self.assertRaises(Refused) as refused:
            kept.take(lines)
        self.assertEqual(kept.texts(), before)
        return str(refused.exception)

    def ended(self, *words: str, stdin: bytes = b"") -> tuple[int, str]:
        said = io.StringIO()
        read = mock.Mock(buffer=io.BytesIO(stdin))
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), mock.patch.object(sys, "stdin", read):
            code = main.main(words)
        return code, said.getvalue()


class TakeTest(Duties):
    def test_takes_lines_that_go_on_from_what_it_has_and_each_once(self) -> None:
        one = self.line("alice", None)
        two = self.line("bob", one, duty="training-held")
        self.assertEqual(kept.take([one]), 1)
        self.assertEqual(kept.take([one, two]), 1)
        self.assertEqual(kept.take([one, two]), 0)
        self.assertEqual(
            [(line.by, line.duty) for line in kept.lines()], [("alice", "records-read"), ("bob", "training-held")]
        )

    def test_refuses_a_record_that_lacks_or_changes_what_it_has(self) -> None:
        one = self.line("alice", None)
        two = self.line("bob", one)
        kept.take([one, two])
        self.assertIn("does not go on from the 2 lines which the vault keeps", self.refusal(one))
        self.assertIn("does not go on from", self.refusal(one, self.line("alice", one)))

    def test_refuses_what_is_forged_replayed_or_for_another_purpose(self) -> None:
        one = self.line("alice", None)
        self.assertIn(
            "a key that people in the stack's file do not declare for alice",
            self.refusal(self.line("alice", None, key="mallory")),
        )
        self.assertIn("do not declare for alice", self.refusal(self.line("alice", None, key="bob")))
        self.assertIn(
            "of another text or purpose", self.refusal(self.line("alice", None, namespace="phiward-evidence"))
        )
        turned = one.replace("records-read", "training-held")
        self.assertIn("line 1: found a signature of another text or purpose", self.refusal(turned))
        self.assertIn("line 2: found one that does not follow", self.refusal(one, one))
        self.assertIn("line 2: found one of another stack", self.refusal(one, self.line("alice", one, stack="staging")))
        self.assertIn("a day to come", self.refusal(self.line("alice", None, on=TODAY + timedelta(days=3))))

    def test_takes_lines_of_people_who_left_where_one_who_is_declared_signed_after_them(self) -> None:
        one = self.line("bob", None)
        two = self.line("alice", one)
        self.declare("alice")
        self.assertIn("do not declare for bob", self.refusal(one))
        self.assertEqual(kept.take([one, two]), 2)

    def test_reads_a_record_from_standard_input_whole_or_not_at_all(self) -> None:
        one = self.line("alice", None)
        self.assertEqual(self.ended("keep", stdin=f"{one}\n".encode()), (0, '{"new": 1}\n'))
        self.assertEqual(self.ended("show"), (0, f"{one}\n"))
        for stdin, words in (
            (one.encode(), "a line without its end"),
            (b"\xff\n", "not UTF-8"),
            (b"{}\n", "line 1.attested"),
            (b"7\n", "line 1: found int"),
            (b"[" * 100_000 + b"\n", "more than 32768 characters"),
            (b"x" * (main.MOST_BYTES + 1), "more than 16777216 bytes"),
        ):
            code, said = self.ended("keep", stdin=stdin)
            self.assertEqual(code, 1)
            # The shortest that is refused for going on from nothing is refused before its form is looked at.
            self.assertRegex(said, f"{words}|does not go on from")
        self.assertEqual(self.ended("keep", "more")[0], 1)


class OverdueTest(Duties):
    def test_is_what_was_done_longer_ago_than_its_days(self) -> None:
        one = self.line("alice", None, on=TODAY - timedelta(days=7))
        two = self.line("bob", one, duty="training-held", on=TODAY - timedelta(days=93))
        kept.take([one, two])
        self.assertEqual(main.overdue(), [f"training-held (last done {(TODAY - timedelta(days=93)).isoformat()})"])
        self.assertRegex(self.ended("watch")[1], "^phiward: overdue: training-held .*npx phiward duties")
        self.assertEqual(self.ended("watch")[0], 1)
        kept.take([one, two, self.line("alice", two, duty="training-held")])
        self.assertEqual(self.ended("watch"), (0, ""))
        self.assertEqual(self.ended("done"), (0, "none is overdue\n"))

    def test_is_what_nobody_did_once_its_days_have_passed_here(self) -> None:
        self.assertEqual(self.ended("done"), (0, "none is overdue\n"))
        path = f"{self.base}/duties/since.json"
        records.write_json(path, (TODAY - timedelta(days=8)).isoformat(), signatures.LOG)
        self.assertEqual(main.overdue(), ["records-read (never done)"])
