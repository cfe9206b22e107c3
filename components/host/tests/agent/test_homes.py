"""Homes: a plan names nothing in them, root follows nothing in them, and keys in them are looked at as their owner."""

import os
import pathlib
import pwd
from unittest import mock

from phiward_host.agent import apply, homes
from phiward_host.agent.apply import Apply
from phiward_host.agent.homes import KeyFile, key_files
from phiward_host.agent.plan import Plan
from phiward_host.agent.transaction import Transaction
from phiward_host.common.errors import Refused
from tests.agent.plans import file_of, plan_of
from tests.common.test_directory import AS_ROOT, STRANGER
from tests.support import InDirectory

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3M1r1nq0y2eKw5m0b2f2d1K1c1m3s8vV5h0Zr9y7Qx"
PRINT = "SHA256:oRgrjdU3gqxl0+Sx5hzVesz+PagScec+bdYDyQfnXkE"
TEXT: dict[str, object] = {"kind": "text", "text": "x"}


def accept(plan: Plan) -> None:
    """Stands in for the look at the system."""


class Plans(InDirectory):
    def test_a_plan_that_names_a_path_in_a_home_is_refused(self) -> None:
        paths = (
            "/home/alice/.ssh/authorized_keys",
            "/home",
            "/root/.profile",
            "/etc/../home/alice/x",
            "/etc//x",
            "/./home/x",
            "etc/x",
            "/etc/x/",
            "/etc/\0x",
        )
        for path in paths:
            rows: list[dict[str, object]] = [
                {"files": [file_of(path, TEXT)]},
                {"directories": [{"path": path, "owner": "root:root", "mode": "0755"}]},
                {"absent": [{"noun": "keys", "glob": path}]},
                {"reports": [{"id": "key", "path": path}]},
                {"writes": [path]},
            ]
            for parts in rows:
                with (
                    self.subTest(path, parts=parts),
                    self.assertRaisesRegex(Refused, r"^plan\..*: found .*, allowed: "),
                ):
                    plan_of(**parts)

    def test_a_glob_names_one_directory(self) -> None:
        for glob in ("/*/alice/.ssh/authorized_keys*", "/h?me/x", "/[h]ome/x"):
            with self.subTest(glob), self.assertRaisesRegex(Refused, "allowed: wildcards in the last part alone"):
                plan_of(absent=[{"noun": "keys", "glob": glob}])
        self.assertEqual(plan_of(absent=[{"noun": "keys", "glob": "/etc/x.d/*"}]).absent[0].glob, "/etc/x.d/*")


