"""Packages while another program installs some."""

import os
from collections.abc import Sequence

from phiward_host.agent import packages
from phiward_host.agent.packages import install, install_early
from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog
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


class Early(InDirectory):
    """What several plans ask for."""

    def setUp(self) -> None:
        super().setUp()
        self.ran: list[list[str]] = []

    def answer(self, *installed: str, fails: bool = False) -> None:
        def answer(argv: Sequence[str], _: str | None) -> Completed:
            self.ran.append(list(argv))
            if argv[0] == "dpkg-query":
                return Completed(0, "".join(f"{name} installed\n" for name in installed), "")
            return Completed(100, "", "E: Unable to locate package x") if fails else OK

        self.run_with(answer)

    def test_is_installed_in_one_transaction_and_only_where_it_is_missing(self) -> None:
        self.answer("age")
        install_early(["age", "restic", "ufw"])
        installs = [argv for argv in self.ran if argv[:2] == ["apt-get", "install"]]
        self.assertEqual([argv[-2:] for argv in installs], [["restic", "ufw"]])
        self.assertNotIn("age", installs[0])
        self.ran.clear()
        self.answer("age", "restic", "ufw")
        install_early(["age", "restic", "ufw"])
        self.assertEqual([argv[0] for argv in self.ran], ["dpkg-query"])

    def test_what_cannot_be_had_is_in_the_log_and_left_to_the_plan_that_asks_for_it(self) -> None:
        self.answer(fails=True)
        install_early(["restic"])
        with open(RootLog(packages.EARLY).path, encoding="utf-8") as log:
            self.assertIn("Unable to locate package x", log.read())
        with self.assertRaises(Failed):
            install(plan_of(packages=["restic"]))

    def test_lists_are_fetched_once_an_hour_whatever_time_the_archive_gives_them(self) -> None:
        nothing: list[str] = []

        def matching(_: str) -> list[str]:
            return nothing

        self.patch(packages.files, "matching", matching)
        self.answer()
        for plan in ("nginx", "fail2ban"):
            install(plan_of(packages=[plan]))
        self.assertEqual(sum(argv[:2] == ["apt-get", "update"] for argv in self.ran), 1)
        self.patch(packages, "LISTS_SECONDS", -1)
        install(plan_of(packages=["ufw"]))
        self.assertEqual(sum(argv[:2] == ["apt-get", "update"] for argv in self.ran), 2)
