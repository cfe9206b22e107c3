"""Files in a host's repository that restic did not write or cannot read: they are moved aside, and reported."""

import os
import stat
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from phiward_host.backup.listing import Listed, in_batches
from phiward_host.common import files
from phiward_host.common.decode import as_strs, dict_of
from phiward_host.vault.arrivals import ID
from phiward_host.vault.layout import FILES, present
from phiward_host.vault.store import Key, Store

T = TypeVar("T")
# What restic must read before it can do anything: one of these that it cannot read keeps it from all the others.
NEEDED = ("keys", "index", "snapshots")
# Directories of the repository of which restic can read one file by its name.
LISTED = ("index", "snapshots")
# Of what restic never makes, how much is moved in one run.
MOST_MOVED = 20_000
# Of files that were moved aside, how many are tried again at a time.
MOST_PUT_BACK = 40
# Seconds after which nobody is still writing a file.
SETTLED_SECONDS = 600
# Keys that are tried, oldest first: restic itself gives up at 20, so that a flood of them would lock everyone out.
MOST_KEYS = 40
# How many index files are tried one by one.
MOST_TRIED = 200
# A file is believed to be unreadable when it was tried so often, with a pause between.
ATTEMPTS, PAUSE_SECONDS = 3, 5.0


def move_unexpected(store: Store, now: float) -> list[str]:
    """Moves what restic never makes to the quarantine, each directory as a whole. Returns their names.

    In one run so many at most: a host can add them as fast as they are moved.
    """

    def move() -> list[str]:
        found = unexpected(store.repository, now)[:MOST_MOVED]
        _move(store.repository, store.quarantine, found)
        return found

    return as_strs(store.look(move), "unexpected files")


def move_aside(store: Store, paths: Sequence[str]) -> list[str]:
    """Moves files of the repository, named relative to it, to the quarantine. Returns their names."""
    store.look(lambda: _move(store.repository, store.quarantine, paths))
    return list(paths)


def _move(repository: str, quarantine: str, paths: Sequence[str]) -> None:
    place = begin(quarantine) if paths else ""
    for path in paths:
        target = f"{place}/{path}"
        files.make_directory(os.path.dirname(target))
        files.rename(f"{repository}/{path}", target)


