"""A finished session becomes one encrypted file; its clear text was in memory alone, and goes then."""

import os
import re
import subprocess

from phiward_host.common import files, journal, paths, process, staging, trees
from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog
from phiward_host.sessions import recorded

LOG = RootLog("sessions")
SEALED = re.compile(rf"({recorded.NAME.pattern})\.age", re.ASCII)
SEAL_SECONDS = 600
# Of what waits for the vault, or is kept without one: beyond it nothing is sealed, and the place in memory fills up.
MOST_BYTES, MOST_FILES = 1 << 30, 10_000


def directory() -> str:
    """Where sealed sessions wait for the vault, or stay."""
    return f"{paths.BASE}/sessions"


def kept() -> list[str]:
    """The names of sealed sessions that are here."""
    return [found[1] for name in files.names_if_any(directory()) if (found := SEALED.fullmatch(name)) is not None]


def path_of(name: str) -> str:
    return f"{directory()}/{name}.age"


def seal(name: str, recipient: str) -> None:
    """Encrypts a session to the incident key, and only then removes its clear text. Raises Failed."""
    files.make_directory(directory())
    _require_room()
    staging.remove_staged(path_of(name))
    partial = f"{directory()}/{staging.staged_name()}"
    try:
        with files.making(partial) as file:
            _encrypt(name, recipient, file.fileno())
            os.fsync(file.fileno())
        files.rename(partial, path_of(name))
    finally:
        files.remove(partial)
    trees.remove_tree(f"{recorded.TOP}/{name}")
    who = name.rsplit("-", 2)[0]
    journal.record("operation", f"Sealed the session {name}", who=who, what=f"sealed session {name}", outcome="success")


def _require_room() -> None:
    names = kept()
    found = [files.status(path_of(name)) for name in names]
    if len(names) >= MOST_FILES or sum(status.st_size for status in found if status is not None) > MOST_BYTES:
        raise Failed(f"{directory()} has as many sealed sessions as it may; see why they do not reach the vault")


def _encrypt(name: str, recipient: str, target: int) -> None:
    archive = ["tar", "--create", "--gzip", "--owner=0", "--group=0", "--numeric-owner", f"--directory={recorded.TOP}"]
    with subprocess.Popen(
        [*archive, "--file=-", "--", name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=process.environment()
    ) as tar:
        age = subprocess.run(
            ["age", "--armor", "--recipient", recipient],
            stdin=tar.stdout,
            stdout=target,
            stderr=subprocess.DEVNULL,
            env=process.environment(),
            timeout=SEAL_SECONDS,
            check=False,
        )
        if tar.stdout is not None:
            tar.stdout.close()
        code = tar.wait(SEAL_SECONDS)
    if code != 0 or age.returncode != 0:
        raise Failed(
            f"session {name} could not be sealed (tar exited with status {code}, age with status {age.returncode}); "
            "it stays as it is, and is tried again"
        )
