"""The connection of a host to its vault, over which one text of metrics follows the other."""

import json
import os
import select
import subprocess
import time

from phiward_host.common import process
from phiward_host.common.decode import Fields, as_bool, as_str, optional
from phiward_host.common.errors import Failed
from phiward_host.journal.send import line_of, ssh_argv
from phiward_host.journal.settings import Vault

WRITE_SECONDS = 60.0
PART = 1 << 16


class NotTaken(Failed):
    """The vault is there, and what watches on it is not: the connection stays."""


class Link:
    """One SSH connection. All of it may raise Failed and OSError; then it is of no more use."""

    def __init__(self, vault: Vault) -> None:
        self._ssh = subprocess.Popen(
            # What a vault says besides its answer would be in this host's journal, as root's, without end.
            ssh_argv(vault, "metrics"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=process.environment(),
            cwd="/",
            bufsize=0,
        )

    def send(self, text: str) -> None:
        """Returns once the vault has taken it. Raises NotTaken, and Failed where the connection is gone."""
        if self._ssh.stdin is None or self._ssh.stdout is None:
            raise Failed("ssh was started without its pipes")
        body = text.encode()
        _write(self._ssh.stdin.fileno(), f"{len(body)}\n".encode() + body)
        fields = Fields.of(json.loads(line_of(self._ssh.stdout.fileno())), "the vault's answer")
        away = fields.read_or("away", optional(as_str), None)
        if away is not None:
            raise NotTaken(f"the vault took no metrics: {away[:300]}")
        refused = fields.read_or("refused", optional(as_str), None)
        if refused is not None or not fields.read_or("taken", as_bool, False):
            raise Failed(f"the vault refused the metrics: {(refused or 'it did not say why')[:300]}")

    def end(self) -> None:
        self._ssh.kill()
        self._ssh.wait()


def _write(descriptor: int, data: bytes) -> None:
    """All of it, or Failed: a vault that reads nothing more holds nobody up."""
    os.set_blocking(descriptor, False)
    limit, left = time.monotonic() + WRITE_SECONDS, memoryview(data)
    while left:
        _, ready, _ = select.select([], [descriptor], [], max(0.0, limit - time.monotonic()))
        if not ready:
            raise Failed("the vault read no metrics in time")
        left = left[os.write(descriptor, left[:PART]) :]
