"""What a host can do with sealed sessions and verification keys at its vault: add one, whole, and nothing else."""

import hashlib
import io
import os
import pathlib
import stat
import tempfile
import unittest
from dataclasses import replace
from unittest import mock

from phiward_host.common.errors import Refused
from phiward_host.sealing import escrow
from phiward_host.sessions import recorded, stored
from phiward_host.vault import sessions
from phiward_host.vault.sessions import SESSION, VERIFICATION_KEY, Kind

NAME = "alice-20261127T081500-k3T9aB"


class KeepTest(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.home = directory.name

    def keep(self, data: bytes, name: str = NAME, digest: str | None = None, kind: Kind = SESSION) -> str:
        return sessions.keep(kind, self.home, name, digest or hashlib.sha256(data).hexdigest(), io.BytesIO(data))

    def kept(self) -> list[bytes]:
        return sorted(path.read_bytes() for path in pathlib.Path(self.home, "sessions").iterdir())

    def test_is_added_once_and_replaced_by_none(self) -> None:
        first, second = sessions.HEADER + b"a", sessions.HEADER + b"b"
        for data in (first, second, first):
            self.assertEqual(self.keep(data), f"kept {hashlib.sha256(data).hexdigest()}")
        self.assertEqual(self.kept(), [first, second])
        for path in pathlib.Path(self.home, "sessions").iterdir():
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o400)
            # By which the vault finds it again.
            self.assertIsNotNone(stored.AT_VAULT.fullmatch(path.name))

    def test_is_kept_whole_or_not_at_all(self) -> None:
        whole = sessions.HEADER + b"a" * 100
        with self.assertRaisesRegex(Refused, "did not arrive whole"):
            self.keep(whole[:-1], digest=hashlib.sha256(whole).hexdigest())
        with self.assertRaisesRegex(Refused, "allowed: less"):
            self.keep(whole, kind=replace(SESSION, most_bytes=64))
        with mock.patch.object(os, "fsync", side_effect=OSError), self.assertRaises(OSError):
            self.keep(whole)
        self.assertEqual(self.kept(), [])

    def test_is_refused_where_it_is_nothing_sealed_or_has_another_name(self) -> None:
        sealed = sessions.HEADER + b"a"
        for data, name, digest in (
            (b"plain", NAME, None),
            (sealed, "../../.ssh/authorized_keys", None),
            (sealed, f"{NAME}.age", None),
            (sealed, NAME, "A" * 64),
        ):
            with self.subTest(name=name), self.assertRaisesRegex(Refused, "not a sealed session"):
                self.keep(data, name, digest)

    def test_is_refused_beyond_what_one_host_may_leave(self) -> None:
        self.keep(sessions.HEADER + b"a")
        for limit in ({"most_files": 1}, {"most_of_host": SESSION.most_bytes + 1}):
            with self.assertRaisesRegex(Refused, "as many sessions as it may"):
                self.keep(sessions.HEADER + b"b", kind=replace(SESSION, **limit))

    def test_has_the_same_names_as_where_it_was_made(self) -> None:
        self.assertEqual(SESSION.name.pattern, recorded.NAME.pattern)
        self.assertEqual(VERIFICATION_KEY.name.pattern, escrow.NAME.pattern)

    def test_keeps_verification_keys_apart(self) -> None:
        name, data = "20261127T081500-0123456789abcdef", sessions.HEADER + b"a"
        self.keep(data, name, kind=VERIFICATION_KEY)
        (path,) = pathlib.Path(self.home, "sealing").iterdir()
        self.assertIsNotNone(escrow.AT_VAULT.fullmatch(path.name))
        with self.assertRaisesRegex(Refused, "not a sealed verification key"):
            self.keep(data, kind=VERIFICATION_KEY)


if __name__ == "__main__":
    unittest.main()
