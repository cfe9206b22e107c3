"""Asking fail2ban's server, by what its client prints."""

import json
from collections.abc import Sequence
from pathlib import Path

from phiward_host import banned, bans
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.process import Completed
from tests.support import InDirectory

NAMED = "2001:db8::7"
GREETING = "Fail2Ban v1.1.0 reads log file that contains password failure report\n\n"
ANSWERS = {
    "maxretry": "5",
    "findtime": "600",
    "bantime": "3600",
    "actions": "The jail sshd has the following actions:\nnftables-multiport",
    "journalmatch": "Current match filter:\n_SYSTEMD_UNIT=ssh.service",
    "ignoreip": "These IP addresses/networks are ignored:\n|- 127.0.0.0/8\n`- ::1",
}


class Lifting(InDirectory):
    """The end of an address's bans."""

    def setUp(self) -> None:
        super().setUp()
        self.jails = {
            "sshd": ["192.0.2.7", "192.0.2.8"],
            "nginx-login": ["192.0.2.7"],
            "nginx-scanner": ["2001:db8::7"],
        }
        self.asked: list[Sequence[str]] = []
        self.stays = False
        self.run_with(self.answer)
        self.patch(banned, "CLIENTS", f"{self.root}/clients")

    def answer(self, argv: Sequence[str], stdin: str | None) -> Completed:
        self.asked.append(argv)
        if argv[0] == "nft":
            return Completed(1, "", "")
        if argv[1] == "unban" and not self.stays:
            self.jails = {jail: [one for one in there if one != argv[2]] for jail, there in self.jails.items()}
        return Completed(0, str([{jail: there} for jail, there in self.jails.items()]), "")

    def test_every_jail_that_had_it_is_named_and_others_keep_theirs(self) -> None:
        self.assertEqual(bans.lift(["192.0.2.7"]), ["sshd", "nginx-login"])
        self.assertIn(["fail2ban-client", "unban", "192.0.2.7"], [list(argv) for argv in self.asked])
        self.assertEqual(self.jails["sshd"], ["192.0.2.8"])
        self.assertEqual(bans.lift(["2001:0db8:0::7"]), ["nginx-scanner"])
        self.assertEqual(bans.lift(["192.0.2.7"]), [])

    def test_a_ban_that_is_back_at_once_is_told(self) -> None:
        self.stays = True
        with self.assertRaisesRegex(Failed, "again, by sshd, nginx-login"):
            bans.lift(["192.0.2.7"])

    def test_a_ban_that_is_lifted_in_the_list_alone_is_told(self) -> None:
        (Path(self.root, "clients") / "nginx-login").mkdir(parents=True)
        (Path(self.root, "clients") / "nginx-login" / "192.0.2.7").touch()
        with self.assertRaisesRegex(Failed, "still in effect by nginx-login"):
            bans.lift(["192.0.2.7"])

    def test_what_is_not_one_address_is_refused_and_asks_nobody(self) -> None:
        for words in (["--all"], ["192.0.2.0/24"], [], ["192.0.2.7", "192.0.2.8"], ["fe80::1%eth0"], ["web"]):
            with self.subTest(words=words), self.assertRaisesRegex(Refused, "after lift"):
                bans.lift(words)
        self.assertEqual(self.asked, [])


class Held(InDirectory):
    """Whom fail2ban bans, for the person on call."""

    def test_each_jail_has_its_count_and_those_it_banned_last(self) -> None:
        many = [f"198.51.100.{number}" for number in range(30)]
        jails: list[dict[str, list[str]]] = [{"sshd": many}, {"nginx-login": []}, {"nginx-limits": [NAMED]}]
        self.run_with(lambda argv, stdin: Completed(0, str(jails), ""))
        (line,) = bans.held([])
        self.assertEqual(
            json.loads(line),
            [
                {"jail": "nginx-limits", "count": 1, "addresses": [NAMED]},
                {"jail": "sshd", "count": 30, "addresses": many[:9:-1]},
            ],
        )
        with self.assertRaisesRegex(Refused, "after held"):
            bans.held(["sshd"])

    def test_nobody_is_an_empty_list_and_no_answer_is_a_failure(self) -> None:
        self.run_with(lambda argv, stdin: Completed(0, "[{'sshd': []}]", ""))
        self.assertEqual(bans.held([]), ["[]"])
        self.run_with(lambda argv, stdin: Completed(255, "", "Failed to access socket path"))
        with self.assertRaises(Failed):
            bans.held([])


class Asking(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.asked: list[str] = []
        self.answers = dict(ANSWERS)
        self.run_with(self.answer)

    def answer(self, argv: Sequence[str], stdin: str | None) -> Completed:
        self.assertEqual(list(argv), ["fail2ban-client", "-i"])
        *self.asked, last = (stdin or "").splitlines()
        self.assertEqual(last, "exit")
        # As the client does: an answer that is an error goes elsewhere.
        answers = [self.answers.get(line.split()[2], "") for line in self.asked]
        return Completed(0, GREETING + "".join(f"fail2ban> {text}\n" for text in answers) + "fail2ban> ", "")

    def test_each_line_of_each_answer_is_told_with_its_jail_and_question(self) -> None:
        lines = bans.settings(["sshd", "nginx-login"])
        self.assertEqual(self.asked[:2], ["get sshd maxretry", "get sshd findtime"])
        self.assertEqual(self.asked[6], "get nginx-login maxretry")
        self.assertIn("sshd maxretry 5", lines)
        self.assertIn("sshd actions nftables-multiport", lines)
        self.assertIn("nginx-login ignoreip |- 127.0.0.0/8", lines)

    def test_a_question_without_an_answer_fails_and_is_named(self) -> None:
        self.answers["bantime"] = ""
        with self.assertRaisesRegex(Failed, "does not say the bantime of its jail sshd"):
            bans.settings(["sshd"])

    def test_a_server_that_does_not_answer_fails(self) -> None:
        self.run_with(lambda argv, stdin: Completed(255, "", "Failed to access socket path"))
        with self.assertRaisesRegex(Failed, "does not say the maxretry of its jail sshd"):
            bans.settings(["sshd"])
