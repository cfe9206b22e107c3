"""What phiward tells of a host in numbers."""

import json
import os
from collections.abc import Sequence

from phiward_host.agent import asked
from phiward_host.agent.verify import Checks, Questions, Result
from phiward_host.common import contained, isolated
from phiward_host.common.contained import Contained, Entry
from phiward_host.common.errors import Failed
from phiward_host.common.isolated import Standing
from phiward_host.common.process import Completed
from phiward_host.metrics import form, gauges, loopback, published, send, updates
from phiward_host.metrics.gauges import Gauges
from phiward_host.metrics.settings import Exporter
from tests.support import OK, InDirectory

SIMULATED = """Reading package lists...
Inst openssl [3.5.1-1] (3.5.1-1+deb13u1 Debian-Security:13/stable-security [amd64])
Inst bash [5.2-1] (5.2-2 Debian:13.2/stable [amd64])
Inst linux-image-amd64 [6.12.1] (6.12.2 Debian-Security:13/stable-security, Debian:13.2/stable [amd64]) []
Conf openssl (3.5.1-1+deb13u1 Debian-Security:13/stable-security [amd64])
"""
CERTIFICATES = """# TYPE phiward_certificate_expiry_seconds gauge
phiward_certificate_expiry_seconds{site="app"} 1800000000
"""
BACKUPS = """# TYPE phiward_backup_last_success_timestamp_seconds gauge
phiward_backup_last_success_timestamp_seconds{repository="local",job="backup"} 1790000000
phiward_backup_last_success_timestamp_seconds{repository="local",job="check"} 1790000001
phiward_backup_last_success_timestamp_seconds{repository="offsite",job="backup"} 1790000002
"""


