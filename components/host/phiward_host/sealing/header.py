"""What a file of the journal says of itself in its first bytes (systemd.io/JOURNAL_FILE_FORMAT)."""

import re
import struct
from dataclasses import dataclass
from typing import Self

SIGNATURE = b"LPKSHHRH"
BYTES = 272
SEALED = 1
# Compatible flags after the signature, whether a program has it open, its own id, whose numbers its records have, how
# many there are, the last number and the first, times of the first and the last record, and how many tags there are.
FLAGS_AT, STATE_AT, FILE_AT, ID_AT, COUNT_AT, NUMBER_AT = 8, 16, 24, 72, 152, 160
HEAD_AT, TAIL_AT, TAGS_AT = 184, 192, 224
CLOSED, OPEN = 0, 1
# A full file, and one that journald set aside because it was not closed, as after a power failure.
NAME = re.compile(r"(?:system|user-[0-9]{1,10})@[0-9a-f-]{33,66}\.journal~?", re.ASCII)


@dataclass(frozen=True)
class Header:
    """Whether the file is sealed, how many tags it has, and when its first and last record were written (seconds).

    Also whose numbers its records have, the first and the last, and how many records there are.
    """

    sealed: bool
    tags: int
    head: float
    tail: float
    series: str = ""
    first: int = 0
    last: int = 0
    records: int = 0

    @classmethod
    def of(cls, data: bytes) -> Self | None:
        """None for what is no file of a journal."""
        if len(data) < BYTES or not data.startswith(SIGNATURE):
            return None
        (flags,) = struct.unpack_from("<I", data, FLAGS_AT)
        head, tail = struct.unpack_from("<QQ", data, HEAD_AT)
        (tags,) = struct.unpack_from("<Q", data, TAGS_AT)
        records, last, first = struct.unpack_from("<QQQ", data, COUNT_AT)
        series = data[ID_AT : ID_AT + 16].hex()
        times = head / 1_000_000, tail / 1_000_000
        return cls(bool(flags & SEALED), tags, *times, series, first, last, records)


def numbering(data: bytes) -> bytes:
    """Whose numbers the records have, and the last one, as journald keeps both while it runs."""
    return data[ID_AT : ID_AT + 16] + data[NUMBER_AT : NUMBER_AT + 8]


def last_record(data: bytes) -> str:
    """Which file it is, by its id, and the number of its last record."""
    (number,) = struct.unpack_from("<Q", data, NUMBER_AT)
    return f"file {data[FILE_AT : FILE_AT + 16].hex()}, record {number}"
