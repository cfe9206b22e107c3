"""The old state of one path: how it is kept in a transaction, and how it is put back."""

import contextlib
import os
import stat
from dataclasses import dataclass
from typing import assert_never

from phiward_host.common import files, staging, trees
from phiward_host.common.decode import Fields, as_int, list_of
from phiward_host.common.errors import Refused


@dataclass(frozen=True)
class WasAbsent:
    path: str


@dataclass(frozen=True)
class WasLink:
    path: str
    target: str


@dataclass(frozen=True)
class WasDirectory:
    path: str
    owner: tuple[int, int]
    mode: int


@dataclass(frozen=True)
class WasFile:
    """A file whose content is kept in the transaction, under the name `backup`."""

    path: str
    backup: int


@dataclass(frozen=True)
class WasMoved:
    """Whatever it was, it was moved whole to the path `to`."""

    path: str
    to: str


Entry = WasAbsent | WasLink | WasDirectory | WasFile | WasMoved


def entry(value: object, path: str) -> Entry:
    """Decodes an entry of a manifest."""
    fields = Fields.of(value, path)
    kind, where = fields.text("kind"), fields.text("path")
    if kind == "absent":
        return WasAbsent(where)
    if kind == "link":
        return WasLink(where, fields.text("target"))
    if kind == "directory":
        user, group = fields.read("owner", list_of(as_int))
        return WasDirectory(where, (user, group), fields.integer("mode"))
    if kind == "file":
        return WasFile(where, fields.integer("backup"))
    if kind == "moved":
        return WasMoved(where, fields.text("to"))
    raise Refused(f"{path}.kind: {kind} is unknown to this agent")


def to_json(old: Entry) -> dict[str, object]:
    """The entry as it is in a manifest."""
    match old:
        case WasAbsent(path):
            return {"path": path, "kind": "absent"}
        case WasLink(path, target):
            return {"path": path, "kind": "link", "target": target}
        case WasDirectory(path, owner, mode):
            return {"path": path, "kind": "directory", "owner": list(owner), "mode": mode}
        case WasFile(path, backup):
            return {"path": path, "kind": "file", "backup": backup}
        case WasMoved(path, to):
            return {"path": path, "kind": "moved", "to": to}
        case _:
            assert_never(old)


def remember(path: str, home: str, number: int) -> Entry:
    """Looks at a path and keeps a copy of a file, synced, in the transaction's directory `home`.

    A pipe, socket or device counts as nothing: the program that uses it makes it again. Raises OSError, before anything
    is changed, where others than root can change the way to it.
    """
    found = files.status(path)
    if found is None:
        return WasAbsent(path)
    if stat.S_ISLNK(found.st_mode):
        return WasLink(path, files.link_target(path) or "")
    if stat.S_ISDIR(found.st_mode):
        return WasDirectory(path, (found.st_uid, found.st_gid), found.st_mode & 0o7777)
    if not stat.S_ISREG(found.st_mode):
        return WasAbsent(path)
    # What a kill left half copied is not on record.
    files.remove(f"{home}/{number}")
    trees.copy(path, f"{home}/{number}")
    return WasFile(path, number)


def restore(old: Entry, home: str) -> None:
    """Puts a path back as it was; what was staged beside it goes. It can be run again. Raises OSError."""
    match old:
        case WasFile(path, backup):
            _restore_file(path, f"{home}/{backup}")
        case WasDirectory(path, owner, mode):
            if not files.is_directory(path):
                _clear(path)
                files.make_directory(path)
            files.set_directory(path, owner, mode)
        case WasAbsent(path):
            _clear(path)
        case WasLink(path, target):
            if files.link_target(path) != target:
                _clear(path)
                _make_way(path)
                files.link(path, target)
        case WasMoved(path, to):
            if files.exists(to):
                trees.remove_tree(path)
                _make_way(path)
                trees.move(to, path)
        case _:
            assert_never(old)


def clear_staged(old: Entry) -> None:
    """Removes what an interrupted change staged beside a path. Raises OSError."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        staging.remove_staged(old.path)


def _clear(path: str) -> None:
    """Removes what is at a path; a directory that is not empty stays."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        if files.is_directory(path):
            with contextlib.suppress(OSError):
                files.remove_empty(path)
        else:
            files.remove(path)


def _make_way(path: str) -> None:
    files.make_directory(os.path.dirname(path), 0o755)


def _restore_file(path: str, backup: str) -> None:
    if not files.exists(backup):
        return  # this very roll-back was interrupted after it
    _make_way(path)
    if files.is_directory(path):
        _clear(path)
    # On one file system it needs no space, also on a full disk.
    trees.move(backup, path)
