"""The entries that the vault keeps: it takes what goes on from them, and nothing that was signed by nobody it knows."""

from collections.abc import Sequence

from phiward_host.common import files, paths, records
from phiward_host.common.decode import as_strs
from phiward_host.common.errors import Refused
from phiward_host.common.log import RootLog
from phiward_host.duties.signatures import undeclared, vouched
from phiward_host.incidents.lines import Clock, Line, parsed

# What such a signature is for: one for a duty, a report or anything else is refused.
NAMESPACE = "phiward-incident"
LOG = RootLog("incidents")


def texts() -> list[str]:
    """The lines as they came. A damaged record is set aside: whoever writes next brings what they have."""
    return records.read_or_begin(_path(), _chains, [], LOG)


def take(brought: Sequence[str]) -> int:
    """Keeps the lines that are new here; returns how many. Raises Refused, and then keeps none.

    An incident that is brought has to begin as it is kept; one that is not brought stays.
    """
    known, found = texts(), parsed(brought)
    before = parsed(known)
    new: list[str] = []
    for number, lines in found.items():
        had = before.get(number, [])
        if [line.text for line in lines[: len(had)]] != [line.text for line in had]:
            raise Refused(
                f"incident {number}: found a record that does not go on from the {len(had)} entries which the vault "
                "keeps: another person wrote one meanwhile, or one was changed or taken out. "
                "Run npx phiward incident show first"
            )
        _require_signed(number, lines[len(had) :], len(had))
        new += [line.text for line in lines[len(had) :]]
    whole = [*known, *new]
    stacks = {lines[0].stack for lines in [*before.values(), *found.values()] if lines}
    if len(stacks) > 1:
        raise Refused("found entries of another stack than those which the vault keeps, allowed: of one stack")
    parsed(whole)
    if new:
        records.write_json(_path(), whole, LOG)
    return len(new)


def clocks() -> list[tuple[int, Clock]]:
    """The clocks that run, with the number of their incident. Raises Damaged; sets nothing aside."""
    if not files.exists(_path()):
        return []
    found = parsed(records.read(_path(), _chains, []))
    return [(number, clock) for number, lines in sorted(found.items()) for clock in lines[-1].clocks]


def _require_signed(number: int, new: Sequence[Line], had: int) -> None:
    declared = True
    for count, line in enumerate(new, had + 1):
        declared = vouched(line, f"incident {number}, entry {count}", NAMESPACE)
    if not declared:
        raise undeclared(new[-1], f"incident {number}")


def _path() -> str:
    return f"{paths.BASE}/incidents/record.json"


def _chains(value: object, path: str) -> list[str]:
    found = as_strs(value, path)
    parsed(found)
    return found
