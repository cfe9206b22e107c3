"""The host's own authority and its servers' certificates, by openssl itself; Docker and the servers are stand-ins."""

import json
import os
import subprocess
import time
from collections.abc import Sequence
from unittest import mock

from phiward_host.certificates import facts, own_authority, pair
from phiward_host.certificates.own_authority import OwnAuthority
from phiward_host.common import docker, files, process, trees
from phiward_host.common.errors import Failed
from phiward_host.common.process import Completed
from phiward_host.databases import encryption, handshake
from tests.support import OnDisk

CONTAINERS = "/containers/"


class EncryptionTest(OnDisk):
    def setUp(self) -> None:
        super().setUp()
        self.pids: dict[str, int] = {}
        self.said: list[str] = []
        self.real = process.run
        self.patch(docker, "ask", self.ask)
        self.patch(process, "run", self.run_some)
        self.patch(facts, "PAUSES", (0,))
        self.tls = os.path.join(self.root, "db", "tls")
        self.client = os.path.join(self.root, "api", "authority")
        self.settings_file = os.path.join(self.root, "encryption.json")
        self.patch(encryption, "SETTINGS", self.settings_file)
        self.declare()

    def declare(self, *, plain: bool = False) -> None:
        database = {
            "kind": "postgres",
            "container": "db",
            "directory": self.tls,
            "names": ["db", "localhost"],
            "group": os.getegid(),
            "plain": plain,
        }
        files.write(self.settings_file, json.dumps({"databases": [database], "clients": [self.client]}))

    def ask(self, _: str, path: str, *, allowed: Sequence[int] = ()) -> object:
        name = path.removeprefix(CONTAINERS).removesuffix("/json")
        self.assertEqual(allowed, (404,))
        return {"State": {"Pid": self.pids[name]}} if name in self.pids else None

    def run_some(self, argv: Sequence[str], *, stdin: str | None = None, timeout: float | None = None) -> Completed:
        if argv[0] == "openssl":
            return self.real(argv, stdin=stdin, timeout=timeout)
        self.said.append(f"{' '.join(argv[:5])}: {stdin}")
        return Completed(0, "", "")

    def main(self, *words: str) -> int:
        return encryption.main(words)

    def certificate(self) -> str:
        return files.read_text(f"{self.tls}/{files.link_target(f'{self.tls}/server')}/certificate.pem")

    @property
    def plain(self) -> bool:
        return os.path.exists(f"{self.tls}/plain.conf")


class First(EncryptionTest):
    def test_a_new_server_has_a_certificate_that_clients_can_verify_and_accepts_nothing_else(self) -> None:
        self.assertEqual(self.main("check"), 1)
        self.assertEqual(self.main("prepare"), 0)
        self.assertEqual(self.main("check"), 0)
        self.assertFalse(self.plain)
        self.assertEqual(self.main("closed"), 0)
        verify = ["openssl", "verify", "-CAfile", f"{self.client}/authority.pem", "-verify_hostname"]
        for name, code in (("db", 0), ("localhost", 0), ("cache", 2)):
            done = subprocess.run(
                [*verify, name, f"{self.tls}/server/certificate.pem"], capture_output=True, check=False
            )
            self.assertEqual(done.returncode, code, name)
        self.assertEqual(self.said, [])

    def test_keys_are_read_by_root_and_the_server_s_group_and_that_of_the_authority_by_root(self) -> None:
        self.main("prepare")
        modes = {
            f"{self.tls}": 0o750,
            f"{self.tls}/server/key.pem": 0o640,
            f"{self.tls}/authority.pem": 0o640,
            f"{self.client}": 0o755,
            f"{self.client}/authority.pem": 0o644,
            f"{self.base}/authority": 0o700,
            f"{self.base}/authority/1/key.pem": 0o600,
        }
        for path, mode in modes.items():
            self.assertEqual(os.stat(path).st_mode & 0o7777, mode, path)

    def test_the_same_again_changes_nothing(self) -> None:
        self.main("prepare")
        before = self.certificate()
        self.main("prepare")
        self.main("renew")
        self.assertEqual(self.certificate(), before)


class Upgraded(EncryptionTest):
    def test_a_server_from_before_accepts_both_until_no_service_has_an_older_address(self) -> None:
        self.pids["db"] = 7
        self.main("prepare")
        self.assertTrue(self.plain)
        self.assertEqual(self.said, [], "it is about to be made anew")
        self.assertEqual((self.main("check"), self.main("closed")), (0, 1))
        self.main("prepare")
        self.assertTrue(self.plain)
        self.assertEqual(self.main("close"), 0)
        self.assertFalse(self.plain)
        self.assertIn("pg_reload_conf", self.said[-1])
        self.assertEqual(self.main("closed"), 0)

    def test_a_certificate_that_somebody_removed_is_made_again_by_the_timer_and_opens_nothing(self) -> None:
        self.main("prepare")
        self.pids["db"] = 7
        os.unlink(f"{self.tls}/server")
        self.assertEqual(self.main("renew"), 0)
        self.assertFalse(self.plain)
        self.assertIn("pg_reload_conf", self.said[-1])

    def test_declared_ones_stay_open_and_are_closed_once_they_are_declared_no_more(self) -> None:
        self.declare(plain=True)
        self.main("prepare")
        self.main("close")
        self.assertTrue(self.plain)
        self.assertEqual(self.main("closed"), 0)
        os.unlink(f"{self.tls}/plain.conf")
        self.assertEqual(self.main("check"), 1)
        self.main("prepare")
        self.declare()
        self.main("prepare")
        self.assertTrue(self.plain, "services still have the addresses")
        self.main("close")
        self.assertFalse(self.plain)


