"""The lines that the vault keeps: it takes what goes on from them, and nothing that was signed by nobody it knows."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from phiward_host.common import paths, records
from phiward_host.common.decode import as_str, as_strs
from phiward_host.common.errors import Refused
from phiward_host.duties.lines import Line, parsed
from phiward_host.duties.signatures import LOG, undeclared, vouched


def lines() -> list[Line]:
    """What is kept. A damaged record is set aside: the next that arrives has all of it."""
    return parsed(_texts())


def since() -> date:
    """The day on which this machine began to look; from now on, where it did only now."""
    path = f"{paths.BASE}/duties/since.json"
    today = datetime.now(UTC).date()
    known = records.read_or_begin(path, _day, None, LOG)
    if known is None:
        records.write_json(path, today.isoformat(), LOG)
    return known or today


def take(brought: Sequence[str]) -> int:
    """Keeps the lines of a record that are new here; returns how many. Raises Refused, and then keeps none."""
    known = _texts()
    if list(brought[: len(known)]) != known:
        raise Refused(
            f"found a record that does not go on from the {len(known)} lines which the vault keeps: lines of it were "
            "changed or taken out. The vault's own: sudo python3 -I /usr/local/lib/phiward/phiward.pyz duties show"
        )
    new = parsed(brought)[len(known) :]
    latest = datetime.now(UTC).date() + timedelta(days=1)
    declared = True
    for number, line in enumerate(new, len(known) + 1):
        if line.on > latest:
            raise Refused(f"line {number}: found a day to come, allowed: days until today; see the clocks of both")
        declared = vouched(line, f"line {number}")
    if not declared:
        raise undeclared(new[-1], f"line {len(brought)}")
    if new:
        records.write_json(_path(), list(brought), LOG)
    return len(new)


def texts() -> list[str]:
    """The lines as they came."""
    return _texts()


def _path() -> str:
    return f"{paths.BASE}/duties/record.json"


def _texts() -> list[str]:
    return records.read_or_begin(_path(), _chain, [], LOG)


def _chain(value: object, path: str) -> list[str]:
    found = as_strs(value, path)
    parsed(found)
    return found


def _day(value: object, path: str) -> date | None:
    return date.fromisoformat(as_str(value, path))
