"""Sealed sessions go to the vault, one connection each; here they are removed once the vault has all of one."""

import re
import subprocess
import time

from phiward_host.common import files, output, paths, process, records
from phiward_host.common.decode import Fields, as_float, as_str
from phiward_host.common.errors import Failed
from phiward_host.journal.send import ssh_argv
from phiward_host.journal.settings import Vault
from phiward_host.sessions.sealing import LOG, kept, path_of

SEND_SECONDS = 900
MOST_ANSWERED = 1 << 16
# The vault's firewall refuses an address that opens six connections within half a minute, and the host has others.
MOST_AT_ONCE = 2
# A vault that is away for less is no fault of the host's: its own checks and alerts say so.
PATIENCE_SECONDS = 7200
AGAIN_SECONDS = 86_400


def send_all(vault: Vault) -> None:
    """Sends what waits, some at a time. Raises Failed, once a day, where one has waited for too long."""
    failure = ""
    for name in kept()[:MOST_AT_ONCE]:
        try:
            _send(vault, name)
        except Failed as failed:
            failure = str(failed)
            LOG.write(failure)
            break
    words = late()
    if words is not None and is_due():
        raise Failed(f"{words}; {failure}" if failure else words)


def _send(vault: Vault, name: str) -> None:
    path = path_of(name)
    leave(vault, "session", name, path)
    files.remove(path)


def leave(vault: Vault, kind: str, name: str, path: str) -> None:
    """Leaves an encrypted file at the vault, which has all of it when this returns. Raises Failed."""
    digest, noun = files.sha256(path), kind.replace("-", " ")
    with files.reading(path) as descriptor:
        try:
            child = subprocess.Popen(
                ssh_argv(vault, f"{kind} {name} {digest}"),
                stdin=descriptor,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=process.environment(),
                cwd="/",
            )
            out, err = output.collect(child, None, SEND_SECONDS, MOST_ANSWERED)
        except subprocess.TimeoutExpired:
            raise Failed(f"the vault did not take a {noun} in time") from None
        except output.TooMuch:
            raise Failed("the vault said more than an answer has") from None
    if child.returncode != 0 or out.decode("ascii", "replace").strip() != f"kept {digest}":
        said = err.decode("utf-8", "replace").strip().removeprefix("phiward: ")[:300]
        raise Failed(f"the vault did not take {noun} {name}: {said or f'ssh exited with status {child.returncode}'}")


def late() -> str | None:
    """That a sealed session has waited for the vault for too long; None where none has."""
    times = [found.st_mtime for found in (files.status(path_of(name)) for name in kept()) if found is not None]
    waited = time.time() - min(times, default=time.time())
    if waited <= PATIENCE_SECONDS:
        return None
    return (
        f"AUDIT_LOG_FAILURE: {len(times)} sealed sessions wait for the vault, the first for {waited / 3600:.0f} hours"
    )


def is_due(status: str = "sessions", reason: str = "") -> bool:
    """Whether an alert may be raised again: one a day, not one a minute, and another reason at once."""
    at, last = records.read_or_begin(_status(status), _raised, (0.0, ""), LOG)
    # Of hours and the like there are more each time.
    plain = re.sub(r"[0-9]+", "#", reason)
    if plain == last and 0 <= time.time() - at < AGAIN_SECONDS:
        return False
    records.write_json(_status(status), {"raised": time.time(), "reason": plain}, LOG)
    return True


def all_is_well(status: str) -> None:
    """The next trouble is due at once."""
    files.remove(_status(status))


def _status(status: str) -> str:
    return f"{paths.BASE}/status/{status}.json"


def _raised(value: object, path: str) -> tuple[float, str]:
    fields = Fields.of(value, path)
    return fields.read("raised", as_float), fields.read_or("reason", as_str, "")