class Renewed(EncryptionTest):
    def later(self, days: float) -> None:
        now = time.time() + days * 86400
        self.patch(time, "time", lambda: now)

    def test_a_certificate_is_renewed_before_it_ends_and_read_by_the_server_that_runs(self) -> None:
        with mock.patch.multiple(encryption, DAYS=20, RENEW_BEFORE_DAYS=10):
            self.main("prepare")
            self.pids["db"] = 7
            before = self.certificate()
            self.main("renew")
            self.assertEqual((self.certificate(), self.said), (before, []))
        self.assertEqual(self.main("check"), 1)
        self.main("renew")
        self.assertNotEqual(self.certificate(), before)
        self.assertIn("pg_reload_conf", self.said[-1])
        self.assertEqual(self.main("check"), 0)

    def test_a_server_that_cannot_be_told_is_told_again_by_the_next_run(self) -> None:
        self.main("prepare")
        self.pids["db"] = 7
        os.unlink(f"{self.tls}/server")
        self.patch(encryption.ClusterSession, "execute", self.fail_to_run)
        self.assertEqual(self.main("renew"), 1)
        self.assertEqual(self.main("check"), 1)

    def test_a_deploy_goes_on_where_a_server_cannot_be_told_and_is_checked_by_what_it_shows(self) -> None:
        self.main("prepare")
        self.pids["db"] = 7
        trees.remove_tree(f"{self.base}/authority")
        self.patch(encryption.ClusterSession, "execute", self.fail_to_run)
        self.assertEqual(self.main("prepare"), 0)
        self.assertEqual(self.main("check"), 1, "it shows nothing")
        shown = Completed(0, f"New, TLSv1.3\n{self.certificate()}", "")

        def show(argv: Sequence[str], *, stdin: str | None = None, timeout: float | None = None) -> Completed:
            return self.real(argv, stdin=stdin, timeout=timeout) if argv[0] == "openssl" else shown

        self.patch(process, "run", show)
        self.assertEqual(self.main("check"), 0, "it was started again")

    def fail_to_run(self, *_: object) -> list[str]:
        raise Failed("db: it starts")

    def test_the_next_authority_is_trusted_long_before_it_issues(self) -> None:
        authority = OwnAuthority(f"{self.base}/authority")
        authority.renew()
        first = files.read_text(authority.trusted)
        self.later(own_authority.DAYS - own_authority.NEXT_DAYS + 1)
        self.assertFalse(authority.is_current())
        # The next one has its dates by the clock of this machine: it lasts no longer, and is there all the same.
        self.patch(own_authority, "DAYS", 2 * own_authority.DAYS)
        authority.renew()
        self.assertTrue(authority.is_current())
        trusted = files.read_text(authority.trusted)
        self.assertTrue(trusted.startswith(first) and len(trusted) > len(first))
        self.assertEqual(authority.issuer().key, f"{self.base}/authority/1/key.pem")
        self.later(own_authority.NEXT_DAYS - own_authority.LAST_DAYS)
        self.assertEqual(authority.issuer().key, f"{self.base}/authority/2/key.pem")

    def test_a_damaged_authority_is_replaced_and_its_servers_get_new_certificates(self) -> None:
        self.main("prepare")
        before = self.certificate()
        files.write(f"{self.base}/authority/1/key.pem", "")
        self.assertEqual(self.main("check"), 1)
        self.main("renew")
        self.assertEqual(self.main("check"), 0)
        self.assertNotEqual(self.certificate(), before)


class Served(EncryptionTest):
    def test_what_is_served_is_compared_with_what_is_there(self) -> None:
        self.main("prepare")
        self.pids["db"] = 7
        there = f"New, TLSv1.3, Cipher is X\n{self.certificate()}"
        answers: list[Completed] = []

        def next_answer(_: Sequence[str], *, stdin: str | None = None, timeout: float | None = None) -> Completed:
            self.assertEqual((stdin, timeout), ("", handshake.SECONDS))
            return answers.pop(0)

        self.patch(process, "run", next_answer)
        failed, older = Completed(1, "", "Verification error: Hostname mismatch\n"), Completed(1, "", "")
        for first, other, old, fault in (
            (Completed(0, there, ""), failed, older, None),
            (Completed(0, there, ""), Completed(0, there, ""), older, "it passes for another.invalid"),
            (Completed(0, there, ""), failed, Completed(0, there, ""), "it accepts TLS 1.2"),
            (
                Completed(0, there.replace("TLSv1.3", "TLSv1.2"), ""),
                failed,
                older,
                "its connections are not of TLS 1.3",
            ),
            (Completed(0, "New, TLSv1.3, Cipher is X\n", ""), failed, older, "it shows another certificate"),
        ):
            answers[:] = [first, other, old]
            found = handshake.faults(7, "postgres", self.tls, "db")
            self.assertEqual(found, [] if fault is None else [fault])
        answers[:] = [failed]
        self.assertRegex(handshake.faults(7, "postgres", self.tls, "db")[0], "does not get through: Hostname mismatch")
        with self.assertRaises(Failed):
            handshake.faults(0, "postgres", self.tls, "db")

    def test_an_unknown_database_is_refused(self) -> None:
        self.assertEqual(self.main("served", "other"), 1)
        self.assertEqual(pair.examine(None).fault, "missing")
