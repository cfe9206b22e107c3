"""Sealed sessions that a host leaves at its vault: added under their own hash, and never replaced."""

import hashlib
import os
import re
from collections.abc import Iterator
from typing import BinaryIO

from phiward_host.common import files, staging
from phiward_host.common.errors import Refused

HEADER = b"-----BEGIN AGE ENCRYPTED FILE-----\n"
# As phiward_host/sessions/recorded.py names them; what answers a host loads no more than it needs.
NAME = re.compile(r"[a-z_][a-z0-9_-]{0,31}-[0-9]{8}T[0-9]{6}-[A-Za-z0-9]{6}", re.ASCII)
DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
CHUNK = 1 << 16
# A session is recorded in a file system of 64 MB; encrypted and armoured it is a third larger at most.
MOST_BYTES = 96 << 20
# Of one host: years of sessions, and a part of the vault's disk.
MOST_OF_HOST, MOST_FILES = 4 << 30, 50_000


def keep(home: str, name: str, digest: str, source: BinaryIO) -> str:
    """Keeps one, if all of it came. Returns what the host waits for before it removes its own. Raises Refused."""
    if NAME.fullmatch(name) is None or DIGEST.fullmatch(digest) is None:
        raise Refused("what was sent is not a sealed session")
    directory = f"{home}/sessions"
    files.make_directory(directory)
    path = f"{directory}/{name}.{digest[:16]}.age"
    if files.exists(path) and files.sha256(path) == digest:
        return f"kept {digest}"
    if files.exists(path):
        raise Refused("another session is there under that name")
    # What was cut off while it came.
    staging.remove_staged(path)
    _require_room(directory)
    partial = f"{directory}/{staging.staged_name()}"
    try:
        with files.making(partial) as file:
            found = hashlib.sha256()
            for part in _parts(source):
                found.update(part)
                file.write(part)
            if found.hexdigest() != digest:
                raise Refused("the session did not arrive whole")
            file.flush()
            os.fchmod(file.fileno(), 0o400)
            os.fsync(file.fileno())
        files.rename(partial, path)
    finally:
        files.remove(partial)
    return f"kept {digest}"


def _parts(source: BinaryIO) -> Iterator[bytes]:
    """What is sent, in parts, as long as it can be a sealed session. Raises Refused."""
    taken = 0
    while part := source.read(CHUNK):
        if taken == 0 and not part.startswith(HEADER):
            raise Refused("what was sent is not a sealed session")
        taken += len(part)
        if taken > MOST_BYTES:
            raise Refused(f"found more than {MOST_BYTES >> 20} MB, allowed: less, as of any session")
        yield part


def _require_room(directory: str) -> None:
    """Raises Refused where the host has left as much as it may."""
    found = [files.status(f"{directory}/{name}") for name in files.names(directory)]
    total = sum(status.st_size for status in found if status is not None)
    if len(found) >= MOST_FILES or total > MOST_OF_HOST - MOST_BYTES:
        raise Refused("this host has left as many sessions as it may; look at them, and remove old ones on the vault")
