"""The record of accesses as a chain: each line's hash is over the hash before it, and the last one is kept here too.

Lines are written by those who read, at once; they are chained a few minutes later, so that nobody waits for another.
What is chained goes to the journal, and with that to the vault: whoever changes the database later cannot change it
there.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from phiward_host.common import paths, records
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed
from phiward_host.common.text import one_line
from phiward_host.databases.sql import literal
from phiward_host.phi.function import LINES_AT_A_TIME, SCHEMA
from phiward_host.phi.install import LOG, owner_session
from phiward_host.phi.settings import PhiDatabase

# In one run: what is more waits for the next.
MOST_RUNS = 20
LINES = (
    f"SELECT pg_catalog.encode(l.chain, 'hex') || ' ' || {SCHEMA}.sealed_text(l) FROM {SCHEMA}.phi_access_log l "
    "WHERE l.seal > {after} ORDER BY l.seal LIMIT {most};"
)
LAST = f"SELECT coalesce(pg_catalog.max(l.seal), 0) FROM {SCHEMA}.phi_access_log l;"
PLAIN = ["SET statement_timeout = '10min';"]


@dataclass(frozen=True)
class End:
    """The end of a chain: its number, and its hash as hexadecimal digits."""

    seal: int = 0
    chain: str = ""

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        """What is kept of one."""
        fields = Fields.of(value, path)
        return cls(fields.integer("seal"), fields.text("chain"))


def seal(database: PhiDatabase) -> None:
    """Chains new lines and prints each. Raises Failed where the chain goes on from another end.

    Of a server that does not answer it says so, and others alert: `verify`, and what watches containers.
    """
    try:
        owner_session(database.container, database.database).execute(["SELECT 1;"])
    except Failed as failure:
        print(f"not asked: {one_line(str(failure))}", flush=True)
        return
    for _ in range(MOST_RUNS):
        session = owner_session(database.container, database.database)
        done = int(session.execute([*PLAIN, f"SELECT {SCHEMA}.seal({LINES_AT_A_TIME});"])[-1])
        _take(database)
        if done < LINES_AT_A_TIME:
            return


def verify(database: PhiDatabase) -> None:
    """Reads the chain from its first line. Raises Failed where it is broken, or ends before what is kept here."""
    before, end = kept(database), End()
    passed = before.seal == 0
    while lines := _lines(database, end.seal):
        end = _follow(database, lines, end)
        passed = passed or _passes(lines, before)
    if not passed:
        _lost(database, before, end)
    keep(database, end)


def _take(database: PhiDatabase) -> None:
    """Follows what was chained since, tells it to the journal, and keeps its end."""
    before = kept(database)
    last = int(owner_session(database.container, database.database).execute([*PLAIN, LAST])[-1])
    if last < before.seal:
        _lost(database, before, End(last))
    end = before
    while lines := _lines(database, end.seal):
        end = _follow(database, lines, end)
        for line in lines:
            print(f"phi-access {database.container}/{database.database} {one_line(line)}", flush=True)
        keep(database, end)


def _lines(database: PhiDatabase, after: int) -> Sequence[str]:
    query = LINES.format(after=int(after), most=LINES_AT_A_TIME)
    return owner_session(database.container, database.database).execute([*PLAIN, query])


def _follow(database: PhiDatabase, lines: Sequence[str], end: End) -> End:
    """The end after these lines. Raises Failed at the first that does not go on from the one before."""
    for line in lines:
        found, _, text = line.partition(" ")
        number = _number(text)
        hashed = hashlib.sha256(bytes.fromhex(end.chain) + text.encode()).hexdigest()
        if number != end.seal + 1 or found != hashed:
            raise Failed(
                f"{database.where}: the record of accesses to patients' data is broken at line {end.seal + 1}: it was "
                "changed after it was written. Compare it with the journal (journalctl -u phiward-phi), at the vault "
                "too; treat it as an incident"
            )
        end = End(number, found)
    return end


def _number(text: str) -> int:
    try:
        entry: object = json.loads(text)[0]
    except (ValueError, IndexError, KeyError, TypeError):
        return -1
    return entry if isinstance(entry, int) else -1


def _passes(lines: Sequence[str], before: End) -> bool:
    return any(line.startswith(f"{before.chain} [{before.seal},") for line in lines)


def _lost(database: PhiDatabase, before: End, end: End) -> None:
    """Told once, as an alert: a person judges whether a restore explains it."""
    keep(database, End())
    raise Failed(
        f"{database.where}: the record of accesses to patients' data ends at line {end.seal} or goes on otherwise; it "
        f"had {before.seal} lines. A restore of an earlier backup does that: then its missing lines are in the journal "
        "alone. If nobody restored it, treat it as an incident"
    )


def _path(database: PhiDatabase) -> str:
    return f"{paths.BASE}/phi/{database.container}.{database.database}.json"


def kept(database: PhiDatabase) -> End:
    """The end of the chain that this host saw last."""
    # Where it is lost, the chain is read from its first line.
    return records.read_or_begin(_path(database), End.from_json, End(), LOG)


def keep(database: PhiDatabase, end: End) -> None:
    """Keeps another end than before."""
    if kept(database) != end:
        records.write_json(_path(database), {"seal": end.seal, "chain": end.chain}, LOG)


def since(database: PhiDatabase, day: str) -> Sequence[str]:
    """The lines of the record since a day, the first ones where there are more, each as JSON."""
    query = (
        f"SELECT pg_catalog.jsonb_build_object('at', l.at, 'login', l.login, 'accessor', l.accessor, 'subject', "
        f"l.subject, 'reason', l.reason) FROM {SCHEMA}.phi_access_log l WHERE l.at >= {literal(day)}::timestamptz "
        f"ORDER BY l.at, l.id LIMIT {LINES_AT_A_TIME};"
    )
    return owner_session(database.container, database.database).execute([*PLAIN, query])
