"""Archives of images on their way to this host: named by the id of the image, whole or not at all."""

import hashlib
import os
import re
from dataclasses import dataclass
from typing import BinaryIO

from phiward_host.common import files, lock, paths, staging
from phiward_host.common.aside import make_directory, make_way
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Refused
from phiward_host.common.staging import Staged

NAME = re.compile(r"[0-9a-f]{64}\.tar(\.[a-z0-9]{1,8})?")
SHA256 = re.compile(r"[0-9a-f]{64}")
PART_BYTES = 1 << 20
LOCK_SECONDS = 60


@dataclass(frozen=True)
class Archive:
    """An archive: its name, and the hash of its content."""

    name: str
    sha256: str

    @staticmethod
    def from_json(value: object, path: str) -> "Archive":
        fields = Fields.of(value, path)
        found = Archive(fields.text("name"), fields.text("sha256"))
        # The name becomes part of a path that root writes.
        if NAME.fullmatch(found.name) is None:
            raise Refused(f"{path}.name: allowed: the id of an image with .tar, 64 hexadecimal digits")
        if SHA256.fullmatch(found.sha256) is None:
            raise Refused(f"{path}.sha256: allowed: 64 hexadecimal digits")
        return found


def directory() -> str:
    return f"{paths.BASE}/images"


def is_present(archive: Archive) -> bool:
    """Whether the archive is here, with this very content."""
    path = f"{directory()}/{archive.name}"
    return files.is_file(path) and files.sha256(path) == archive.sha256


def receive(archive: Archive, size: int, source: BinaryIO) -> None:
    """Reads the archive, exactly `size` bytes, and puts it in place once its hash is right.

    Raises Refused otherwise; nothing is kept then.
    """
    make_directory(directory())
    with lock.hold("images.lock", f"receive {archive.name}", LOCK_SECONDS):
        remove_leftovers()
        free = files.free_bytes(directory())
        if size > free:
            raise Refused(f"the archive has {size} bytes, and {free} are free in {directory()}; nothing was kept")
        path = f"{directory()}/{archive.name}"
        staged = Staged(path, staging.staged_name())
        try:
            found = copy(source, f"{directory()}/{staged.name}", size)
            if found != archive.sha256:
                raise Refused("the archive arrived incomplete or changed; nothing was kept")
            make_way(path)
            staging.put_in_place(staged)
        finally:
            staging.discard(staged)


def copy(source: BinaryIO, path: str, size: int) -> str:
    """Writes `size` bytes of the source, synced to disk. Returns their SHA-256. Raises Refused for fewer or more."""
    digest, missing = hashlib.sha256(), size
    with files.making(path) as target:
        while missing > 0:
            part = source.read(min(PART_BYTES, missing))
            if not part:
                raise Refused("the archive arrived incomplete; nothing was kept")
            digest.update(part)
            target.write(part)
            missing -= len(part)
        if source.read(1):
            raise Refused("more than the archive arrived; nothing was kept")
        target.flush()
        os.fsync(target.fileno())
    return digest.hexdigest()


def remove_leftovers() -> None:
    """Removes what a connection that was cut off left, also of earlier versions."""
    for pattern in (".*.phiward-new", ".new-*", ".phiward-*.new"):
        for path in files.matching(f"{directory()}/{pattern}"):
            files.remove(path)
