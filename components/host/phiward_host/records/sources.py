"""The journals of each host: at the vault what the host sent, and this host's own."""

import contextlib
import errno
import os
import re
import struct
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

from phiward_host.common import files

JOURNALS = "/var/log/journal"
REMOTE = "remote"
# systemd-journal-remote names a file for whom it is from; what follows the @ is of files that are full.
_REMOTE_FILE = re.compile(r"remote-([a-z][a-z0-9.-]{0,252})(@[0-9a-f-]{1,120})?\.journal~?")
_OWN_FILE = re.compile(r"(system|user-[0-9]{1,10})(@[0-9a-f-]{1,120})?\.journal~?")
_MACHINE = re.compile(r"[0-9a-f]{32}")
# Journal File Format of systemd: the signature, and where the times of the first and last entry are.
SIGNATURE, TIMES_AT, HEADER_BYTES = b"LPKSHHRH", 184, 200


@dataclass(frozen=True)
class Source:
    """A journal file, relative to `JOURNALS`, of one host."""

    host: str
    path: str


def sources(own: str) -> Sequence[Source]:
    """All journal files of this machine; its own entries are those of the host `own`. Raises OSError."""
    found: list[Source] = []
    for name in _names(REMOTE):
        match = _REMOTE_FILE.fullmatch(name)
        if match is not None:
            found.append(Source(match.group(1), f"{REMOTE}/{name}"))
    for machine in filter(_MACHINE.fullmatch, _names(".")):
        found += [Source(own, f"{machine}/{name}") for name in _names(machine) if _OWN_FILE.fullmatch(name)]
    return found


def _names(directory: str) -> Sequence[str]:
    try:
        return files.names_beneath(JOURNALS, directory)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return []
        raise


def by_host(found: Sequence[Source]) -> Mapping[str, Sequence[Source]]:
    hosts: dict[str, list[Source]] = {}
    for source in found:
        hosts.setdefault(source.host, []).append(source)
    return hosts


@contextlib.contextmanager
def opened(chosen: Sequence[Source], begin: int, end: int) -> Generator[Sequence[int]]:
    """Descriptors of the files that may hold entries of that time, in microseconds."""
    with contextlib.ExitStack() as stack:
        descriptors: list[int] = []
        for source in chosen:
            try:
                descriptor = stack.enter_context(files.reading_beneath(JOURNALS, source.path))
            except OSError as error:
                # Rotated away since it was listed, or a link: it is none of the record.
                if error.errno in (errno.ENOENT, *files.NO_FILE):
                    continue
                raise
            if _overlaps(os.pread(descriptor, HEADER_BYTES, 0), begin, end):
                descriptors.append(descriptor)
        yield descriptors


def _overlaps(header: bytes, begin: int, end: int) -> bool:
    if len(header) < HEADER_BYTES or header[:8] != SIGNATURE:
        return False
    first, last = struct.unpack_from("<QQ", header, TIMES_AT)
    # A file that is being written may not know its last entry yet; one without entries has neither.
    return first != 0 and first < end and (last == 0 or last >= begin)
