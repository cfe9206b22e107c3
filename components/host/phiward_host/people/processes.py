"""Processes of an account: found by their user ids, whoever started them, and ended."""

import contextlib
import os
import re
import signal
import time
from pathlib import Path

from phiward_host.common import process
from phiward_host.common.errors import Failed
from phiward_host.people.accounts import Account

PROC = Path("/proc")
# How long processes that start others are chased.
END_SECONDS = 20
POLL_SECONDS = 0.05
# A container's processes are its image's, whatever user ids they have; a person's own cgroups are all below user.slice.
_CONTAINER = re.compile(r"^[^:]*:[^:]*:(?!.*/user\.slice/).*/docker[-/][0-9a-f]{64}(\.scope)?(/|$)", re.MULTILINE)


def processes(account: Account) -> list[int]:
    """Ids of the processes that run as the account, or that somebody who logged in as it started as another."""
    return [int(entry.name) for entry in PROC.glob("[0-9]*") if _is_of(entry, account)]


def end(account: Account) -> None:
    """Ends them all, and the account's sessions. Raises Failed where some are left after END_SECONDS."""
    unit = f"user-{account.uid}.slice"
    limit = time.monotonic() + END_SECONDS
    # The slice has what runs as root from the account's sessions as well.
    process.run(["systemctl", "kill", "--signal=SIGKILL", unit])
    while found := processes(account):
        if time.monotonic() > limit:
            raise Failed(
                f"{account.name}: {len(found)} processes are left after {END_SECONDS} s; end them: pkill -KILL"
            )
        kill_all(account.uid)
        for pid in found:
            kill(pid)
        time.sleep(POLL_SECONDS)
    process.run(["loginctl", "terminate-user", account.name])
    process.run(["systemctl", "stop", f"user@{account.uid}.service", unit])


def end_deploys(name: str) -> None:
    """Ends what a person still has open at the login of deploys (phiward_host.deploy), such as Docker's API."""
    for entry in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
            if words[-2:] == [b"deploy", name.encode()] and words[0].endswith(b"python3"):
                kill(int(entry.name))


def _is_of(entry: Path, account: Account) -> bool:
    try:
        status = (entry / "status").read_text(encoding="utf-8", errors="replace")
        cgroups = (entry / "cgroup").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False  # it ended while this looked
    # What has ended and waits for its parent does nothing any more.
    if re.search(r"^State:\s+[ZX]", status, re.MULTILINE) or _CONTAINER.search(cgroups):
        return False
    # Real, effective, saved and file system user id.
    row = re.search(r"^Uid:\s+(.*)$", status, re.MULTILINE)
    ids = [int(uid) for uid in row.group(1).split()] if row else []
    return _login_uid(entry) == account.uid or any(account.has(uid) for uid in ids)


def _login_uid(entry: Path) -> int | None:
    try:
        return int((entry / "loginuid").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None  # a kernel without audit, or it ended


def of_login(uid: int) -> list[int]:
    """Ids of the processes that came by a login of this user id, whatever they run as."""
    return [int(entry.name) for entry in PROC.glob("[0-9]*") if _login_uid(entry) == uid]


def session_of(pid: int) -> str | None:
    """The kernel's number of the session that a process is of; None where it ended, or the kernel has none."""
    try:
        return (PROC / str(pid) / "sessionid").read_text(encoding="ascii").strip()
    except OSError:
        return None


def kill_all(uid: int) -> None:
    """Signals every process of a user id at once (kill(2), -1): one that only ever forks cannot slip through a list."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def kill(pid: int) -> None:
    """Ends a process; one that has ended is no error."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
