"""`phiward.pyz retention VERB`: `run` is the timer's, `done` the checks'; `show` and `approve NAME` are people's."""

import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from phiward_host.common import cli, lock, memory
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.faults import Faults
from phiward_host.common.who import who
from phiward_host.retention import run as runs
from phiward_host.retention.record import LOG
from phiward_host.retention.settings import Declared, Hold, Rule, declared
from phiward_host.subjects import register

USAGE = "retention run|done|show|approve NAME"
LOCK_SECONDS = 30.0


def main(words: Sequence[str]) -> int:
    """Exit codes as of cli.main."""
    cli.end_on_sigterm()
    memory.bound()
    return cli.main("the program of retention", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    work, rest = cli.choose(words, VERBS, USAGE)
    with lock.hold("retention.lock", words[0], LOCK_SECONDS):
        work(declared(), rest)
    return cli.DONE


def _daily(found: Declared, words: Sequence[str]) -> None:
    _none(words)
    runs.run(found)


def _done(found: Declared, words: Sequence[str]) -> None:
    _none(words)
    late = [*runs.late(found, runs.Store(found)), *register.late(register.load())]
    if late:
        raise Failed("; ".join(late))
    print("none is overdue", flush=True)


def _show(found: Declared, words: Sequence[str]) -> None:
    """Counts the rows of each rule now, and prints what is known as JSON."""
    _none(words)
    store, faults = runs.Store(found), Faults(LOG)
    for rule in found.rules:
        faults.attempt(lambda rule=rule: runs.count(found, store, rule))
    answer = {
        "rules": [_shown(rule, store) for rule in found.rules],
        "holds": [_held(hold) for hold in found.holds],
        "faults": faults.sentences,
    }
    print(json.dumps(answer), flush=True)


def _shown(rule: Rule, store: runs.Store) -> dict[str, object]:
    known = store.of(rule)
    return {
        "name": rule.name,
        "table": str(rule.table),
        "days": rule.days,
        "does": rule.does,
        "counted": known.counted,
        "due": known.due,
        "held": known.held,
        "approved": known.approved,
        "approvedBy": known.approved_by,
        "last": known.last,
        "rows": known.rows,
        "finished": known.finished,
    }


def _held(hold: Hold) -> dict[str, object]:
    whole = hold.column is None
    return {"name": hold.name, "table": str(hold.table), "whole": whole, "owner": hold.owner, "until": str(hold.until)}


def _approve(found: Declared, words: Sequence[str]) -> None:
    if len(words) != 1:
        raise Refused(f"found {len(words)} words after approve, allowed: {USAGE}")
    runs.approve(found, words[0], who())


def _none(words: Sequence[str]) -> None:
    if words:
        raise Refused(f"found more than one word, allowed: {USAGE}")


VERBS: Mapping[str, Callable[[Declared, Sequence[str]], None]] = MappingProxyType(
    {"run": _daily, "done": _done, "show": _show, "approve": _approve}
)
