"""Encrypts what leaves the host to the incident key, as it leaves: no byte of it is on the host's disk."""

import contextlib
import os
import subprocess

from phiward_host.common import paths, process
from phiward_host.common.errors import Failed

NAMESPACE = "phiward-host-evidence"
SIGN_SECONDS = 10
OUT = 1


class Sealed:
    """Writes to standard output, through age(1). Where that cannot be started, as it is: SSH alone protects it then.

    The operator's side encrypts what arrives so, before it is on any disk.
    """

    def __init__(self, recipient: str | None) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        if recipient is None:
            return
        with contextlib.suppress(OSError):
            self._child = subprocess.Popen(
                ["age", "--encrypt", "--recipient", recipient],
                stdin=subprocess.PIPE,
                stdout=OUT,
                stderr=subprocess.DEVNULL,
                env=process.environment(),
                cwd="/",
            )

    @property
    def pid(self) -> int | None:
        """The process of age."""
        return None if self._child is None else self._child.pid

    def write(self, data: bytes) -> None:
        """Raises Failed where nobody reads on, or age ended."""
        target = OUT if self._child is None or self._child.stdin is None else self._child.stdin.fileno()
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(target, left) :]
        except BrokenPipeError:
            raise Failed("the connection, or age, ended before all was sent") from None

    def close(self) -> None:
        """Raises Failed where age did not encrypt all of it."""
        if self._child is None:
            return
        if self._child.stdin is not None:
            self._child.stdin.close()
        if (code := self._child.wait()) != 0:
            raise Failed(f"age exited with status {code}: what was sent is not whole")


def signature(statement: bytes) -> bytes:
    """The host's signature, by the key that SSH knows it by; empty where it cannot be made."""
    try:
        done = subprocess.run(
            ["ssh-keygen", "-Y", "sign", "-n", NAMESPACE, "-f", paths.HOST_KEY],
            input=statement,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=process.environment(),
            cwd="/",
            timeout=SIGN_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return b""
    return done.stdout if done.returncode == 0 and len(done.stdout) < 8192 else b""
