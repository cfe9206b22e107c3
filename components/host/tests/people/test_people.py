"""Who has left, what is left of them, and that it is ended, on made-up accounts and processes."""

import contextlib
import io
import json
import os
import pathlib
import subprocess
import unittest
from collections.abc import Sequence

from phiward_host.common.process import Completed
from phiward_host.people import accounts, main, processes
from tests.support import OK, InDirectory

DAY = 20_000
PASSWD = """root:x:0:0::/root:/bin/bash
www-data:x:33:33::/var/www:/usr/sbin/nologin
nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin
alice:x:1000:1000::/home/alice:/bin/bash
bob:x:1001:1001::/home/bob:/usr/sbin/nologin
carol:x:1002:1002::/home/carol:/bin/bash
"""
SHADOW = """root:*:19000:0:99999:7:::
alice:*:19000:0:99999:7:::
bob:!*:19000:0:99999:7::1:
carol:*:19000:0:99999:7::20001:
"""


class People(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        for name, text in (("PASSWD", PASSWD), ("SHADOW", SHADOW), ("SUBUID", "bob:165536:65536\n")):
            self.patch(accounts, name, self.path(name, text))
        self.patch(accounts, "today", lambda: DAY)
        self.patch(main, "LINGER", self.path("linger"))
        self.patch(main, "SUDO_CREDENTIALS", self.path("ts"))
        self.proc = pathlib.Path(self.path("proc"))
        self.patch(processes, "PROC", self.proc)
        self.killed: list[int] = []
        self.patch(processes, "kill", self.kill)
        self.patch(processes, "kill_all", id)
        self.settings = self.path("people.json", json.dumps({"alice": ["sudo", "key 1", "key 2"], "carol": ["key 3"]}))
        os.makedirs(self.base)

    def start(self, pid: int, uids: str, *, state: str = "S", login: str = "4294967295", cgroup: str = "0::/") -> None:
        """A process, with its real, effective, saved and file system user id."""
        self.path(f"proc/{pid}/status", f"Name:\tsleep\nState:\t{state} (x)\nUid:\t{uids}\n")
        self.path(f"proc/{pid}/loginuid", login)
        self.path(f"proc/{pid}/cgroup", f"{cgroup}\n")

    def kill(self, pid: int) -> None:
        self.killed.append(pid)
        os.unlink(self.proc / str(pid) / "status")

    def kill_all_but_10(self, pid: int) -> None:
        if pid != 10:
            self.kill(pid)

    def record(self) -> object:
        path = pathlib.Path(self.base, "people.json")
        return json.loads(path.read_text()) if path.exists() else None

    def ended(self) -> list[str]:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            self.assertEqual(main.main(["ended", self.settings]), 0)
        return said.getvalue().splitlines()

    def end(self) -> int:
        return main.main(["end", self.settings])

    def test_an_account_is_closed_from_the_day_that_shadow_says(self) -> None:
        found = {account.name: account for account in accounts.accounts()}
        self.assertEqual(list(found), ["alice", "bob", "carol"])
        self.assertEqual([name for name, account in found.items() if account.is_closed(DAY)], ["bob"])
        self.assertEqual([name for name, account in found.items() if account.is_closed(DAY + 1)], ["bob", "carol"])

    def test_every_way_in_which_a_process_is_somebodys_counts(self) -> None:
        self.start(10, "1000\t1000\t1000\t1000")
        self.start(11, "1001\t1001\t1001\t1001")
        self.start(12, "0\t0\t1001\t0")
        self.start(13, "165540\t165540\t165540\t165540")
        self.start(14, "0\t0\t0\t0", login="1001")
        self.start(15, "1001\t1001\t1001\t1001", state="Z")
        os.makedirs(self.proc / "16")  # it ended
        bob = accounts.Account("bob", 1001, 1, (range(165536, 231072),))
        self.assertEqual(sorted(processes.processes(bob)), [11, 12, 13, 14])

    def test_a_container_is_not_the_persons_and_a_cgroup_of_the_persons_own_is_no_container(self) -> None:
        bob = accounts.Account("bob", 1001, 1)
        name = "docker-" + "a" * 64 + ".scope"
        self.start(20, "1001\t1001\t1001\t1001", cgroup=f"0::/system.slice/{name}")
        self.start(21, "1001\t1001\t1001\t1001", cgroup="9:pids:/docker/" + "b" * 64)
        self.start(22, "1001\t1001\t1001\t1001", cgroup=f"0::/user.slice/user-1001.slice/user@1001.service/{name}")
        self.start(23, "1001\t1001\t1001\t1001", cgroup="0::/system.slice/cron.service")
        self.assertEqual(sorted(processes.processes(bob)), [22, 23])

    def test_what_is_left_of_a_closed_account_is_told_and_ended_and_nobody_elses(self) -> None:
        self.assertEqual(self.end(), 0)
        self.start(10, "1000\t1000\t1000\t1000")
        self.start(11, "1001\t1001\t1001\t1001")
        linger, sudo = self.path("linger/bob", ""), self.path("ts/1001", "")
        self.assertEqual(self.ended(), ["bob: 1 processes", f"bob: {linger}", f"bob: {sudo}"])
        self.assertEqual(self.end(), 0)
        self.assertEqual((self.ended(), self.killed), ([], [11]))

    def test_what_a_closed_account_has_open_at_the_login_of_deploys_is_ended(self) -> None:
        for pid, name in ((30, "bob"), (31, "alice")):
            self.start(pid, "1003\t1003\t1003\t1003")
            self.path(f"proc/{pid}/cmdline", f"/usr/bin/python3\0-I\0phiward.pyz\0deploy\0{name}\0")
        self.assertEqual((self.end(), self.killed), (0, [30]))

    def test_sessions_that_logind_has_are_ended_with_what_runs_as_root_in_them(self) -> None:
        ran: list[list[str]] = []

        def run(argv: Sequence[str], stdin: str | None) -> Completed:
            ran.append(list(argv))
            return OK

        self.run_with(run)
        self.end()
        self.assertEqual(
            ran,
            [
                ["systemctl", "kill", "--signal=SIGKILL", "user-1001.slice"],
                ["loginctl", "terminate-user", "bob"],
                ["systemctl", "stop", "user@1001.service", "user-1001.slice"],
            ],
        )

    def test_who_loses_sudo_or_a_key_is_logged_out_once_and_who_gains_one_is_not(self) -> None:
        self.end()
        self.start(10, "1000\t1000\t1000\t1000")
        for rights, told in (
            (["key 1", "key 2"], True),
            (["key 1", "key 3"], True),
            (["key 1", "key 3", "sudo"], False),
        ):
            self.path("people.json", json.dumps({"alice": rights, "carol": ["key 3"]}))
            self.assertEqual([line.startswith("alice: sessions") for line in self.ended()], [told])
            self.assertEqual(self.end(), 0)
            self.assertEqual((self.killed, self.ended()), ([10] if told else [], []))
            self.killed.clear()
            self.start(10, "1000\t1000\t1000\t1000")

    def test_cut_off_or_failed_it_is_not_recorded_as_done_and_the_others_are_ended(self) -> None:
        self.end()
        self.path("people.json", json.dumps({"alice": ["sudo", "key 1"], "carol": []}))
        self.start(10, "1000\t1000\t1000\t1000")
        self.start(12, "1002\t1002\t1002\t1002")
        before = self.record()
        self.patch(processes, "END_SECONDS", 0.2)
        self.patch(processes, "kill", self.kill_all_but_10)
        with contextlib.redirect_stderr(io.StringIO()) as said:
            self.assertEqual(self.end(), 1)
        self.assertRegex(said.getvalue(), "alice: 1 processes are left after 0.2 s")
        self.assertEqual((self.record(), self.killed), (before, [12]))
        self.patch(processes, "kill", self.kill)
        self.patch(processes, "END_SECONDS", 20)
        self.assertEqual((self.end(), self.killed, self.ended()), (0, [12, 10], []))


class Signalling(unittest.TestCase):
    @unittest.skipUnless(os.geteuid() == 0, "needs root, to take another user id")
    def test_all_of_a_user_id_are_signalled_by_one_call_as_that_user(self) -> None:
        uid = 54_321
        with (
            subprocess.Popen(["sleep", "60"], user=uid, start_new_session=True) as theirs,
            subprocess.Popen(["sleep", "60"], user=uid + 1) as another,
        ):
            try:
                processes.kill_all(uid)
                self.assertEqual((theirs.wait(5), another.poll()), (-9, None))
            finally:
                theirs.kill()
                another.kill()
