"""Running a program as a host's account: what it reads and makes is bound by that account's rights."""

import subprocess
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from phiward_host.common import process
from phiward_host.common.process import Completed


@dataclass(frozen=True)
class Account:
    """An account of this machine, without any group but its own."""

    uid: int
    gid: int
    home: str


def run_as(
    account: Account,
    argv: Sequence[str],
    pass_fds: Collection[int],
    directory: str = "/",
    timeout: float | None = None,
) -> Completed:
    """As process.run, as an account, in a directory; what it makes is for that account only. No `timeout`: no limit.

    Its temporary files are in the account's home: the machine's /tmp is everybody's, and may be full.
    """
    try:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=process.environment({"HOME": account.home, "TMPDIR": account.home}),
            cwd=directory,
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            umask=0o077,
            pass_fds=tuple(pass_fds),
        )
    except FileNotFoundError:
        return Completed(process.NOT_FOUND, "", f"{argv[0]}: not found")
    return process.completed(child, argv, None, timeout)
