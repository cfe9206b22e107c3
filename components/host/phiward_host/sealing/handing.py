"""Files of this host's journal as an archive on standard output, for a look at their seals elsewhere."""

import gzip
import os
import sys
import tarfile
from collections.abc import Iterator

from phiward_host.common import cli, files
from phiward_host.common.errors import Refused
from phiward_host.sealing.header import BYTES, NAME, Header
from phiward_host.sealing.key import machine, rotate

# What is looked at in one go; and of so many files no more are begun for it: journald removes the oldest of 2000
# (SystemMaxFiles), and who asks again and again has none of the record go.
MOST_BYTES, MOST_FILES = 4 << 30, 1500
# ops/lib/audit/seals.ts knows it by these words.
NOT_CLOSED = "the newest file was not closed for this look"


def hand(begin: float, end: float) -> int:
    """Writes the files with records between two times, seconds since 1970. Raises Refused where there are too many.

    The file that is being written is closed before, and sealed with that: of a file that changes nothing can be said.
    Where there are too many files for that, it is left out, and standard error says so.
    """
    if sum(1 for _ in _full()) < MOST_FILES:
        rotate()
    else:
        cli.complain(NOT_CLOSED)
    wanted = [name for name in _full() if _is_within(name, begin, end)]
    found = (files.status(f"{machine()}/{name}") for name in wanted)
    if sum(status.st_size for status in found if status is not None) > MOST_BYTES:
        raise Refused(f"found more than {MOST_BYTES >> 30} GB of journal, allowed: a shorter time by --from and --to")
    with (
        gzip.GzipFile(fileobj=sys.stdout.buffer, mode="wb", compresslevel=1, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|") as archive,
    ):
        for name in wanted:
            _add(archive, name)
    sys.stdout.buffer.flush()
    return cli.DONE


def _full() -> Iterator[str]:
    return (name for name in files.names(machine()) if NAME.fullmatch(name) is not None)


def _is_within(name: str, begin: float, end: float) -> bool:
    try:
        with files.reading(f"{machine()}/{name}") as descriptor:
            header = Header.of(os.pread(descriptor, BYTES, 0))
    except FileNotFoundError:
        # journald has removed it by its age or size meanwhile.
        return False
    # One whose beginning was destroyed is looked at, whenever it is of.
    return header is None or (header.head <= end and header.tail >= begin)


def _add(archive: tarfile.TarFile, name: str) -> None:
    member = tarfile.TarInfo(name)
    with files.reading(f"{machine()}/{name}") as descriptor, os.fdopen(os.dup(descriptor), "rb") as file:
        member.size = os.fstat(descriptor).st_size
        archive.addfile(member, file)
