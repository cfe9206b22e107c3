"""Files in a host's repository that restic did not write or cannot read: they are moved aside, and reported."""

import os
import re
import stat
import time
from collections.abc import Sequence

from phiward_host.common import files, trees
from phiward_host.common.decode import as_strs, dict_of
from phiward_host.vault.store import Key, Store

ID = re.compile("[0-9a-f]{64}")
# All that restic makes in a repository; a killed prune may leave a part of one.
RESTIC_NAMES = re.compile(r"config|((index|keys|locks|snapshots)|data/[0-9a-f]{2})/[0-9a-f]{64}(-tmp-[0-9]+)?")
# What restic must read before it can do anything: one of these that it cannot read keeps it from all the others.
NEEDED = ("keys", "index", "snapshots")
# Directory of the repository, and what `restic cat` calls one of its files.
LISTED = (("index", "index"), ("snapshots", "snapshot"))
# Seconds after which nobody is still writing a file.
SETTLED_SECONDS = 600
# Keys that are tried, oldest first: restic itself gives up at 20, so that a flood of them would lock everyone out.
MOST_KEYS = 40


def move_aside(store: Store, paths: Sequence[str]) -> list[str]:
    """Moves files of the repository, named relative to it, to the quarantine. Returns their names."""
    if paths:
        store.look(lambda: _move(store.repository, store.quarantine, paths))
    return list(paths)


def _move(repository: str, quarantine: str, paths: Sequence[str]) -> None:
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    found = files.status(quarantine)
    if found is not None and found.st_uid != os.geteuid():
        # Former versions made it as root; it stays beside the account's own.
        files.rename(quarantine, f"{quarantine}-{stamp}")
    for path in paths:
        target = f"{quarantine}/{stamp}/{path}"
        files.make_directory(os.path.dirname(target))
        files.rename(f"{repository}/{path}", target)


def unexpected_files(directory: str, now: float) -> list[str]:
    """Files that restic never makes: of another name, or whose name is not the checksum of their content."""
    found = trees.paths_below(directory)
    broken = {
        f"{kind}/{name}"
        for kind in NEEDED
        for name in settled_names(f"{directory}/{kind}", now)
        if files.sha256(f"{directory}/{kind}/{name}") != name
    }
    return [path for path in found if RESTIC_NAMES.fullmatch(path) is None or path in broken]


def settled_names(directory: str, now: float) -> list[str]:
    """Names of the files in a directory that nobody is still writing, oldest first."""
    if not files.is_directory(directory):
        return []
    found = {name: files.status(f"{directory}/{name}") for name in files.names(directory) if ID.fullmatch(name)}
    times = {name: at.st_mtime for name, at in found.items() if at is not None and stat.S_ISREG(at.st_mode)}
    settled = [name for name, at in times.items() if at < now - SETTLED_SECONDS]
    return sorted(settled, key=lambda name: times[name])


def unreadable_files(store: Store, now: float) -> list[str]:
    """Files of a right name that no password of the host opens: they keep restic from all the others."""
    settled = dict_of(as_strs)(
        store.look(lambda: {kind: settled_names(f"{store.repository}/{kind}", now) for kind in NEEDED}), "settled"
    )
    with store.keys() as passwords:
        key = next((password for password in passwords if store.opens(password)), None)
        unopened: list[str] = []
        if key is None:
            names = settled["keys"]
            opening = _opening_keys(store, passwords, names)
            if not opening:
                return []
            key = next(iter(opening.values()))
            unopened = [f"keys/{name}" for name in names if name not in opening]
        return unopened + [
            f"{kind}/{name}"
            for kind, what in LISTED
            for name in settled[kind]
            if store.restic(key, "--no-lock", "cat", what, name).code != 0
        ]


def _opening_keys(store: Store, passwords: Sequence[Key], names: Sequence[str]) -> dict[str, Key]:
    """The keys of the repository that a password opens. Named by a hint, a key is tried before all others."""
    hinted = (Key(key.descriptor, key.path, name) for name in names[:MOST_KEYS] for key in passwords)
    return {key.hint: key for key in hinted if key.hint is not None and store.opens(key)}
