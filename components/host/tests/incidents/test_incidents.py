"""The vault's record of incidents, with signatures of the real ssh-keygen: what it takes, and what its clocks say."""

import contextlib
import hashlib
import io
import json
import os
import pathlib
import subprocess
import sys
from unittest import mock

from phiward_host.common.errors import Damaged, Refused
from phiward_host.duties import signatures
from phiward_host.incidents import kept, main
from phiward_host.metrics import incident_clocks
from tests.support import OnDisk

CLOCKS = [
    {"clock": "authority", "warns": 1_800_000_000, "ends": 1_800_086_400},
    {"clock": "persons", "warns": 1_800_000_000, "ends": None},
]


class Incidents(OnDisk):
    def setUp(self) -> None:
        super().setUp()
        os.makedirs(f"{self.root}/keys")
        for name in ("alice", "bob", "mallory"):
            argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", f"{self.root}/keys/{name}"]
            subprocess.run(argv, check=True, capture_output=True)
        self.patch(signatures, "SIGNERS", self.path("signers"))
        self.declare("alice", "bob")

    def declare(self, *names: str) -> None:
        keys = {name: pathlib.Path(f"{self.root}/keys/{name}.pub").read_text().strip() for name in names}
        lines = (f'{name} namespaces="phiward-duty,phiward-incident" {key}\n' for name, key in keys.items())
        self.path("signers", "".join(lines))

    def line(self, by: str, before: str | None, **more: object) -> str:
        key, namespace = more.pop("key", by), more.pop("namespace", kept.NAMESPACE)
        previous = None if before is None else hashlib.sha256(before.encode()).hexdigest()
        said = {"stack": "prod", "incident": 1, "by": by, "clocks": CLOCKS, "previous": previous, **more}
        text = json.dumps(said)
        argv = ["ssh-keygen", "-Y", "sign", "-n", str(namespace), "-f", f"{self.root}/keys/{key}"]
        signed = subprocess.run(argv, input=text, text=True, check=True, capture_output=True)
        return json.dumps({"entry": text, "signature": signed.stdout})

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


class TakeTest(Incidents):
    def test_takes_what_goes_on_from_what_it_has_of_each_incident(self) -> None:
        one, other = self.line("alice", None), self.line("bob", None, incident=2)
        two = self.line("bob", one)
        self.assertEqual(kept.take([one]), 1)
        self.assertEqual(kept.take([other]), 1)
        self.assertEqual(kept.take([one, two]), 1)
        self.assertEqual(kept.take([other, one, two]), 0)
        self.assertEqual(kept.texts(), [one, other, two])

    def test_refuses_what_lacks_or_changes_an_entry_or_was_written_beside_one(self) -> None:
        one = self.line("alice", None)
        two = self.line("bob", one)
        kept.take([one, two])
        self.assertIn("does not go on from the 2 entries", self.refusal(one))
        self.assertIn("another person wrote one meanwhile", self.refusal(one, self.line("alice", one)))
        self.assertIn("another stack", self.refusal(self.line("alice", None, incident=2, stack="staging")))

    def test_refuses_what_is_forged_or_signed_for_another_purpose(self) -> None:
        one = self.line("alice", None)
        self.assertIn("do not declare for alice", self.refusal(self.line("alice", None, key="mallory")))
        self.assertIn("do not declare for alice", self.refusal(self.line("alice", None, key="bob")))
        for namespace in ("phiward-duty", "phiward-restore"):
            self.assertIn("another text or purpose", self.refusal(self.line("alice", None, namespace=namespace)))
        self.assertIn("another text or purpose", self.refusal(one.replace("1800086400", "1900086400")))
        self.assertIn("line 2: found one that does not follow", self.refusal(one, one))

    def test_takes_entries_of_people_who_left_where_one_who_is_declared_signed_after_them(self) -> None:
        one = self.line("bob", None)
        two = self.line("alice", one)
        self.declare("alice")
        self.assertIn("do not declare for bob", self.refusal(one))
        self.assertEqual(kept.take([one, two]), 2)

    def test_refuses_what_has_another_form(self) -> None:
        for more, words in (
            ({"incident": 0}, "entry.incident"),
            ({"incident": 10_000}, "entry.incident"),
            ({"clocks": [{"clock": 'x"} 1', "warns": 1, "ends": 2}]}, "clock: found another text"),
            ({"clocks": [{"clock": "authority", "warns": 1e300, "ends": 2}]}, "an integer"),
            ({"clocks": [{"clock": "authority", "warns": -1, "ends": 2}]}, "seconds since 1970"),
            ({"clocks": CLOCKS * 30}, "more than 50"),
            ({"stack": "prod/\n"}, "stack: found another text"),
        ):
            self.assertIn(words, self.refusal(self.line("alice", None, **more)))
        self.assertIn("not JSON", self.refusal("[" * 1000))
        self.assertIn("more than 32768", self.refusal("x" * 40_000))

    def test_reads_entries_from_standard_input_whole_or_not_at_all(self) -> None:
        one = self.line("alice", None)
        self.assertEqual(self.ended("keep", stdin=f"{one}\n".encode()), (0, '{"new": 1}\n'))
        self.assertEqual(self.ended("show"), (0, f"{one}\n"))
        for stdin in (one.encode(), b"\xff\n", b"{}\n", b"7\n"):
            self.assertEqual(self.ended("keep", stdin=stdin)[0], 1)
        self.assertEqual(self.ended("keep", "more")[0], 1)
        self.assertEqual(self.ended("other")[0], 1)


class ClocksTest(Incidents):
    def test_are_those_after_the_last_entry_of_each_incident(self) -> None:
        self.assertEqual((incident_clocks.warns(), incident_clocks.ends()), ([], []))
        one = self.line("alice", None)
        kept.take([one, self.line("bob", None, incident=2)])
        kept.take([one, self.line("alice", one, clocks=CLOCKS[:1])])
        self.assertEqual(
            [labels["clock"] for labels, _ in incident_clocks.warns()], ["1 authority", "2 authority", "2 persons"]
        )
        self.assertEqual(
            incident_clocks.ends(), [({"clock": f"{number} authority"}, 1_800_086_400.0) for number in (1, 2)]
        )

    def test_of_a_damaged_record_are_not_known_and_it_stays_where_it_is(self) -> None:
        kept.take([self.line("alice", None)])
        path = pathlib.Path(f"{self.base}/incidents/record.json")
        path.write_text("{")
        with self.assertRaises(Damaged):
            kept.clocks()
        self.assertEqual(path.read_text(), "{")
