"""Rules are compared whatever auditctl(8) makes of them; a kernel that is locked is asked for nothing but a restart."""

import contextlib
import io
from collections.abc import Sequence
from unittest import mock

from phiward_host.audit import main as audit
from phiward_host.audit import rules
from phiward_host.common import process
from phiward_host.common.process import Completed
from tests.support import OK, InDirectory, answering

DECLARED = """-D
-b 16384
-f 1
-a always,exit -F arch=b64 -F path=/etc/passwd -F perm=wa -F key=identity
-a always,exit -F arch=b64 -S execve,execveat -C euid!=uid -F auid!=unset -F key=as-another
-e 2
"""
# As auditctl 4.0.2 lists them.
LOADED = """-a always,exit -F arch=b64 -S open,bind,truncate -F path=/etc/passwd -F perm=wa -F key=identity
-a always,exit -F arch=b64 -S execveat,execve -C uid!=euid -F auid!=-1 -F key=as-another
"""


class Compared(InDirectory):
    def test_the_same_rules_in_auditctl_s_words_are_the_same(self) -> None:
        self.assertEqual(rules.missing(DECLARED, LOADED), [])
        self.assertEqual(rules.unknown(DECLARED, LOADED), [])

    def test_a_rule_that_is_gone_and_one_that_excludes_are_found(self) -> None:
        first, second = LOADED.splitlines()
        self.assertEqual(rules.keys(rules.missing(DECLARED, first)), "as-another")
        self.assertEqual(rules.keys(rules.missing(DECLARED, second)), "identity")
        never = "-a never,exit -F arch=b64 -S all -F auid=1000\n"
        self.assertEqual(len(rules.unknown(DECLARED, never + LOADED)), 1)

    def test_other_calls_or_another_permission_are_another_rule(self) -> None:
        fewer = LOADED.replace("execveat,execve", "execve")
        self.assertEqual(rules.keys(rules.missing(DECLARED, fewer)), "as-another")
        less = LOADED.replace("perm=wa", "perm=w")
        self.assertEqual(rules.keys(rules.missing(DECLARED, less)), "identity")


class OnAHost(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.enabled, self.failure, self.loaded, self.ran = "2", "1", LOADED, list[Sequence[str]]()
        self.status = 0
        self.path("COMMAND_LINE", "root=/dev/vda1 ro quiet\n")
        self.rules = self.path("phiward.rules", DECLARED)
        self.watched = f"{self.root}/watched"
        for name in ("RESTART", "RESTART_REASONS", "COMMAND_LINE"):
            patched = mock.patch.object(audit, name, f"{self.root}/{name}")
            patched.start()
            self.addCleanup(patched.stop)
        running = mock.patch.object(process, "run", answering(self.answer))
        running.start()
        self.addCleanup(running.stop)

    def answer(self, argv: Sequence[str], _: str | None) -> Completed:
        self.ran.append(argv)
        if argv[1:] == ["-s"]:
            return Completed(self.status, f"enabled {self.enabled}\nfailure {self.failure}\npid 7\nlost 0\n", "")
        return Completed(0, self.loaded, "") if argv[1:] == ["-l"] else OK

    def words(self, verb: str) -> Sequence[str]:
        rest = {"settle": [self.rules, f"0711:{self.watched}"], "state": [self.rules], "health": list[str]()}[verb]
        return [verb, *rest]

    def said(self, verb: str) -> str:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            self.assertEqual(audit.main(self.words(verb)), 0)
        return out.getvalue().strip()

    def test_it_says_what_is_in_effect(self) -> None:
        self.assertEqual(self.said("state"), "active")
        self.failure = "2"
        self.assertEqual(self.said("state"), audit.PENDING)
        self.failure, self.loaded = "1", ""
        self.assertEqual(self.said("state"), audit.PENDING)
        self.enabled = "1"
        self.assertEqual(self.said("state"), "not loaded: as-another, identity; not declared: 0")
        self.loaded = LOADED
        self.assertEqual(self.said("state"), "loaded, and not locked (enabled 1)")

    def test_a_locked_kernel_is_asked_for_a_restart_and_only_where_something_differs(self) -> None:
        self.said("settle")
        self.assertFalse(audit.files.exists(audit.RESTART))
        self.loaded = ""
        self.said("settle")
        self.said("settle")
        self.assertTrue(audit.files.exists(audit.RESTART))
        self.assertEqual(audit.files.read_text(audit.RESTART_REASONS), f"{audit.REASON}\n")
        self.assertNotIn(["augenrules", "--load"], self.ran)

    def test_rules_are_loaded_once_what_they_name_is_there(self) -> None:
        self.enabled = "1"
        self.said("settle")
        self.assertTrue(audit.files.is_directory(self.watched))
        self.assertIn(["augenrules", "--load"], self.ran)

    def test_what_was_lost_is_said(self) -> None:
        self.assertEqual(self.said("health"), "a daemon takes them; lost 0")

    def test_a_kernel_without_audit_is_never_taken_for_one_that_records_and_what_switched_it_off_is_said(self) -> None:
        self.status = 1
        for verb in ("state", "health", "settle"):
            self.assertIn("does not answer about its audit: auditctl exited with status 1", self.failed(verb))
        self.path("COMMAND_LINE", "root=/dev/vda1 audit=1 audit=0 ro\n")
        for verb in ("state", "health", "settle"):
            self.assertIn(
                "its command line has audit=0; take that out of the boot loader's settings", self.failed(verb)
            )
        self.assertNotIn(["augenrules", "--load"], self.ran)
        self.path("COMMAND_LINE", "audit=0 audit=1\n")
        self.assertNotIn("command line", self.failed("state"))

    def failed(self, verb: str) -> str:
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as said:
            self.assertEqual(audit.main(self.words(verb)), 1)
        self.assertEqual(out.getvalue(), "")
        return said.getvalue()
