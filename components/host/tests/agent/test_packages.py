"""Packages while another program installs some."""

import os
from collections.abc import Sequence

from phiward_host.agent import packages
from phiward_host.agent.packages import install
from phiward_host.common.errors import Failed
from phiward_host.common.process import Completed
from tests.agent.plans import plan_of
from tests.support import OK, InDirectory

# As Debian 13 prints them.
DATABASE = "dpkg: error: dpkg database lock was locked by another process with pid {pid}\nNote: removing the lock file"
FRONTEND = "dpkg: error: dpkg frontend lock was locked by another process with pid {pid}\nNote: removing the lock file"
# It names the program that holds it, where it can tell.
NAMED = "dpkg: error: dpkg frontend lock was locked by unattended-upgr process with pid {pid}\nNote: removing the lock"
LISTS = (
    "E: Could not get lock /var/lib/apt/lists/lock. It is held by process {pid} (apt-get)\n"
    "E: Unable to lock directory /var/lib/apt/lists/"
)
ARCHIVES = "E: Could not get lock /var/cache/apt/archives/lock. It is held by process {pid} (unattended-upgr)"


class Locked(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.patch(packages, "POLL_SECONDS", 0)
        self.ran: list[str] = []
        self.plan = plan_of(packages=["nginx"])

    def lock(self, program: str, complaint: str, times: int) -> None:
        """A program that finds the packages locked so many times."""
        left = times

        def answer(argv: Sequence[str], stdin: str | None) -> Completed:
            nonlocal left
            self.ran.append(" ".join(argv[:2]))
            if not " ".join(argv).startswith(program) or left == 0:
                return OK
            left -= 1
            return Completed(100, "", complaint.format(pid=os.getpid()))

        self.run_with(answer)

    def test_every_command_waits_until_the_packages_are_free(self) -> None:
        self.patch(packages, "LISTS_SECONDS", -(1 << 40))
        for program, complaint in (
            ("dpkg --configure", FRONTEND),
            ("dpkg --configure", DATABASE),
            ("dpkg --configure", NAMED),
            ("apt-get update", LISTS),
            ("apt-get install", ARCHIVES),
        ):
            with self.subTest(program=program, complaint=complaint):
                self.ran = []
                self.lock(program, complaint, 3)
                self.assertEqual(install(self.plan), ["package nginx"])
                self.assertEqual(sum(line == program for line in self.ran), 4)
                self.assertEqual(
                    list(dict.fromkeys(self.ran))[1:], ["dpkg --configure", "apt-get update", "apt-get install"]
                )

    def test_who_holds_the_packages_for_too_long_is_named(self) -> None:
        self.patch(packages, "LOCK_SECONDS", -1)
        self.lock("dpkg --configure", DATABASE, 9)
        with open("/proc/self/comm", encoding="utf-8") as file:
            name = file.read().strip()
        with self.assertRaises(Failed) as raised:
            install(self.plan)
        self.assertEqual(
            str(raised.exception),
            f"another program is installing packages ({name}, process {os.getpid()}); gave up after -1 s. "
            "Try again once it has ended",
        )

    def test_what_fails_for_another_reason_is_not_tried_again(self) -> None:
        self.lock("dpkg --configure", "dpkg: error processing package x", 9)
        with self.assertRaisesRegex(Failed, "^dpkg exited with status 100; its output is in .* on the host$"):
            install(self.plan)
        self.assertEqual(len(self.ran), 2)
