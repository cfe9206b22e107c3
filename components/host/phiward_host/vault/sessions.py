"""What a host leaves at its vault, encrypted: added under its own hash, and never replaced."""

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from phiward_host.common import files, staging
from phiward_host.common.errors import Refused

HEADER = b"-----BEGIN AGE ENCRYPTED FILE-----\n"
DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
CHUNK = 1 << 16


@dataclass(frozen=True)
class Kind:
    """One sort of what is left: where, how it is named, and how much one has and all of a host have at most."""

    noun: str
    directory: str
    # What answers a host loads no more than it needs: these are the patterns of the programs that send.
    name: re.Pattern[str]
    most_bytes: int
    most_of_host: int
    most_files: int


SESSION = Kind(
    "session",
    "sessions",
    re.compile(r"[a-z_][a-z0-9_-]{0,31}-[0-9]{8}T[0-9]{6}-[A-Za-z0-9]{6}", re.ASCII),
    # A session is recorded in a file system of 64 MB; encrypted and armoured it is a third larger at most.
    most_bytes=96 << 20,
    # Years of sessions, and a part of the vault's disk.
    most_of_host=4 << 30,
    most_files=50_000,
)
VERIFICATION_KEY = Kind(
    "verification key",
    "sealing",
    re.compile(r"[0-9]{8}T[0-9]{6}-[0-9a-f]{16}", re.ASCII),
    most_bytes=1 << 16,
    most_of_host=16 << 20,
    # One for each time that the sealing key of a host is made.
    most_files=1000,
)
KINDS = {"session": SESSION, "verification-key": VERIFICATION_KEY}


def keep(kind: Kind, home: str, name: str, digest: str, source: BinaryIO) -> str:
    """Keeps one, if all of it came. Returns what the host waits for before it removes its own. Raises Refused."""
    if kind.name.fullmatch(name) is None or DIGEST.fullmatch(digest) is None:
        raise Refused(f"what was sent is not a sealed {kind.noun}")
    directory = f"{home}/{kind.directory}"
    files.make_directory(directory)
    path = f"{directory}/{name}.{digest[:16]}.age"
    if files.exists(path) and files.sha256(path) == digest:
        return f"kept {digest}"
    if files.exists(path):
        raise Refused(f"another {kind.noun} is there under that name")
    # What was cut off while it came.
    staging.remove_staged(path)
    _require_room(kind, directory)
    partial = f"{directory}/{staging.staged_name()}"
    try:
        with files.making(partial) as file:
            found = hashlib.sha256()
            for part in _parts(kind, source):
                found.update(part)
                file.write(part)
            if found.hexdigest() != digest:
                raise Refused(f"the {kind.noun} did not arrive whole")
            file.flush()
            os.fchmod(file.fileno(), 0o400)
            os.fsync(file.fileno())
        files.rename(partial, path)
    finally:
        files.remove(partial)
    return f"kept {digest}"


def _parts(kind: Kind, source: BinaryIO) -> Iterator[bytes]:
    """What is sent, in parts, as long as it can be one. Raises Refused."""
    taken = 0
    while part := source.read(CHUNK):
        if taken == 0 and not part.startswith(HEADER):
            raise Refused(f"what was sent is not a sealed {kind.noun}")
        taken += len(part)
        if taken > kind.most_bytes:
            raise Refused(f"found more than {kind.most_bytes >> 10} KB, allowed: less, as of any {kind.noun}")
        yield part


def _require_room(kind: Kind, directory: str) -> None:
    """Raises Refused where the host has left as much as it may."""
    found = [files.status(f"{directory}/{name}") for name in files.names(directory)]
    total = sum(status.st_size for status in found if status is not None)
    if len(found) >= kind.most_files or total > kind.most_of_host - kind.most_bytes:
        raise Refused(
            f"this host has left as many {kind.noun}s as it may; look at them, and remove old ones on the vault"
        )
