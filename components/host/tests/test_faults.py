"""However a program ends, standard error, which a unit sends to the journal, has a sentence and never a trace."""

import contextlib
import io
from collections.abc import Sequence
from types import MappingProxyType

from phiward_host import held_secrets, nginx, questions
from phiward_host.__main__ import PROGRAMS, entry
from phiward_host.common import docker, files, journal, process
from tests.support import InDirectory

# Words by which each program begins its work.
WORDS = MappingProxyType(
    {
        "accounts": ["add", "accounts.json"],
        "alerts": ["flush"],
        "audit": ["state", "phiward.rules"],
        "backup": ["run"],
        "bans": ["settings", "sshd"],
        "basic-auth": ["make"],
        "break-glass": ["record.json", "breakglass"],
        "certificates": ["renew", "certificates.json"],
        "collector": ["answers"],
        "detectors": ["watch"],
        "container-mounts": ["outdated", '[{"name": "db", "definition": "d", "seconds": 1}]'],
        "container-users": ["settle", "users.json"],
        "deploy": ["alice"],
        "duties": ["watch"],
        "encryption": ["check"],
        "firewall": ["unhooked"],
        "images": ["present", "sha256:0"],
        "incidents": ["show"],
        "initialize": ["run"],
        "handover": ["settled", '[{"service": "api", "name": "api-1", "seconds": 1}]'],
        "integrity": ["last"],
        "isolation": ["keep"],
        "jobs": ["run", "report"],
        "journal": ["arrives"],
        "monitor": ["silences"],
        "metrics": ["arrives"],
        "nginx": ["drain"],
        "people": ["end", "people.json"],
        "psql": ["api", "a reason"],
        "phi": ["check"],
        "questions": ["5"],
        "records": ["acts", "own=web", "from=2026-11-01T00:00:00Z", "to=2026-11-02T00:00:00Z"],
        "redis": ["ask", "cache", "secret", "PING"],
        "retention": ["run"],
        "scans": ["look"],
        "sealing": ["sealed"],
        "secrets": ["held"],
        "service-data": ["undeclared", '{"volumes": [], "servers": [], "removed": []}'],
        "sessions": ["healthy"],
        "smoke-test": ["run", "db"],
        "state": ["writable", "/etc/phiward"],
        "storage": ["settle", "storage.json"],
        "subjects": ["list"],
        "vault": ["prune"],
        "watch": [],
    }
)


def fail(*words: object, **more: object) -> object:
    raise KeyError("a secret")


def nothing(fields: object) -> None:
    """Takes the record of an act, which is none of this machine's."""


class Faults(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        for module, name in (
            (files, "read_json"),
            (files, "read_text"),
            (process, "run"),
            (docker, "ask"),
            (files, "names_beneath"),
        ):
            self.patch(module, name, fail)
        self.patch(journal, "send", nothing)
        self.patch(files, "require_writable", fail)
        self.patch(nginx, "is_draining", fail)
        self.patch(questions, "requested", fail)
        self.patch(held_secrets, "held", fail)
        self.patch(nginx, "SIGNAL_SECONDS", 0)

    def end(self, program: str, words: Sequence[str]) -> tuple[int, str]:
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            code = entry(program)(words)
        return code, said.getvalue()

    def test_every_program_is_tried(self) -> None:
        self.assertEqual(set(WORDS), set(PROGRAMS))

    def test_words_that_it_does_not_know_are_refused_in_a_sentence(self) -> None:
        for program in PROGRAMS:
            with self.subTest(program):
                code, said = self.end(program, ["walk"])
                self.assertIn(code, (1, 2))
                self.assertRegex(said, r"^phiward: .*\n$")

    def test_a_fault_is_a_sentence_and_its_trace_is_in_the_log_alone(self) -> None:
        for program, words in WORDS.items():
            with self.subTest(program):
                code, said = self.end(program, words)
                self.assertEqual(code, 2)
                self.assertRegex(
                    said, rf"^phiward: .* failed \(KeyError\); the trace is in {self.base}/log/.* on the host\n$"
                )

    def test_a_fault_is_a_sentence_where_a_confined_unit_cannot_write_the_log(self) -> None:
        self.path("state", "a file where the directory of the logs would be")
        for program, words in WORDS.items():
            with self.subTest(program):
                code, said = self.end(program, words)
                self.assertIn(code, (1, 2))
                self.assertRegex(said, r"^phiward: [^\n]*\n$")
                self.assertNotIn("a secret", said)
