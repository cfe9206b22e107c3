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
        self.rules = self.path("phiward.rules", DECLARED)
        self.watched = f"{self.root}/watched"
        for name in ("RESTART", "RESTART_REASONS"):
            patched = mock.patch.object(audit, name, f"{self.root}/{name}")
            patched.start()
            self.addCleanup(patched.stop)
        running = mock.patch.object(process, "run", answering(self.answer))
        running.start()
        self.addCleanup(running.stop)

    def answer(self, argv: Sequence[str], _: str | None) -> Completed:
        self.ran.append(argv)
        if argv[1:] == ["-s"]:
            return Completed(0, f"enabled {self.enabled}\nfailure {self.failure}\npid 7\nlost 0\n", "")
        return Completed(0, self.loaded, "") if argv[1:] == ["-l"] else OK

    def said(self, verb: str) -> str:
        words = {"settle": [self.rules, f"0711:{self.watched}"], "state": [self.rules], "health": list[str]()}[verb]
        with contextlib.redirect_stdout(io.StringIO()) as out:
            self.assertEqual(audit.main([verb, *words]), 0)
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