class Told(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        os.makedirs(self.base, exist_ok=True)
        self.patch(published, "DIRECTORY", self.root)
        self.patch(gauges, "RESTART", f"{self.root}/reboot-required")
        self.patch(gauges, "SESSIONS", f"{self.root}/sessions")
        os.mkdir(gauges.SESSIONS)
        for name in ("1", "c2", "1.ref", "x"):
            self.path(f"sessions/{name}", "")
        self.ran: list[str] = []
        self.run_with(self.answer)

    def answer(self, argv: Sequence[str], _: str | None) -> Completed:
        self.ran.append(argv[0])
        if argv[0] == "apt-get":
            return Completed(0, SIMULATED, "")
        if "counts" in argv:
            return Completed(0, json.dumps({"listener": 2, "package's file, changed by hand": 1}), "")
        if argv[0] == "systemctl":
            return Completed(0, "backup.service loaded failed failed Back up\n", "")
        return OK

    def lines(self, told: Gauges | None = None) -> list[str]:
        text = (told or Gauges()).text()
        self.assertEqual(form.checked(text.encode()), text)
        return [line for line in text.splitlines() if not line.startswith("#")]

    def test_each_by_its_name(self) -> None:
        self.path("phiward-certificates.prom", CERTIFICATES)
        self.path("phiward-backup.prom", BACKUPS)
        self.path("reboot-required", "")
        checks = Checks("nginx", [], {}, {"nginx-runs": "MON-04"}, None)
        failed = [
            Result("nginx", "nginx-runs", {"seen": "inactive"}),
            Result("ssh", "ssh-generation", {}),
            Result("a", "b"),
        ]
        asked.remember_failed(Questions([checks], {}), failed)
        found = self.lines()
        for line in (
            'phiward_check_failing{check="nginx-runs",control="MON-04"} 1',
            'phiward_check_failing{check="ssh-generation",control=""} 1',
            'phiward_backup_last_success_timestamp_seconds{backup="offsite"} 1790000002',
            'phiward_certificate_expires_timestamp_seconds{site="app"} 1800000000',
            'phiward_updates_pending{kind="security"} 2',
            'phiward_updates_pending{kind="other"} 1',
            "phiward_login_sessions 2",
            "phiward_reboot_required 1",
            'phiward_undeclared{kind="listener"} 2',
            'phiward_unit_failed{unit="backup.service"} 1',
        ):
            self.assertIn(line, found)
        self.assertEqual(len([line for line in found if line.startswith("phiward_check_failing")]), 2)
        self.assertEqual(
            [line for line in found if line.startswith("phiward_metric_untold") and line.endswith(" 1")], []
        )

    def test_on_a_host_where_nothing_has_happened_yet(self) -> None:
        found = self.lines()
        self.assertIn("phiward_reboot_required 0", found)
        self.assertEqual(
            [line for line in found if line.startswith(("phiward_check", "phiward_backup", "phiward_cert"))], []
        )

    def test_whether_the_host_is_isolated_since_when_and_how_many_are_kept_out(self) -> None:
        found = self.lines()
        self.assertIn("phiward_isolated 0", found)
        self.assertEqual([line for line in found if line.startswith("phiward_isolated_since")], [])
        isolated.mark(Standing(1790000000.0, "alice", "a trial"))
        entry = Entry(1.0, "alice", "a trial")
        contained.save(Contained({"bob": entry}, {}, {"192.0.2.7/32": entry, "2001:db8::7/128": entry}))
        found = self.lines()
        for line in (
            "phiward_isolated 1",
            "phiward_isolated_since_timestamp_seconds 1790000000",
            'phiward_kept_out{kind="people"} 1',
            'phiward_kept_out{kind="keys"} 0',
            'phiward_kept_out{kind="networks"} 2',
        ):
            self.assertIn(line, found)
        self.assertNotIn("bob", "".join(found))

    def test_what_cannot_be_told_hides_none_of_the_others(self) -> None:
        self.run_with(lambda argv, _: Completed(1, "", "no"))
        found = self.lines()
        for metric in ("phiward_updates_pending", "phiward_undeclared", "phiward_unit_failed"):
            self.assertIn(f'phiward_metric_untold{{metric="{metric}"}} 1', found)
        self.assertIn('phiward_metric_untold{metric="phiward_reboot_required"} 0', found)

    def test_what_is_long_to_answer_is_asked_again_only_where_the_answer_may_be_another(self) -> None:
        told = Gauges()
        lists = self.path("status", "")
        self.patch(updates, "LISTS", (lists,))
        for _ in range(3):
            self.lines(told)
        self.assertEqual((self.ran.count("apt-get"), self.ran.count("/usr/bin/python3")), (1, 1))

    def test_a_host_on_which_all_fails_is_told_by_a_part_and_a_strange_name_as_far_as_it_can_be_shown(self) -> None:
        units = "".join(f"u{number}\x1b[31m{'x' * 300}.service loaded\n" for number in range(1000))
        self.run_with(lambda argv, _: Completed(0, units if argv[0] == "systemctl" else "{}", ""))
        found = [line for line in self.lines() if line.startswith("phiward_unit_failed")]
        self.assertEqual(len(found), gauges.MOST_SAMPLES)
        self.assertNotIn("\x1b", "".join(found))
        self.assertLess(max(len(line) for line in found), 260)

    def test_an_exporter_that_does_not_answer_or_says_what_is_not_its_own_is_left_out_and_known_by_that(self) -> None:
        node = Exporter("node", 9100, "node_")
        for answer, up in ((b"node_load1 1\n", 1), (b"phiward_reboot_required 0\n", 0), (None, 0)):

            def ask(*_: object, answer: bytes | None = answer, **__: object) -> bytes:
                if answer is None:
                    raise Failed("it does not answer")
                return answer

            self.patch(loopback, "ask", ask)
            text = send.gathered((node,), Gauges())
            self.assertIn(f'phiward_exporter_up{{exporter="node"}} {up}\n', text)
            self.assertEqual("node_load1 1\n" in text, up == 1)
            self.assertEqual(text.count("phiward_reboot_required 0"), 1)
