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


def run_as(account: Account, argv: Sequence[str], pass_fds: Collection[int], directory: str = "/") -> Completed:
    """As process.run, without a time limit, as an account, in a directory; what it makes is for that account only."""
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=process.environment({"HOME": account.home}),
            cwd=directory,
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            umask=0o077,
            pass_fds=pass_fds,
            check=False,
        )
    except FileNotFoundError:
        return Completed(process.NOT_FOUND, "", f"{argv[0]}: not found")
    return Completed(done.returncode, done.stdout, done.stderr)
