"""`phiward.pyz sessions VERB`: `seal` and `last` are started by systemd, `healthy` by checks, the others by people."""

import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from phiward_host.common import cli, lock, memory
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.faults import Faults
from phiward_host.sessions import recorded, sending, stored
from phiward_host.sessions.sealing import LOG, seal
from phiward_host.sessions.settings import SessionsSettings

LOCK_SECONDS = 60.0
# Of a timer that comes each minute.
CLEAR_SECONDS = 600
DAY_SECONDS = 86_400


def main(words: Sequence[str]) -> int:
    """Exit codes as of cli.main."""
    cli.end_on_sigterm()
    memory.bound()
    return cli.main("the program of sessions", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    if words[:1] == ["show"] and len(words) == 3:
        return stored.show(words[1], words[2])
    work, rest = cli.choose(words, VERBS, f"show HOST NAME, {', '.join(VERBS)}")
    if rest:
        raise Refused("found more than one word, allowed: a verb alone")
    return work()


def seal_finished() -> int:
    """Seals what is finished, sends what waits. Raises Failed with all that went wrong."""
    settings, faults = SessionsSettings.load(), Faults(LOG)
    with lock.hold("sessions.lock", "seal", LOCK_SECONDS, kind="job"):
        for name in recorded.finished():
            faults.attempt(lambda name=name: seal(name, settings.recipient))
        vault = settings.vault
        if vault is None:
            faults.attempt(lambda: stored.remove_own_old(time.time() - settings.days * DAY_SECONDS))
        else:
            faults.attempt(lambda: sending.send_all(vault))
    faults.raise_any()
    return cli.DONE


def seal_last() -> int:
    """Before the host stops: seals all that are there, since memory does not outlast it; the next start sends them."""
    settings, faults = SessionsSettings.load(), Faults(LOG)
    with lock.hold("sessions.lock", "last", LOCK_SECONDS, kind="job"):
        for name in recorded.present():
            faults.attempt(lambda name=name: seal(name, settings.recipient))
    faults.raise_any()
    return cli.DONE


def healthy() -> int:
    """Prints that sessions are recorded, sealed and sent. Raises Failed."""
    settings = SessionsSettings.load()
    clear = [name for name in recorded.finished() if recorded.age(name) > CLEAR_SECONDS]
    late = None if settings.vault is None else sending.late()
    found = recorded.trouble() or late
    if clear:
        found = f"{len(clear)} finished sessions are not sealed; see journalctl --unit=phiward-sessions"
    if found is not None:
        raise Failed(found)
    print("recorded, sealed and sent", flush=True)
    return cli.DONE


VERBS: Mapping[str, Callable[[], int]] = MappingProxyType(
    {"seal": seal_finished, "last": seal_last, "healthy": healthy, "list": stored.list_all}
)
