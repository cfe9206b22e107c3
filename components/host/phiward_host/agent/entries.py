"""The old state of one path: how it is kept in a transaction, and how it is put back."""

import contextlib
import os
import shutil
from dataclasses import dataclass
from typing import assert_never

from phiward_host.common import files
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


Entry = WasAbsent | WasLink | WasDirectory | WasFile


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
        case _:
            assert_never(old)


def remember(path: str, home: str, number: int) -> Entry:
    """Looks at a path and keeps a copy of a file, synced, in the transaction's directory `home`."""
    if os.path.islink(path):
        return WasLink(path, os.readlink(path))
    if os.path.isdir(path):
        found = os.stat(path)
        return WasDirectory(path, (found.st_uid, found.st_gid), found.st_mode & 0o7777)
    if not os.path.exists(path):
        return WasAbsent(path)
    found = os.stat(path)
    backup = f"{home}/{number}"
    shutil.copy2(path, backup)
    os.chown(backup, found.st_uid, found.st_gid)
    with open(backup, "rb") as copy:
        os.fsync(copy.fileno())
    return WasFile(path, number)


def restore(old: Entry, home: str) -> None:
    """Puts a path back as it was; what was staged beside it goes. It can be run again. Raises OSError."""
    files.remove(files.beside(old.path))
    match old:
        case WasFile(path, backup):
            restore_file(path, f"{home}/{backup}")
        case WasDirectory(path, owner, mode):
            os.makedirs(path, exist_ok=True)
            os.chown(path, *owner)
            os.chmod(path, mode)
        case WasAbsent(path):
            clear(path)
        case WasLink(path, target):
            clear(path)
            os.symlink(target, path)
        case _:
            assert_never(old)


def clear(path: str) -> None:
    """Removes what is at a path; a directory that is not empty stays."""
    if os.path.isdir(path) and not os.path.islink(path):
        with contextlib.suppress(OSError):
            os.rmdir(path)
    else:
        files.remove(path)


def restore_file(path: str, backup: str) -> None:
    if not os.path.exists(backup):
        return  # this very roll-back was interrupted after it
    os.makedirs(os.path.dirname(path), exist_ok=True)
    try:
        os.replace(backup, path)  # needs no space on a full disk
    except OSError:
        shutil.copy2(backup, files.beside(path))
        found = os.stat(backup)
        os.chown(files.beside(path), found.st_uid, found.st_gid)
        os.replace(files.beside(path), path)
