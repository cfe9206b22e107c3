"""What ends a finding."""

import unittest

from phiward_host.integrity.finding import CHANGED_DECLARED, CHECK, DANGEROUS, UNSEALED, Finding
from phiward_host.integrity.remedies import acceptable, remedy


class Remedies(unittest.TestCase):
    def test_each_command_removes_what_was_found_whatever_it_is_called(self) -> None:
        for kind, path, command in (
            ("job of cron", "/etc/cron.d/a b", "rm -f -- '/etc/cron.d/a b'"),
            ("account that may log in", "eve", "userdel eve"),
            ("account with id 0", "toor", "userdel --force toor"),
            ("member of a group", "eve in adm", "gpasswd --delete eve adm"),
            ("password", "games in /etc/shadow", "usermod --password '*' games"),
            ("table of nftables", "ip x", "nft delete table ip x"),
            (
                "chain of the firewall",
                "iptables-save filter x",
                "iptables --table filter --flush x && iptables --table filter --delete-chain x",
            ),
            (
                "rule of the firewall",
                'ip6tables-save nat -A INPUT -m comment --comment "a; b" -j ACCEPT',
                "ip6tables --table nat --delete INPUT -m comment --comment 'a; b' -j ACCEPT",
            ),
            ("certificate authority", "/etc/ssl/certs/ca-certificates.crt sha256:00", "update-ca-certificates --fresh"),
        ):
            self.assertEqual(remedy(Finding(kind, path), False), {"by": "host", "command": command})

    def test_what_a_deploy_puts_right_is_left_to_it_and_is_not_accepted(self) -> None:
        for kind in (CHANGED_DECLARED, CHECK):
            self.assertEqual(remedy(Finding(kind, "/etc/x"), False)["by"], "up")
            self.assertFalse(acceptable(Finding(kind, "/etc/x")))

    def test_what_was_there_before_or_may_hold_data_is_looked_at_first(self) -> None:
        self.assertEqual(remedy(Finding("start of a shell", "/etc/profile"), True)["by"], "look")
        self.assertEqual(remedy(Finding("volume of Docker", "old"), False)["by"], "look")
        self.assertEqual(remedy(Finding(UNSEALED, "/x"), False)["by"], "look")

    def test_what_is_root_for_whoever_put_it_there_is_not_accepted(self) -> None:
        self.assertFalse(any(acceptable(Finding(kind, "x")) for kind in DANGEROUS))
        self.assertTrue(acceptable(Finding("job of cron", "/etc/cron.d/x")))
