"""What an inventory makes of a host's answers."""

import hashlib
import unittest
import unittest.mock
from collections.abc import Iterable
from datetime import date

from phiward_host.common import isolated, process
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Damaged
from phiward_host.integrity import accounts, containers, running, tree
from phiward_host.integrity.authorities import digests
from phiward_host.integrity.declared import Declared
from phiward_host.integrity.finding import Finding
from phiward_host.integrity.kinds import kind_of
from phiward_host.integrity.packages import Packages, changed_paths
from phiward_host.integrity.settings import Accepted, as_day
from phiward_host.integrity.tree import IGNORED, Entry, Look


def lines(found: Iterable[Finding]) -> list[str]:
    return [finding.line() for finding in found]


def link(path: str, target: str) -> Entry:
    return Entry(path, "l", 0o777, (0, 0), 0, target)


LOOK = Look(Packages(frozenset({"/usr/lib/systemd/system/cron.service"}), {}), Declared(frozenset(), {}), 0)


class Findings(unittest.TestCase):
    def test_an_account_is_found_by_its_number_its_shell_and_its_group(self) -> None:
        rows = [
            "root:x:0:0::/root:/bin/bash",
            "toor:x:0:0::/:/bin/sh",
            "games:x:5:60::/:/bin/sh",
            "eve:x:1009:0::/:/bin/sh",
        ]
        found = lines(accounts.of_accounts([row.split(":") for row in rows], ["alice"]))
        self.assertEqual(
            found,
            [
                "account with id 0: toor",
                "member of the group root: toor",
                "account that may log in: games",
                "account that may log in: eve",
                "member of the group root: eve",
            ],
        )

    def test_declared_people_and_locked_accounts_of_the_system_are_no_finding(self) -> None:
        rows = ["alice:x:1000:1000::/home/alice:/bin/bash", "games:x:5:60::/:/usr/sbin/nologin"]
        self.assertEqual(lines(accounts.of_accounts([row.split(":") for row in rows], ["alice"])), [])

    def test_an_account_that_a_deploy_closed_is_no_finding_and_one_that_anything_opens_is(self) -> None:
        rows = [
            row.split(":") for row in ("eve:x:1009:1009::/home/eve:/usr/sbin/nologin", "bob:x:1010:1010::/:/bin/sh")
        ]
        for line, left in (
            ("eve:!$6$x:1::::::", []),
            ("eve:!:1:0:99999:7::1:", ["eve"]),
            ("eve:$6$x:1:0:99999:7::1:", []),
            ("bob:!:1:0:99999:7::1:", []),
        ):
            self.assertEqual(accounts.closed(rows, [line.split(":")]), left, line)

    def test_a_password_is_found_and_never_repeated(self) -> None:
        found = lines(accounts.of_passwords("/etc/shadow", [["games", "$6$secret"], ["bin", "*"], ["sys", ""]], ()))
        self.assertEqual(found, ["password: games in /etc/shadow", "account without a password: sys in /etc/shadow"])

    def test_a_member_of_a_group_of_the_system_is_found_unless_the_checks_of_people_ask(self) -> None:
        rows = ["adm:x:4:eve", "docker:x:988:deploy", "alice:x:1000:bob"]
        self.assertEqual(
            lines(accounts.of_groups([row.split(":") for row in rows], [])), ["member of a group: eve in adm"]
        )

    def test_listeners_are_declared_for_all_or_for_the_host_alone(self) -> None:
        answer = 'tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=1,fd=3))\ntcp LISTEN 0 5 %s:4444 0.0.0.0:*\n'
        declared = ["tcp/22", "tcp/4444/loopback"]
        self.assertEqual(lines(running.of_listeners(answer % "127.0.0.1", declared)), [])
        self.assertEqual(lines(running.of_listeners(answer % "0.0.0.0", declared)), ["listener: tcp 0.0.0.0:4444"])

    def test_what_docker_and_ufw_say_of_the_firewall_is_no_finding(self) -> None:
        ours = "*filter\n:INPUT DROP [0:0]\n:ufw-user-input - [0:0]\n-A INPUT -j ufw-before-input\n"
        dockers = "-A FORWARD -i docker0 -o docker0 -j DROP\n*nat\n:DOCKER - [0:0]\n"
        dockers += "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n"
        self.assertEqual(lines(running.of_rules("iptables-save", ours + dockers)), [])
        planted = "*filter\n:backdoor - [0:0]\n-A INPUT -p tcp --dport 4444 -j ACCEPT\n"
        self.assertEqual(
            lines(running.of_rules("iptables-save", planted)),
            [
                "chain of the firewall: iptables-save filter backdoor",
                "rule of the firewall: iptables-save filter -A INPUT -p tcp --dport 4444 -j ACCEPT",
            ],
        )

    def test_a_program_that_said_too_much_or_nothing_in_time_is_a_finding_and_no_green_look(self) -> None:
        for code in (process.TOO_MUCH, process.TIMED_OUT, process.NOT_FOUND):
            say = running.Said()
            with unittest.mock.patch.object(process, "run", return_value=process.Completed(code, "", "")):
                self.assertEqual(say("find", "/home"), "")
            self.assertEqual(lines(say.gone), ["look that did not end: find"])
        say = running.Said()
        answer = process.Completed(1, "4755 /home/a\n0 /etc/x\0", "")
        with unittest.mock.patch.object(process, "run", return_value=answer):
            self.assertEqual(len(lines(running.of_raised(say("find", "/home", end="\0")))), 1)
        self.assertEqual(say.gone, [])

    def test_flags_rights_tables_mounts_and_modules(self) -> None:
        self.assertEqual(
            lines(running.of_immutable("----i-----e--- /etc/x\n----------e--- /etc/y\n")), ["immutable flag: /etc/x"]
        )
        self.assertEqual(len(lines(running.of_raised("4755 /usr/bin/su\n4755 /usr/bin/bash\n"))), 1)
        self.assertEqual(len(lines(running.of_capable("/usr/bin/ping cap_net_raw=ep\n/opt/x cap_setuid=ep\n"))), 1)
        self.assertEqual(lines(running.of_tables("table ip filter\ntable inet x\n")), ["table of nftables: inet x"])
        self.assertEqual(
            lines(running.of_mounts("/home ext4 /dev/x\n/etc/ssh tmpfs x\n")), ["mount over the system: /etc/ssh"]
        )
        modules = running.of_modules(
            "Module Size\nx 1 0\ny 1 0\n", lambda name: "/usr/lib/modules/6/y.ko" if name == "y" else ""
        )
        self.assertEqual(lines(modules), ["loaded module: x"])

    def test_a_unit_of_a_package_may_be_enabled_and_a_shell_on_a_console_may_not(self) -> None:
        wants = "/etc/systemd/system/multi-user.target.wants"
        self.assertEqual(lines(LOOK.findings([link(f"{wants}/cron.service", "/lib/systemd/system/cron.service")])), [])
        for name, target in (
            ("debug-shell.service", "/usr/lib/systemd/system/cron.service"),
            ("x.service", "/opt/x.service"),
        ):
            self.assertEqual(
                lines(LOOK.findings([link(f"{wants}/{name}", target)])), [f"unit of systemd: {wants}/{name}"]
            )

    def test_containers_are_declared_by_name(self) -> None:
        entry = Fields.of({"Names": ["/db"], "Image": "x", "Labels": {}, "HostConfig": {"NetworkMode": "host"}}, "c")
        self.assertEqual(lines(containers.of_container(entry, ["db"])), [])
        self.assertEqual(lines(containers.of_container(entry, [])), ["container: db"])

    def test_what_dpkg_says_of_changed_and_missing_files(self) -> None:
        answer = "??5?????? c /etc/x\n??5??????   /bin/y\nmissing     /lib/z\n?????????   /usr/ok\n"
        self.assertEqual(changed_paths(answer), ["/etc/x", "/usr/bin/y", "/usr/lib/z"])

    def test_certificates_are_the_same_however_their_lines_break(self) -> None:
        text = "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n"
        self.assertEqual(digests(text.format("ab\ncd")), digests(text.format("abcd")))
        self.assertEqual(len(digests(text.format("ab") * 2)), 2)

    def test_what_is_accepted_is_accepted_by_kind_and_content_and_never_what_is_root(self) -> None:
        last = date(2026, 12, 31)
        entry = Accepted("job of cron", "/etc/cron.d/x", "a", last)
        self.assertTrue(entry.covers(Finding("job of cron", "/etc/cron.d/x", "a"), last))
        self.assertFalse(entry.covers(Finding("job of cron", "/etc/cron.d/x", "b"), last))
        self.assertFalse(entry.covers(Finding("immutable flag", "/etc/cron.d/x", "a"), last))
        whole = Accepted("job of cron", "/etc/cron.d/x", None, last)
        self.assertTrue(whole.covers(Finding("job of cron", "/etc/cron.d/x", "b"), last))
        root = Accepted("account with id 0", "toor", None, last)
        self.assertFalse(root.covers(Finding("account with id 0", "toor", ""), last))

    def test_what_is_accepted_is_found_again_after_its_last_day_and_accepts_nothing_for_ever(self) -> None:
        entry = Accepted("job of cron", "/etc/cron.d/x", None, date(2026, 12, 31))
        found = Finding("job of cron", "/etc/cron.d/x", "a")
        covered = [day for day in (date(2026, 7, 3), date(2026, 7, 4), date(2027, 1, 1)) if entry.covers(found, day)]
        self.assertEqual(covered, [date(2026, 7, 4)])
        with self.assertRaisesRegex(Damaged, "allowed: a day"):
            as_day("2026-02-30", "accepted.0.expires")

    def test_a_file_is_called_by_what_it_is_for(self) -> None:
        for path, kind in (
            ("/etc/ld.so.preload", "preloaded library"),
            ("/etc/cron.daily/x", "job of cron"),
            ("/root/.ssh/authorized_keys", "authorized keys"),
            ("/usr/local/bin/ls", "shadowing program"),
            ("/opt/x", "file"),
        ):
            self.assertEqual(kind_of(path), kind)

    def test_what_holds_a_unit_back_by_an_isolation_is_no_finding_and_anything_else_in_its_place_is_one(self) -> None:
        path = f"{isolated.DROP_INS}/phiward-backup.service.d/{isolated.DROP_IN}"
        held = hashlib.sha256(isolated.hold_text().encode()).hexdigest()
        for place, digest, count in (
            (path, held, 0),
            (path, "another content", 1),
            (path.replace(isolated.DROP_IN, "60-own.conf"), held, 1),
            (path.replace("/run/", "/etc/"), held, 1),
        ):
            with unittest.mock.patch.object(tree, "content", return_value=digest):
                found = list(LOOK.findings([Entry(place, "f", 0o644, (0, 0), 0, "")]))
            self.assertEqual(len(found), count, place)
        with unittest.mock.patch.object(tree, "content", return_value=held):
            self.assertEqual(len(list(LOOK.findings([Entry(path, "f", 0o666, (0, 0), 0, "")]))), 1)

    def test_what_the_program_of_databases_renews_is_no_finding_and_what_else_is_beside_it_is_one(self) -> None:
        tls = "/etc/phiward/services/db/tls"
        for path in (f"{tls}/authority.pem", f"{tls}/plain.conf", f"{tls}/server", f"{tls}/.server.12/key.pem"):
            self.assertRegex(path, IGNORED)
        for path in ("/etc/phiward/services/db/pg_hba.conf", f"{tls}/other.conf", f"{tls}/.server.12/a/b"):
            self.assertNotRegex(path, IGNORED)
