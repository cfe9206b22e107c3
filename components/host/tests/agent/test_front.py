"""Leaving the agent on a host, also on one that an earlier version manages."""

import json
import os
import pathlib
import time
from collections.abc import Sequence
from unittest import mock

from phiward_host.agent import front, systemd_units
from phiward_host.agent.confirm import confirm
from phiward_host.agent.transaction import Transaction
from phiward_host.common import files, paths
from phiward_host.common.errors import Refused
from phiward_host.common.process import Completed
from tests.support import OK, InDirectory


class Installing(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.systemd = os.path.join(self.root, "systemd")
        os.makedirs(self.systemd)
        self.patch(systemd_units, "DIRECTORY", self.systemd)
        self.ran: list[str] = []
        self.run_with(self.answer)

    def answer(self, argv: Sequence[str], stdin: str | None) -> Completed:
        self.ran.append(" ".join(argv))
        return OK

    def test_the_agent_is_left_for_root_only_with_its_units(self) -> None:
        front.install_agent(b"zip")
        agent = pathlib.Path(self.base, "agent.pyz")
        self.assertEqual(agent.read_bytes(), b"zip")
        self.assertEqual(agent.stat().st_mode & 0o777, 0o700)
        self.assertEqual(os.stat(self.base).st_mode & 0o777, 0o700)
        for name, text in systemd_units.texts().items():
            self.assertEqual(pathlib.Path(self.systemd, name).read_text(), text)
            self.assertIn(f"ExecStart=/usr/bin/python3 -I {self.base}/agent.pyz recover", text)
        self.assertEqual(self.ran, ["systemctl daemon-reload", "systemctl enable --quiet phiward-recover.service"])

    def test_a_record_that_was_given_to_another_account_is_root_s_again(self) -> None:
        units = os.path.join(self.base, "units", "ssh")
        os.makedirs(units)
        for path in (units, os.path.dirname(units), self.base):
            os.chown(path, 65534, 65534)
            os.chmod(path, 0o777)
        front.install_agent(b"zip")
        for path in (units, os.path.dirname(units), self.base):
            found = os.stat(path)
            self.assertEqual((found.st_uid, found.st_gid, found.st_mode & 0o777), (0, 0, 0o700))

    def test_a_file_in_its_place_is_kept_beside_it(self) -> None:
        self.patch(paths, "BASE", self.path("state2", "x"))
        front.install_agent(b"zip")
        self.assertTrue(os.path.isdir(paths.BASE))
        (kept,) = pathlib.Path(self.root).glob("state2.damaged-*")
        self.assertEqual(kept.read_text(), "x")

    def test_a_link_in_its_place_is_named_and_stays(self) -> None:
        link = f"{self.root}/link"
        os.symlink(self.base, link)
        self.patch(paths, "BASE", link)
        with self.assertRaisesRegex(Refused, "link: found no directory, allowed: a directory; nothing was changed"):
            front.install_agent(b"zip")
        self.assertEqual(os.readlink(link), self.base)

    def test_a_file_system_that_is_read_only_is_named(self) -> None:
        front.install_agent(b"zip")
        self.patch(files, "is_read_only", mock.Mock(return_value=True))
        with self.assertRaisesRegex(Refused, "state: its file system is read-only, and nothing was changed"):
            front.install_agent(b"zip")

    def test_a_second_time_nothing_is_written(self) -> None:
        front.install_agent(b"zip")
        os.makedirs(os.path.join(self.systemd, "multi-user.target.wants"))
        os.symlink("x", os.path.join(self.systemd, "multi-user.target.wants/phiward-recover.service"))
        before = os.stat(os.path.join(self.base, "agent.pyz")).st_ino
        self.ran.clear()
        front.install_agent(b"zip")
        self.assertEqual(os.stat(os.path.join(self.base, "agent.pyz")).st_ino, before)
        self.assertEqual(self.ran, [])


class Upgrading(Installing):
    def setUp(self) -> None:
        super().setUp()
        self.former = self.path("state/agent.py", "former agent")
        for name in systemd_units.texts():
            self.path(f"systemd/{name}", f"ExecStart=/usr/bin/python3 -I {self.base}/agent.py recover")

    def test_the_former_agent_goes_and_its_units_call_the_new_one(self) -> None:
        front.install_agent(b"zip")
        self.assertFalse(os.path.exists(self.former))
        for name, text in systemd_units.texts().items():
            self.assertEqual(pathlib.Path(self.systemd, name).read_text(), text)

    def test_the_former_agent_stays_while_a_timer_may_call_it(self) -> None:
        changed = self.path("etc/x", "new")
        self.path("state/units/ssh/transaction/0", "old")
        manifest = {
            "hash": "digest",
            "state": "applied",
            "entries": [{"path": changed, "kind": "file", "backup": 0}],
            "undo": [],
            "seconds": 20,
            "deadline": time.clock_gettime(time.CLOCK_BOOTTIME) + 20,
        }
        self.path("state/units/ssh/transaction/manifest.json", json.dumps(manifest))
        self.path("state/units/ssh/generation.json", json.dumps({"hash": "digest", "files": [], "directories": []}))
        front.install_agent(b"zip")
        self.assertTrue(os.path.exists(self.former))
        confirm("ssh", "digest")
        self.assertIsNone(Transaction("ssh").manifest)
        front.install_agent(b"zip")
        self.assertFalse(os.path.exists(self.former))
