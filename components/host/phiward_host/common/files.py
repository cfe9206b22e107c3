"""Files: replaced in one step and on disk before the call returns, read whole."""

import contextlib
import hashlib
import json
import os
from collections.abc import Generator


def write(path: str, data: bytes | str, *, owner: tuple[int, int] | None = None, mode: int = 0o600) -> None:
    """Replaces a file in one step, synced to disk with its directory.

    Text is written as UTF-8. `owner` None is the account that runs this. The directory has to be there.
    """
    stage(path, data, owner=owner, mode=mode)
    put_in_place(path)


def stage(path: str, data: bytes | str, *, owner: tuple[int, int] | None = None, mode: int = 0o600) -> None:
    """Writes what `path` is going to hold beside it, synced to disk; `put_in_place` is the second half."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    with open(os.open(beside(path), flags, 0o600), "wb") as file:
        file.write(data.encode() if isinstance(data, str) else data)
        if owner is not None:
            os.fchown(file.fileno(), *owner)
        os.fchmod(file.fileno(), mode)
        file.flush()
        os.fsync(file.fileno())


def put_in_place(path: str) -> None:
    """Puts the staged file in its place, in one step."""
    os.replace(beside(path), path)
    sync_directory(os.path.dirname(path))


def beside(path: str) -> str:
    """Where a file is staged; in the same directory, so that it can be put in place in one step."""
    return os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.phiward-new")


def sync_directory(path: str) -> None:
    """Makes names in a directory (new, replaced, removed) outlast a power cut."""
    descriptor = os.open(path or ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_directory(path: str, mode: int = 0o700) -> None:
    """Makes a directory with all above it, unless it is there; one that is there keeps its mode."""
    os.makedirs(path, mode=mode, exist_ok=True)


def remove(path: str) -> None:
    """Removes a file or link; one that is not there is no error."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def read_text(path: str) -> str:
    """The file's text. Raises OSError."""
    with open(path, encoding="utf-8") as file:
        return file.read()


def read_json(path: str) -> object:
    """The file's JSON, to be decoded with common.decode; None if there is no file. Raises OSError and ValueError."""
    try:
        return json.loads(read_text(path))
    except FileNotFoundError:
        return None


def write_json(path: str, value: object, *, mode: int = 0o600) -> None:
    """Replaces a file with a value as JSON."""
    write(path, json.dumps(value), mode=mode)


def sha256(path: str) -> str:
    """SHA-256 of a file's content, hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def secret_file(value: str) -> Generator[tuple[int, str], None, None]:
    """A secret as a file on no disk: its descriptor, for `pass_fds`, and the path at which a child reads it."""
    descriptor = os.memfd_create("secret")
    try:
        os.write(descriptor, value.encode())
        yield descriptor, f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
