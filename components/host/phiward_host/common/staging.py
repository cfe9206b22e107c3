"""Files on their way: written beside their place, whole and on disk, before they are put there in one step."""

import os
import re
import secrets
from dataclasses import dataclass

from phiward_host.common.directory import parent_of
from phiward_host.common.entries import listed, sync_entries, unlink_entry

MAKE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# Staged files, by the process that writes them: two of them never share one, and the name of the target may be long.
STAGED = re.compile(r"\.phiward-(\d+)-[0-9a-f]{16}\.new")


@dataclass(frozen=True)
class Staged:
    """What `path` is going to hold, on disk beside it under `name`."""

    path: str
    name: str


def stage(path: str, data: bytes | str, *, owner: tuple[int, int] | None = None, mode: int = 0o600) -> Staged:
    """Writes what `path` is going to hold beside it, synced to disk; `put_in_place` is the second half.

    Where it fails, on a full disk for example, nothing of it is left.
    """
    with parent_of(path) as (directory, _):
        name = staged_name()
        try:
            with open(os.open(name, MAKE, 0o600, dir_fd=directory), "wb") as file:
                file.write(data.encode() if isinstance(data, str) else data)
                if owner is not None:
                    os.fchown(file.fileno(), *owner)
                os.fchmod(file.fileno(), mode)
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError:
            raise
        except BaseException:
            unlink_entry(name, directory)
            raise
    return Staged(path, name)


def put_in_place(staged: Staged) -> None:
    """Puts the staged file in its place, in one step."""
    with parent_of(staged.path) as (directory, name):
        os.replace(staged.name, name, src_dir_fd=directory, dst_dir_fd=directory)
        sync_entries(directory)


def discard(staged: Staged) -> None:
    """Removes a staged file that was not put in place."""
    with parent_of(staged.path) as (directory, _):
        unlink_entry(staged.name, directory)


def staged_name() -> str:
    """A name for a file until it is put in place."""
    return f".phiward-{os.getpid()}-{secrets.token_hex(8)}.new"


def remove_staged(path: str) -> None:
    """Removes what was staged in the directory of `path` by this process or by one that ended, also by former versions.

    Former versions staged a file as `.NAME.phiward-new`.
    """
    with parent_of(path) as (directory, name):
        for found in listed(directory):
            match = STAGED.fullmatch(found)
            ended = match is not None and (int(match[1]) == os.getpid() or not _is_alive(int(match[1])))
            if ended or found == f".{name}.phiward-new":
                unlink_entry(found, directory)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