def begin(quarantine: str) -> str:
    """Where what is moved now goes; with the rights of the account."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    found = files.status(quarantine)
    if found is not None and found.st_uid != os.geteuid():
        # Former versions made it as root; it stays beside the account's own.
        files.rename(quarantine, f"{quarantine}-{stamp}")
    return f"{quarantine}/{stamp}"


def unexpected(directory: str, now: float) -> list[str]:
    """What restic never makes: of another name, a directory, or whose name is not the checksum of its content."""
    broken = {
        f"{kind}/{name}"
        for kind in NEEDED
        for name in settled_names(f"{directory}/{kind}", now)
        # Twice: one bad read is no reason to move a good file.
        if all(files.sha256(f"{directory}/{kind}/{name}") != name for _ in range(2))
    }
    return sorted(
        path
        for path, found in present(directory)
        if FILES.fullmatch(path) is None or stat.S_ISDIR(found.st_mode) or path in broken
    )


def settled_names(directory: str, now: float) -> list[str]:
    """Names of the files in a directory that nobody is still writing, oldest first."""
    if not files.is_directory(directory):
        return []
    found = {name: files.status(f"{directory}/{name}") for name in files.names(directory) if ID.fullmatch(name)}
    times = {name: at.st_mtime for name, at in found.items() if at is not None and stat.S_ISREG(at.st_mode)}
    settled = [name for name, at in times.items() if at < now - SETTLED_SECONDS]
    return sorted(settled, key=lambda name: times[name])


def unreadable_files(store: Store, now: float) -> list[str]:
    """Files of a right name that no password of the host opens: they keep restic from all the others.

    None is named because of one failed look: each is tried again, after a pause.
    """
    settled = dict_of(as_strs)(
        store.look(lambda: {kind: settled_names(f"{store.repository}/{kind}", now) for kind in NEEDED}), "settled"
    )
    with store.keys() as passwords:
        key = _opening(store, passwords)
        unopened: list[str] = []
        if key is None:
            names = settled["keys"][:MOST_KEYS]
            hints = [Key(password.descriptor, password.path, name) for name in names for password in passwords]
            closed = _still_failing(hints, store.opens)
            opening = [hint for hint in hints if hint not in closed]
            if not opening:
                return []
            key = opening[0]
            good = {hint.hint for hint in opening}
            unopened = [f"keys/{name}" for name in names if name not in good]
        opened = key
        # To try one takes a second. An index of so many files is made from the packs again.
        index = settled["index"] if len(settled["index"]) <= MOST_TRIED else []
        failing = _still_failing(index, lambda name: _reads(store, opened, "index", name))
        foreign = _foreign(store, opened, settled["snapshots"])
        return [*unopened, *(f"index/{name}" for name in failing), *(f"snapshots/{name}" for name in foreign)]


def _foreign(store: Store, key: Key, snapshots: Sequence[str]) -> list[str]:
    """Those that no host makes, or that restic does not list in any of several rounds."""
    foreign: list[str] = []
    failing = list(snapshots)
    for attempt in range(ATTEMPTS):
        if attempt > 0 and failing:
            time.sleep(PAUSE_SECONDS)
        listed = _listed(store, key, failing)
        foreign += listed.foreign
        failing = listed.unlisted
    return [*foreign, *failing]


def put_back_readable(store: Store) -> list[str]:
    """Puts back what was moved aside and can be read: it was good, and a prune without it loses it. Their names."""
    found = dict_of(as_strs)(store.look(lambda: _quarantined(store)), "quarantined files")
    back: list[str] = []
    with store.keys() as passwords:
        key = _opening(store, passwords)
        if key is None:
            return []
        for kind in LISTED:
            for path in found[kind]:
                name = os.path.basename(path)
                place = f"{store.repository}/{kind}/{name}"
                if store.look(lambda path=path, place=place: _moved(path, place)) is not True:
                    continue
                if _reads(store, key, kind, name):
                    back.append(f"{kind}/{name}")
                else:
                    store.look(lambda path=path, place=place: _moved(place, path))
    return back


def _quarantined(store: Store) -> dict[str, list[str]]:
    """What was moved aside, of the kinds that restic can read by name: the paths, of each kind so many at most."""
    stamps = files.names_if_any(store.quarantine)
    return {
        kind: [
            path
            for stamp in stamps
            for path in files.matching(f"{store.quarantine}/{stamp}/{kind}/*")
            if ID.fullmatch(os.path.basename(path))
        ][:MOST_PUT_BACK]
        for kind in LISTED
    }


def _moved(path: str, target: str) -> bool:
    """Moves a file to where nothing is; whether it did."""
    if files.exists(target):
        return False
    files.rename(path, target)
    return True


def _opening(store: Store, passwords: Sequence[Key]) -> Key | None:
    """The first password that opens the repository."""
    closed = _still_failing(passwords, store.opens, any_will_do=True)
    return next((password for password in passwords if password not in closed), None)


def _still_failing(entries: Sequence[T], works: Callable[[T], bool], *, any_will_do: bool = False) -> list[T]:
    """The entries with which something does not work in any of several rounds; `any_will_do`: until one works."""
    failing = list(entries)
    for attempt in range(ATTEMPTS):
        if not failing or (any_will_do and len(failing) < len(entries)):
            break
        if attempt > 0:
            time.sleep(PAUSE_SECONDS)
        failing = [entry for entry in failing if not works(entry)]
    return failing


def _listed(store: Store, key: Key, snapshots: Sequence[str]) -> Listed:
    return in_batches(snapshots, lambda batch: store.restic(key, "--no-lock", "snapshots", "--json", *batch))


def _reads(store: Store, key: Key, kind: str, name: str) -> bool:
    """Whether restic can read one of its files, and a snapshot is one that a host makes."""
    if kind == "snapshots":
        return len(_listed(store, key, [name]).found) > 0
    return store.restic(key, "--no-lock", "cat", "index", name).code == 0