@AS_ROOT
class Attacks(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.patch(apply, "require_system", accept)
        self.home = self.path("homes/mallory")
        os.makedirs(self.home)
        os.chown(self.home, STRANGER, STRANGER)
        self.keys = self.path("etc/ssh/authorized_keys.d", None)
        self.path("etc/ssh/authorized_keys.d/alice", "her key")

    def test_a_home_that_is_a_link_to_settings_leads_no_removal_there(self) -> None:
        os.symlink(self.path("etc/ssh"), f"{self.home}/.ssh")
        for glob in (f"{self.home}/.ssh/authorized_keys*", f"{self.home}/.ssh/authorized_keys.d/*"):
            with self.subTest(glob), self.assertRaisesRegex(OSError, "allowed: one that root alone can write to"):
                Apply(plan_of(absent=[{"noun": "keys", "glob": glob}]), {}, "digest").run()
        self.assertEqual(pathlib.Path(self.keys, "alice").read_text(), "her key")

    def test_a_former_plan_s_file_in_a_home_is_left_to_its_owner(self) -> None:
        os.symlink(self.path("etc/ssh"), f"{self.home}/.ssh")
        former = f'{{"hash": "h", "files": ["{self.home}/.ssh/authorized_keys.d/alice"], "directories": []}}'
        self.path("state/units/unit/generation.json", former)
        Apply(plan_of(), {}, "digest").run()
        self.assertEqual(pathlib.Path(self.keys, "alice").read_text(), "her key")

    def test_a_link_that_is_made_before_the_roll_back_gets_nothing_and_keeps_nobody_locked_out(self) -> None:
        """A change that a former version began holds paths in homes; its roll-back ends all the same."""
        target = self.path("profile.d")
        os.makedirs(target)
        changed = self.path("etc/sshd.conf", "new")
        self.path("state/units/unit/transaction/0", "their code")
        self.path("state/units/unit/transaction/1", "old")
        os.symlink(target, f"{self.home}/.ssh")
        in_home = f"{self.home}/.ssh/authorized_keys.sh"
        entries = (
            f'{{"path": "{changed}", "kind": "file", "backup": 1}}, '
            f'{{"path": "{in_home}", "kind": "file", "backup": 0}}, '
            f'{{"path": "{self.home}/.ssh/x", "kind": "link", "target": "y"}}, '
            f'{{"path": "{self.home}/.ssh/d", "kind": "directory", "owner": [0, 0], "mode": 493}}'
        )
        manifest = (
            f'{{"hash": "h", "state": "applied", "entries": [{entries}], "undo": [], "seconds": 20, "deadline": 1}}'
        )
        self.path("state/units/unit/transaction/manifest.json", manifest)
        left = Transaction("unit").roll_back("test")
        self.assertEqual(pathlib.Path(changed).read_text(), "old")
        self.assertEqual(os.listdir(target), [])
        self.assertEqual(len(left), 3)
        self.assertIn(f"{in_home}: left as it is, for {self.home} can be changed by others than root", left)
        self.assertIsNone(Transaction("unit").manifest)

    def test_a_file_is_not_written_through_what_others_can_change(self) -> None:
        with self.assertRaisesRegex(Refused, "mallory: it belongs to .*, allowed: one that root alone can write to"):
            Apply(plan_of(files=[file_of(f"{self.home}/x", TEXT)]), {}, "digest").run()
        self.assertEqual(os.listdir(self.home), [])

    def test_a_directory_that_others_could_write_to_is_put_right_before_anything_in_it_is_used(self) -> None:
        directory = self.path("etc/d")
        self.path("etc/d/stranger", "x")
        os.symlink(self.path("etc/ssh/authorized_keys.d/alice"), f"{directory}/conf")
        os.chmod(directory, 0o777)
        exclusive: dict[str, object] = {"noun": "n", "keep": []}
        entry = {"path": directory, "owner": "root:root", "mode": "0755", "exclusive": exclusive}
        Apply(plan_of(directories=[entry], files=[file_of(f"{directory}/conf", TEXT)]), {}, "digest").run()
        self.assertEqual(os.listdir(directory), ["conf"])
        self.assertEqual(os.stat(directory).st_mode & 0o777, 0o755)
        self.assertEqual(pathlib.Path(self.keys, "alice").read_text(), "her key")


class Keys(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.home = self.path("homes/alice")
        account = pwd.struct_passwd(("alice", "x", os.getuid(), os.getgid(), "", self.home, "/bin/sh"))
        self.accounts = [account]
        patcher = mock.patch.object(homes.pwd, "getpwall", lambda: self.accounts)
        patcher.start()
        self.addCleanup(patcher.stop)

    def test_keys_are_named_by_file_with_fingerprint_comment_and_type(self) -> None:
        text = f'# a comment\n\n{KEY} alice@example.org\nfrom="192.0.2.1",command="x y" {KEY}\nrubbish\n'
        path = self.path("homes/alice/.ssh/authorized_keys", text)
        self.path("homes/alice/.ssh/id_ed25519", "private")
        expected = [f"{PRINT} alice@example.org (ED25519)", f"{PRINT} no comment (ED25519)"]
        self.assertEqual(key_files(), [KeyFile(path, expected)])

    def test_what_an_account_puts_there_instead_does_no_harm(self) -> None:
        directory = self.path("homes/alice/.ssh/authorized_keys.d/x", "x")
        ssh = os.path.dirname(os.path.dirname(directory))
        os.mkfifo(f"{ssh}/authorized_keys")
        os.symlink("/dev/zero", f"{ssh}/authorized_keys2")
        with open(f"{ssh}/authorized_keys3", "wb") as sparse:
            sparse.truncate(1 << 40)
        self.path("homes/alice/.ssh/authorized_keys\n/etc/passwd", f"{KEY} \x1b[2J\n")
        for number in range(100):
            self.path(f"homes/alice/.ssh/authorized_keys.{number}", "")
        pathlib.Path(os.fsdecode(os.fsencode(ssh) + b"/authorized_keys\xff")).write_text("")
        found = key_files()
        self.assertLessEqual(len(found), 20)
        self.assertTrue(all(line.isprintable() for file in found for line in (file.path, *file.keys)))

    @AS_ROOT
    def test_a_link_from_a_home_shows_nothing_that_its_account_cannot_read(self) -> None:
        secret = self.path("secret/authorized_keys", f"{KEY} root@example.org\n")
        os.chmod(os.path.dirname(secret), 0o700)
        os.makedirs(self.home)
        os.symlink(self.path("secret"), f"{self.home}/.ssh")
        self.accounts = [pwd.struct_passwd(("mallory", "x", STRANGER, STRANGER, "", self.home, "/bin/sh"))]
        os.chmod(self.root, 0o755)
        self.assertEqual(key_files(), [])
