"""A host's heartbeat in its journal: a quiet host is told from a silent one by it, and a lost record from none.

Each has the time of the one before, and the number that journald gave it. At the vault, where records are numbered as
they come, two heartbeats are as far apart as on the host, or something between them is missing; and where one is not
the one that the next names, all between them may be, such as what the host's journal had no room for any more.
"""

import itertools
import socket
from collections.abc import Sequence

from phiward_host.journal import stored
from phiward_host.journal.stored import Record

BEAT_SECONDS = 240.0
JOURNAL = "/run/systemd/journal/socket"
UNIT = "phiward-journal-upload.service"
# The unit is journald's own word.
MATCHES = ("PHIWARD_ACT=heartbeat", f"_SYSTEMD_UNIT={UNIT}")


def beat() -> None:
    """Writes one. Raises OSError."""
    done = stored.local(*MATCHES)
    lines = ["MESSAGE=Heartbeat of the journal", "PRIORITY=6", "SYSLOG_IDENTIFIER=phiward", "PHIWARD_ACT=heartbeat"]
    if done is not None:
        lines += [
            f"PHIWARD_PREVIOUS={number(done)}",
            f"PHIWARD_PREVIOUS_ID={done.fields.text('__SEQNUM_ID')}",
            f"PHIWARD_PREVIOUS_TIME={done.fields.text('__REALTIME_TIMESTAMP')}",
        ]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.settimeout(10)
        journal.sendto("".join(f"{line}\n" for line in lines).encode(), JOURNAL)


def number(record: Record) -> int:
    """The number that the journal it is in has given it."""
    return int(record.fields.text("__SEQNUM"))


def gaps(beats: Sequence[Record]) -> list[str]:
    """When records are missing between heartbeats at the vault, in the order of these: a sentence each."""
    unlinked = [(first, second) for first, second in itertools.pairwise(beats) if not _linked(first, second)]
    return [
        *(
            f"the records from {stored.time_of(first.seconds)} to {stored.time_of(second.seconds)} did not all arrive"
            for first, second in unlinked
        ),
        *(
            sentence
            for first, second, third in zip(beats, beats[1:], beats[2:], strict=False)
            if (first, second) not in unlinked and (sentence := _gap(first, second, third)) is not None
        ),
    ]


def _linked(first: Record, second: Record) -> bool:
    """Whether the second names the first as the one before; of a host with an earlier version nobody can say."""
    named = second.fields.values.get("PHIWARD_PREVIOUS_TIME")
    return named is None or named == first.fields.text("__REALTIME_TIMESTAMP")


def _gap(first: Record, second: Record, third: Record) -> str | None:
    """What is missing between the first two: the second names the number of the first, the third that of the second."""
    boots = {beat.fields.text("_BOOT_ID") for beat in (first, second, third)}
    if len(boots) > 1 or first.fields.text("__SEQNUM_ID") != second.fields.text("__SEQNUM_ID"):
        # After a restart, and in a new file, numbers begin where they like.
        return None
    earlier, later = previous(second), previous(third)
    if earlier is None or later is None or earlier[1] != later[1]:
        return "the host's journal was begun again while it ran"
    missing = later[0] - earlier[0] - (number(second) - number(first))
    return f"{missing} records did not arrive" if missing > 0 else None


def previous(record: Record) -> tuple[int, str] | None:
    """The number of the heartbeat before, and of which journal."""
    values = record.fields.values
    found, of = values.get("PHIWARD_PREVIOUS"), values.get("PHIWARD_PREVIOUS_ID")
    if not isinstance(found, str) or not isinstance(of, str) or not found.isdecimal() or len(found) > 20:
        return None
    return int(found), of
