"""Which packs hold what they say: each is read once, whole, before anything is removed because of it."""

import json
import os
import time
from collections.abc import Collection, Mapping

from phiward_host.common import files, paths, records
from phiward_host.common.decode import Fields, as_str, as_strs, dict_of, list_of, optional
from phiward_host.vault.copies import copied
from phiward_host.vault.quarantine import PAUSE_SECONDS, SETTLED_SECONDS
from phiward_host.vault.store import LOG, OpenStore


def prove(repository: OpenStore, kept: Mapping[str, str]) -> set[str]:
    """The packs among what a repository keeps whose header and content agree, as paths. Raises Failed.

    What was read before is not read again: nobody can change a file through the vault's door. Damage that comes later
    is for the daily check.
    """
    packs = {path: mark for path, mark in kept.items() if path.startswith("data/")}
    host = repository.store.host
    before = read(host)
    proven = {path for path, mark in packs.items() if before.get(path) == mark}
    unread = packs.keys() - proven
    if unread:
        proven |= _hold_what_they_say(repository, kept, unread)
    rest = packs.keys() - proven
    if rest:
        # One bad read is no reason to give up a good pack.
        time.sleep(PAUSE_SECONDS)
        proven |= _hold_what_they_say(repository, kept, rest)
    write(host, {path: packs[path] for path in sorted(proven)})
    return proven


def broken_packs(kept: Mapping[str, str], proven: Collection[str]) -> list[str]:
    """The packs that do not hold what they say, and that nobody is still writing."""
    limit = (time.time() - SETTLED_SECONDS) * 1e9
    return [
        path
        for path, mark in kept.items()
        if path.startswith("data/") and path not in proven and int(mark.split()[1]) < limit
    ]


def _hold_what_they_say(repository: OpenStore, kept: Mapping[str, str], packs: Collection[str]) -> set[str]:
    """Those of the packs that restic can read whole, each blob under its own checksum."""
    opening = [path for path in kept if path == "config" or path.startswith("keys/")]
    with copied(repository, [*opening, *packs]) as copy:
        copy.must("its packs cannot be read", "repair", "index", "--read-all-packs", "--quiet")
        done = copy.tried("check", "--no-lock", "--read-data", "--json")
        wrong = _wrong(done.stdout)
        if wrong is None or (done.code != 0) != bool(wrong):
            copy.fail("its packs cannot be read", done)
        indexes = copy.must("its index cannot be listed", "list", "index", "--no-lock", "--quiet").split()
        right: set[str] = set()
        for index in indexes:
            right |= _packs_of(copy.must("its index cannot be read", "cat", "index", index, "--no-lock", "--quiet"))
    return {path for path in packs if os.path.basename(path) in right - set(wrong or [])}


def _wrong(output: str) -> list[str] | None:
    """The packs that a check found wrong; None where it did not come to its end."""
    for line in output.splitlines():
        try:
            fields = Fields.of(json.loads(line), "restic check")
        except ValueError:
            continue
        if fields.values.get("message_type") == "summary":
            return fields.read_or("broken_packs", optional(as_strs), None) or []
    return None


def _packs_of(index: str) -> set[str]:
    fields = Fields.of(json.loads(index), "restic cat index")
    return set(fields.read_or("packs", optional(list_of(_id)), None) or [])


def _id(value: object, path: str) -> str:
    return Fields.of(value, path).text("id")


def read(host: str) -> dict[str, str]:
    """The packs of a host that were read, with what tells whether each is still the same file."""
    return records.read_or_begin(_path(host), dict_of(as_str), {}, LOG)


def size_of_record(host: str) -> int:
    """How large the record of a host's packs is, in bytes: what tells hosts with many from those with few."""
    found = files.status(_path(host))
    return 0 if found is None else found.st_size


def write(host: str, proven: Mapping[str, str]) -> None:
    records.write_json(_path(host), dict(proven), LOG)


def _path(host: str) -> str:
    return f"{paths.BASE}/vault/{host}.packs.json"
