"""The repositories that this host has backed up to, by name with restic's id of each.

One that is gone, or another in its place, is a failure: nobody would notice that all earlier backups are lost.
"""

from collections.abc import Mapping

from phiward_host.backup.tools import LOG
from phiward_host.common import lock, paths, records
from phiward_host.common.decode import as_str, dict_of
from phiward_host.common.errors import Damaged, Failed

LOCK_SECONDS = 60


def path() -> str:
    return f"{paths.BASE}/backup/repositories.json"


def read() -> dict[str, str]:
    """The ids, by the repository's name; empty on a host that has not backed up yet. Raises Damaged."""
    return records.read(path(), dict_of(as_str), {})


def forget(name: str) -> None:
    """Takes a repository off the record, on an operator's word: the next backup begins a new one, or takes another."""
    _write({known: identity for known, identity in _read_or_begin().items() if known != name})


def expect(name: str, identity: str) -> None:
    """Keeps the id of a repository that opened; raises Failed where another one is on record under its name.

    It opened by this host's password, so where the record is damaged, it is taken for the one that was there.
    """
    if not identity:
        return
    # A job of the other repository may open that one for the first time now.
    with lock.hold("repositories.lock", name, LOCK_SECONDS):
        found = _read_or_begin()
        expected = found.setdefault(name, identity)
        if identity == expected and found != read():
            _write(found)
    if identity != expected:
        raise Failed(
            f"{name}: another repository is in the place of the one that this host backed up to ({expected[:8]}); "
            f"nothing was added or read. {_advice(name)}"
        )


def refuse_vanished(name: str) -> None:
    """Raises Failed where a repository that is on record is gone."""
    try:
        expected = read().get(name)
    except Damaged as damaged:
        raise Failed(
            f"{name}: there is no repository, and whether there was one is not known: {damaged}. {_advice(name)}"
        ) from damaged
    if expected is not None:
        raise Failed(
            f"{name}: the repository that this host backed up to ({expected[:8]}) is gone; no new one was begun. "
            f"{_advice(name)}"
        )


def _advice(name: str) -> str:
    return (
        f"Find out why and put it back; or, to begin a new one: npx phiward backup --host HOST --new-repository {name}"
    )


def _read_or_begin() -> dict[str, str]:
    return records.read_or_begin(path(), dict_of(as_str), {}, LOG)


def _write(found: Mapping[str, str]) -> None:
    records.write_json(path(), dict(found), LOG)
