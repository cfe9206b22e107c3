"""Records of a unit that are damaged: kept under other names, and the unit counts as not applied."""

from dataclasses import replace

from phiward_host.agent.generation import UNKNOWN, Generation
from phiward_host.agent.transaction import Transaction
from phiward_host.common import files, records
from phiward_host.common.errors import Damaged
from phiward_host.common.log import RootLog


def set_damaged_aside(transaction: Transaction) -> list[str]:
    """Sets damaged records of a unit aside, under the lock of the host. Returns, in words, which. Raises OSError."""
    log, words = RootLog(transaction.unit), list[str]()
    try:
        records.read(transaction.generation_path, Generation.from_json, None)
    except Damaged:
        aside = records.set_aside(transaction.generation_path, log)
        words.append(f"{transaction.generation_path} was damaged; it is kept as {aside}")
        records.write_json(transaction.generation_path, Generation(UNKNOWN, [], []).to_json(), log)
    # Where the unit's directory was none, it went whole.
    if transaction.is_damaged and files.exists(transaction.path):
        aside = records.set_aside(transaction.path, log)
        words.append(
            f"{transaction.path}/manifest.json was damaged, so what was begun could not be rolled back; it is kept "
            f"in {aside}. The next npx phiward up applies the unit again"
        )
        known = replace(transaction.generation(), hash=UNKNOWN)
        records.write_json(transaction.generation_path, known.to_json(), log)
    transaction.is_damaged = False
    return words
