"""`phiward.pyz phi VERB`: the schema by which patients' columns are encrypted (`install`, `check`), and its record.

`seal` chains what the record got since, and tells it to the journal; `verify` reads the whole chain; `accesses SINCE`
answers the operator's `phiward report phi-access`. `rotate` brings rows to the present key, `progress` says how far it
is, and `retirable EPOCH` whether the keys up to one may leave this host. `unused EPOCH` says whether a master key may
be made. `protect` takes a plain column over.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from phiward_host.common import cli, lock
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.faults import each
from phiward_host.phi import chain, masters, progress, retiring, rotate
from phiward_host.phi.function import LINES_AT_A_TIME
from phiward_host.phi.install import LOG, differences, install, require_keys
from phiward_host.phi.protect import Protection, Target
from phiward_host.phi.settings import PhiDatabase, PhiSettings

LOCK_SECONDS = 600.0
DEPLOY_LOCK_SECONDS = 60.0
MOST_DIGITS = 2
PROTECT_WORDS = 4
DAY = re.compile(r"\d{4}-\d\d-\d\d")


def main(words: Sequence[str]) -> int:
    """Exit codes as of cli.main."""
    return cli.main("the program of patients' columns", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    work, rest = cli.choose(words, VERBS, ", ".join(VERBS))
    work(rest)
    return cli.DONE


def _install(rest: Sequence[str]) -> None:
    _alone(rest)
    with lock.hold("phi.lock", "install", LOCK_SECONDS):
        each(_make, PhiSettings.load().databases, LOG)


def _make(database: PhiDatabase) -> None:
    install(database, database.database)
    require_keys(database)


def _check(rest: Sequence[str]) -> None:
    _alone(rest)

    def check(database: PhiDatabase) -> None:
        wrong = differences(database, database.database)
        if wrong:
            raise Failed(f"{database.where}: found another {', another '.join(wrong)}, allowed: as declared")
        require_keys(database)

    each(check, PhiSettings.load().databases, LOG)
    print("as declared", flush=True)


def _seal(rest: Sequence[str]) -> None:
    _alone(rest)
    with lock.hold("phi.lock", "seal", LOCK_SECONDS):
        each(chain.seal, PhiSettings.load().databases, LOG)


def _verify(rest: Sequence[str]) -> None:
    _alone(rest)
    with lock.hold("phi.lock", "verify", LOCK_SECONDS):
        each(chain.verify, PhiSettings.load().databases, LOG)
    print("whole", flush=True)


def _accesses(rest: Sequence[str]) -> None:
    """Prints the lines since a day, the oldest first, each with its database."""
    if len(rest) != 1 or DAY.fullmatch(rest[0]) is None:
        raise Refused("found another word after accesses, allowed: a day as YYYY-MM-DD")
    for database in PhiSettings.load().databases:
        lines = chain.since(database, rest[0])
        for line in lines:
            print(json.dumps({"server": database.container, "database": database.database, **json.loads(line)}))
        if len(lines) == LINES_AT_A_TIME:
            print(json.dumps({"server": database.container, "database": database.database, "more": True}))


def _rotate(rest: Sequence[str]) -> None:
    _alone(rest)
    # A lock of its own: what chains the record, and deploys, do not wait for it.
    with lock.hold("phi-rotate.lock", "rotate", LOCK_SECONDS):
        each(rotate.rotate, PhiSettings.load().databases, LOG)


def _progress(rest: Sequence[str]) -> None:
    """Prints how far each database is, as JSON; nothing is counted for it."""
    _alone(rest)
    print(json.dumps([_shown(database) for database in PhiSettings.load().databases]), flush=True)


def _shown(database: PhiDatabase) -> dict[str, object]:
    known = progress.load(database)
    of = None if known is None or known.epoch != database.epoch else known
    return {
        "server": database.container,
        "database": database.database,
        "epoch": database.epoch,
        "retired": database.retired,
        "rows": 0 if of is None else of.done,
        "unreadable": 0 if of is None else of.unreadable,
        "looked": 0 if of is None else of.looked,
        "pages": 0 if of is None else of.pages,
        "clean": None if of is None else of.clean,
    }


def _retirable(rest: Sequence[str]) -> None:
    if len(rest) != 1 or not rest[0].isdecimal() or len(rest[0]) > MOST_DIGITS:
        raise Refused("found another word after retirable, allowed: the number of a key")
    with lock.hold("phi-rotate.lock", "retirable", DEPLOY_LOCK_SECONDS):
        retiring.require_unneeded(PhiSettings.load_if_any(), int(rest[0]))
    print("needed by no row", flush=True)


def _unused(rest: Sequence[str]) -> None:
    if len(rest) != 1 or not rest[0].isdecimal() or len(rest[0]) > MOST_DIGITS:
        raise Refused("found another word after unused, allowed: the number of a key")
    masters.require_unused(PhiSettings.load_if_any(), int(rest[0]))
    print("has locked nothing", flush=True)


def _protect(rest: Sequence[str]) -> None:
    """`protect WORK DATABASE TABLE COLUMN`; WORK is `on`, `finish` or `undo`."""
    if len(rest) != PROTECT_WORDS or rest[0] not in WORKS:
        raise Refused(f"found other words after protect, allowed: {'|'.join(WORKS)} DATABASE [SCHEMA.]TABLE COLUMN")
    database = next((each for each in PhiSettings.load().databases if each.database == rest[1]), None)
    if database is None:
        raise Refused("DATABASE: found another name, allowed: a service of phi.databases on this host")
    # What brings rows to another key waits meanwhile.
    with lock.hold("phi-rotate.lock", "protect", DEPLOY_LOCK_SECONDS):
        WORKS[rest[0]](Protection(database, Target.of(rest[2], rest[3])))


def _alone(rest: Sequence[str]) -> None:
    if rest:
        raise Refused("found more than one word, allowed: a verb alone")


WORKS: Mapping[str, Callable[[Protection], None]] = MappingProxyType(
    {"on": Protection.protect, "finish": Protection.finish, "undo": Protection.undo}
)
VERBS: Mapping[str, Callable[[Sequence[str]], None]] = MappingProxyType(
    {
        "install": _install,
        "check": _check,
        "seal": _seal,
        "verify": _verify,
        "accesses": _accesses,
        "rotate": _rotate,
        "progress": _progress,
        "retirable": _retirable,
        "unused": _unused,
        "protect": _protect,
    }
)
