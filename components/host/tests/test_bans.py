"""Asking fail2ban's server, by what its client prints."""

from collections.abc import Sequence

from phiward_host import bans
from phiward_host.common.errors import Failed
from phiward_host.common.process import Completed
from tests.support import InDirectory

GREETING = "Fail2Ban v1.1.0 reads log file that contains password failure report\n\n"
ANSWERS = {
    "maxretry": "5",
    "findtime": "600",
    "bantime": "3600",
    "actions": "The jail sshd has the following actions:\nnftables-multiport",
    "journalmatch": "Current match filter:\n_SYSTEMD_UNIT=ssh.service",
    "ignoreip": "These IP addresses/networks are ignored:\n|- 127.0.0.0/8\n`- ::1",
}


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
