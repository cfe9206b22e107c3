"""The signature on a manifest, by the real ssh-keygen(1)."""

import pathlib
import shutil
import subprocess
import unittest

from phiward_host.backup.signature import is_signed, sign
from phiward_host.common import paths
from phiward_host.common.errors import Failed
from tests.support import OnDisk

TEXT = '{"run": "r"}\n'


@unittest.skipIf(shutil.which("ssh-keygen") is None, "ssh-keygen is not installed")
class SignatureTest(OnDisk):
    def setUp(self) -> None:
        super().setUp()
        self.use("own")

    def use(self, name: str) -> str:
        """Makes a key the host's own; returns its public half."""
        path = self.path(name)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "root@web", "-f", path], check=True)
        self.patch(paths, "HOST_KEY", path)
        return pathlib.Path(f"{path}.pub").read_text(encoding="utf-8")

    def test_holds_for_the_very_text_and_the_key_that_made_it(self) -> None:
        signature = sign(TEXT)
        self.assertTrue(is_signed(TEXT, signature, ()))
        self.assertFalse(is_signed(TEXT + " ", signature, ()))
        for forged in ("", "signed", signature.replace("A", "B")):
            self.assertFalse(is_signed(TEXT, forged, ()))

    def test_of_another_host_holds_only_where_its_key_is_declared_as_a_former_one(self) -> None:
        signature = sign(TEXT)
        former = pathlib.Path(f"{paths.HOST_KEY}.pub").read_text(encoding="utf-8")
        self.use("other")
        self.assertFalse(is_signed(TEXT, signature, ()))
        self.assertTrue(is_signed(TEXT, signature, (former,)))

    def test_of_the_same_key_for_another_purpose_does_not_hold(self) -> None:
        argv = ["ssh-keygen", "-Y", "sign", "-f", paths.HOST_KEY, "-n", "file"]
        done = subprocess.run(argv, input=TEXT, capture_output=True, text=True, check=True)
        self.assertFalse(is_signed(TEXT, done.stdout, ()))

    def test_says_so_where_the_host_has_no_key(self) -> None:
        self.patch(paths, "HOST_KEY", self.path("none"))
        with self.assertRaisesRegex(
            Failed, "^the manifest cannot be signed with this host's SSH key: ssh-keygen exited"
        ):
            sign(TEXT)
