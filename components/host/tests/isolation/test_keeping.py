import errno
import io
import json
import os
import pathlib
import sys
from collections.abc import Callable, Sequence
from types import SimpleNamespace

from phiward_host.common import contained, files, isolated, lock, paths, process, room
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.process import Completed
from phiward_host.containers import jobs
from phiward_host.isolation import acts, blocks, keeping, people, settings
from tests.support import OK, InDirectory, answering

ALICE, BOB = (f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{name}" for name in ("alice", "bobby"))


class KeepingTest(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.loaded: list[str] = []
        self.empty: Callable[[], None] = lambda: None
        self.refuses = ""
        self.ended: list[str] = []
        for name in ("SSH_FILE", "KEYS_FILE", "SUDO_FILE"):
            path = self.path(f"etc/{name}")
            self.patch(contained, name, path)
            self.patch(people, name, path)
        os.makedirs(self.path("etc"))
        os.makedirs(self.path("keys"))
        self.patch(people, "KEYS_DIRECTORY", self.path("keys"))
        self.patch(people, "DATABASES", self.path("none.json"))
        rights = {"alice": ["sudo", ALICE], "bob": ["sudo", BOB], "carol": []}
        self.patch(people, "RIGHTS", self.path("people.json", json.dumps(rights)))
        for name, key in (("alice", ALICE), ("bob", BOB)):
            self.path(f"keys/{name}", f'expiry-time="20300101" {key} {name}\n')
        kept = ["203.0.113.0/24", "2001:db8::/48", "198.51.100.7"]
        text = json.dumps({"host": "web", "vault": None, "kept": kept})
        self.patch(settings, "PATH", self.path("isolation.json", text))
        self.patch(people.accounts, "accounts", list)
        self.patch(people.processes, "end_deploys", self.ended.append)
        self.patch(keeping, "who", lambda: "alice")
        self.patch(process, "run", answering(self.answer))

    def answer(self, argv: Sequence[str], stdin: str | None) -> Completed:
        if argv[0] == "nft" and stdin is not None:
            self.loaded.append(stdin)
        return Completed(1, "", "") if argv[0] == self.refuses else OK

    def act(self, verb: str, what: str, seconds: int | None = None) -> None:
        request = json.dumps({"what": what, "why": "a trial", "seconds": seconds}).encode()
        self.patch(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(request)))
        self.printed = io.StringIO()
        self.patch(sys, "stdout", self.printed)
        self.assertEqual(keeping.act(verb), 0)

    def text(self, name: str) -> str | None:
        path = pathlib.Path(self.path(f"etc/{name}"))
        return path.read_text(encoding="ascii") if path.exists() else None

    def test_blocks_in_both_directions_and_ends(self) -> None:
        self.act("block", "192.0.2.7/32", 60)
        self.act("block", "2001:db8:f::/48")
        self.assertIn("ip saddr 192.0.2.7/32 drop", self.loaded[-1])
        self.assertIn("ip6 daddr 2001:db8:f::/48 drop", self.loaded[-1])
        now = contained.load()
        self.assertEqual(sorted(now.networks), ["192.0.2.7/32", "2001:db8:f::/48"])
        self.assertIn("until", "".join(now.words()))
        self.assertEqual(list(now.now(now.networks["192.0.2.7/32"].until).networks), ["2001:db8:f::/48"])
        self.act("unblock", "2001:db8:f::/48")
        self.assertEqual(list(contained.load().networks), ["192.0.2.7/32"])

    def test_never_blocks_administrators_hosts_or_the_internet(self) -> None:
        for what in ("203.0.113.9/32", "203.0.0.0/16", "198.51.100.7/32", "2001:db8::1/128"):
            with self.subTest(what), self.assertRaisesRegex(Refused, "a network of administrators or a host"):
                self.act("block", what)
        for what in ("0.0.0.0/0", "127.0.0.1/32", "web", "192.0.2.1/24"):
            with self.subTest(what), self.assertRaises(Refused):
                self.act("block", what)
        self.assertEqual((self.loaded, contained.load().networks), ([], {}))

    def test_locks_and_unlocks(self) -> None:
        self.act("lock", "bob")
        self.assertEqual(self.text("SSH_FILE"), f"DenyUsers bob\nRevokedKeys {contained.KEYS_FILE}\n")
        self.assertEqual(self.text("KEYS_FILE"), f"{BOB}\n")
        self.assertEqual(self.text("SUDO_FILE"), "bob ALL=(ALL:ALL) !ALL\n")
        self.assertEqual(self.ended, ["bob"])
        self.assertEqual(sorted(contained.digests()), sorted(contained.load().rendered()))
        self.act("lock", "bob")
        self.act("unlock", "bob")
        self.assertEqual([self.text(name) for name in ("SSH_FILE", "KEYS_FILE", "SUDO_FILE")], [None, None, None])

    def test_never_leaves_nobody_with_sudo(self) -> None:
        self.act("lock", "bob")
        with self.assertRaisesRegex(Refused, "nobody with sudo would be left"):
            self.act("lock", "alice")
        with self.assertRaisesRegex(Refused, "nobody with sudo would be left"):
            self.act("revoke", ALICE)
        with self.assertRaisesRegex(Refused, "a person of the stack"):
            self.act("lock", "mallory")
        self.assertEqual(list(contained.load().people), ["bob"])

    def test_revokes_a_key_and_takes_it_back(self) -> None:
        self.act("revoke", f"{BOB} bob@laptop")
        self.assertEqual(self.text("SSH_FILE"), f"RevokedKeys {contained.KEYS_FILE}\n")
        self.assertEqual(self.ended, ["bob"])
        self.act("unrevoke", BOB)
        self.assertIsNone(self.text("SSH_FILE"))

    def test_leaves_files_as_they_were_where_they_are_not_accepted(self) -> None:
        self.refuses = "/usr/sbin/sshd"
        with self.assertRaisesRegex(Failed, "not accepted"):
            self.act("lock", "bob")
        self.assertEqual([self.text(name) for name in ("SSH_FILE", "KEYS_FILE", "SUDO_FILE")], [None, None, None])
        self.assertEqual(contained.load().people, {})

    def fill(self, *, most: int, matching: str = "") -> None:
        """A disk that has room for `most` bytes once its reserve is given up."""
        write = files.write

        def full(path: str, data: bytes | str, *, owner: tuple[int, int] | None = None, mode: int = 0o600) -> None:
            on_disk = not path.startswith(paths.RUN) and matching in path
            if on_disk and (room.is_set_aside() or len(data) > most):
                raise OSError(errno.ENOSPC, "No space left on device", path)
            write(path, data, owner=owner, mode=mode)

        self.patch(files, "write", full)
        self.empty = lambda: self.patch(files, "write", write)

    def said(self, verb: str, what: str) -> list[str]:
        self.act(verb, what)
        found = json.loads(self.printed.getvalue())
        return list(found["notDone"])

    def test_locks_and_blocks_on_a_full_disk_by_the_room_that_was_set_aside(self) -> None:
        room.set_aside()
        self.fill(most=room.SIZE)
        self.assertEqual(self.said("lock", "bob"), [])
        self.assertFalse(room.is_set_aside())
        self.assertEqual(self.said("block", "192.0.2.7/32"), [])
        self.assertIn("DenyUsers bob", self.text("SSH_FILE") or "")
        self.assertEqual((list(contained.load().people), list(contained.load().networks)), (["bob"], ["192.0.2.7/32"]))
        keeping.settle()
        self.assertTrue(room.is_set_aside())

    def test_keeps_in_memory_what_no_disk_takes_until_one_does(self) -> None:
        self.fill(most=0, matching="contained")
        [fleeting] = self.said("block", "192.0.2.7/32")
        self.assertIn("does not last over a restart", fleeting)
        self.assertEqual(list(contained.known().networks), ["192.0.2.7/32"])
        self.assertEqual(self.said("lock", "bob"), [fleeting])
        self.assertFalse(files.exists(contained.path()))
        self.empty()
        keeping.settle()
        self.assertFalse(files.exists(contained.in_memory()))
        self.assertEqual((list(contained.load().people), list(contained.load().networks)), (["bob"], ["192.0.2.7/32"]))

    def test_ends_what_is_open_also_where_ssh_cannot_be_told(self) -> None:
        self.fill(most=0)
        trouble = self.said("lock", "bob")
        self.assertEqual(self.ended, ["bob"])
        self.assertIn("SSH and sudo do not know of it yet: No space left on device", " ".join(trouble))
        self.assertIsNone(self.text("SSH_FILE"))

    def test_has_applications_end_what_the_person_has_open_and_locks_where_they_fail(self) -> None:
        def fails() -> Sequence[str]:
            raise Failed("the job end-sessions ended with exit code 4 after 1 s")

        asked: list[str] = []

        def at_lock(person: str) -> dict[str, Callable[[], Sequence[str]]]:
            asked.append(person)
            return {"end-sessions": fails}

        self.patch(jobs, "at_lock", at_lock)
        self.assertEqual(
            self.said("lock", "bob"), ["end-sessions: the job end-sessions ended with exit code 4 after 1 s"]
        )
        self.assertIn("DenyUsers bob", self.text("SSH_FILE") or "")
        isolated.mark(isolated.Standing())
        self.assertIn("the host is isolated", self.said("lock", "bob")[0])
        self.act("unlock", "bob")
        self.assertEqual(asked, ["bob", "bob"])

    def test_does_nothing_again_that_somebody_undoes_meanwhile(self) -> None:
        self.act("block", "192.0.2.7/32")
        self.patch(acts, "LOCK_SECONDS", 0.0)
        self.loaded.clear()
        with lock.hold(acts.LOCK, "unblock", 0.0), self.assertRaises(Refused):
            keeping.settle()
        self.assertEqual(self.loaded, [])

    def test_puts_back_what_somebody_took_away(self) -> None:
        self.act("lock", "bob")
        os.remove(self.path("etc/SSH_FILE"))
        keeping.settle()
        self.assertIn("DenyUsers bob", self.text("SSH_FILE") or "")

    def test_a_block_is_loaded_again_only_where_it_differs(self) -> None:
        self.act("block", "192.0.2.7/32")
        count = len(self.loaded)
        blocks.settle(contained.load())
        self.assertEqual(len(self.loaded), count + 1)
