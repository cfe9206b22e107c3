"""`phiward.pyz sealing VERB`: `begin` and `sealed` for deploys, `keep`, `leave-closed` and `before-start` for units."""

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from phiward_host.common import cli, lock, memory
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.faults import sentence
from phiward_host.sealing import closed, escrow, handing, judging, key
from phiward_host.sealing.key import LOG
from phiward_host.sealing.settings import SealingSettings
from phiward_host.sessions.sending import all_is_well, is_due

LOCK_SECONDS = 60.0
SECONDS = re.compile(r"[0-9]{1,11}", re.ASCII)


def main(words: Sequence[str]) -> int:
    """Exit codes as of cli.main."""
    cli.end_on_sigterm()
    memory.bound()
    return cli.main("the program of the journal's seal", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    match list(words):
        case ["hand", begin, end] if SECONDS.fullmatch(begin) and SECONDS.fullmatch(end):
            return handing.hand(int(begin), int(end))
        case _:
            work, rest = cli.choose(words, VERBS, f"hand FROM TO, {', '.join(VERBS)}")
            if rest:
                raise Refused("found more than one word, allowed: a verb alone")
            return work()


def begin() -> int:
    """Makes a sealing key where the journal is not sealed as declared. Raises Failed where it is not sealed then.

    What is due at the vault the timer leaves there: its firewall counts the connections of a host, and a deploy has
    enough of them.
    """
    settings = SealingSettings.load()
    with lock.hold("sealing.lock", "begin", LOCK_SECONDS):
        reason = key.key_trouble(settings)
        if reason is not None:
            key.make(settings, reason)
        elif key.trouble(settings) is not None:
            key.rotate()
        found = key.trouble(settings)
        if found is not None:
            raise Failed(f"the journal is not sealed: {found}")
    return cli.DONE


def keep() -> int:
    """Leaves what is due at the vault. Raises Failed, once a day for a reason, where that or the seal itself fails."""
    settings = SealingSettings.load()
    failure = ""
    with lock.hold("sealing.lock", "keep", LOCK_SECONDS, kind="job"):
        if settings.vault is not None:
            try:
                escrow.send_all(settings.vault)
            except Failed as failed:
                failure = f"; {sentence(failed, LOG)}"
                LOG.write(str(failed))
        found = "; ".join(words for words in (_wrong(settings), closed.left()) if words is not None)
        if found == "":
            all_is_well("sealing")
        elif is_due("sealing", found):
            closed.forget()
            raise Failed(f"AUDIT_LOG_FAILURE: {found}{failure}")
    return cli.DONE


def sealed() -> int:
    """Prints that the journal is sealed, and that the vault has what shows it. Raises Failed."""
    found = _wrong(SealingSettings.load())
    if found is not None:
        raise Failed(found)
    print("sealed", flush=True)
    return cli.DONE


def _wrong(settings: SealingSettings) -> str | None:
    found = key.trouble(settings)
    if found is not None:
        return f"the journal is not sealed: {found}; npx phiward up makes a key where one is missing"
    return None if settings.vault is None else escrow.late(settings.vault)


VERBS: Mapping[str, Callable[[], int]] = MappingProxyType(
    {
        "begin": begin,
        "sealed": sealed,
        "keep": keep,
        "leave-closed": closed.leave_closed,
        "before-start": closed.before_start,
        "list": escrow.list_all,
        "judge": judging.judge,
        "look": judging.look,
    }
)
