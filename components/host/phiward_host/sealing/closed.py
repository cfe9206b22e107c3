"""Before journald opens the journal again: a file that it has closed with a seal stays closed.

journald goes on with the file that it closed, and seals the same interval twice there: by its own rules the file is
then no longer whole (systemd issue 17833). One that nobody closed it sets aside, and begins another one after it: so
what was closed is marked as open. No seal is about that mark. And what it has in memory at the host's start it seals
with the key of the host's end: so the key passes the intervals between.
"""

import os
import time

from phiward_host.common import cli, files, journal, paths
from phiward_host.common.faults import Faults
from phiward_host.sealing.header import BYTES, CLOSED, OPEN, STATE_AT, Header, last_record, numbering
from phiward_host.sealing.key import LASTING_BYTES, LOG, fss, machine, pass_intervals

# The numbers of records go on in it. Another one is in the new file's header when it is sealed, and changed after that.
NUMBERS = "/run/systemd/journal/seqnum"
# That journald has gone over to the disk since the host started.
FLUSHED = "/run/systemd/journal/flushed"
# The act and the words by which records/trouble.py knows that a file was set aside though nothing is wrong with it.
ACT, WORDS = "set-aside", "Set aside the closed file of the journal"
SAY_SECONDS = 2.0
MOST_CHARACTERS = 500


def leave_closed() -> int:
    """Before journald opens its file on the disk. Nothing is done to one that has no seal, or that was not closed.

    What fails keeps nothing else from being done, and `keep` reports it.
    """
    faults = Faults(LOG)
    data = faults.attempt(_sealed)
    if data is not None:
        # First of all: without it the file is broken.
        if data[STATE_AT] == CLOSED and faults.attempt(_mark_open):
            faults.attempt(lambda: _say(data))
        faults.attempt(lambda: _number(data))
        faults.attempt(_pass)
    return _ended(faults)


def before_start() -> int:
    """Before journald starts. At the host's start it opens no file on the disk, which may be read-only yet."""
    if files.exists(FLUSHED):
        return leave_closed()
    faults = Faults(LOG)
    data = faults.attempt(_sealed)
    if data is not None:
        faults.attempt(lambda: _number(data))
    return _ended(faults)


def left() -> str | None:
    """What failed since it was reported last; None where nothing did."""
    found = files.read_text_if_any(_trouble())
    return None if found is None else f"before journald opened its file: {found[:MOST_CHARACTERS]}"


def forget() -> None:
    files.remove(_trouble())


def _trouble() -> str:
    return f"{paths.RUN}/sealing-trouble"


def _ended(faults: Faults) -> int:
    if not faults.sentences:
        return cli.DONE
    files.make_directory(paths.RUN)
    files.write(_trouble(), "; ".join(faults.sentences))
    return cli.FAILED


def _path() -> str:
    return f"{machine()}/system.journal"


def _sealed() -> bytes | None:
    """How the file begins that journald had open last; None where that is not sealed."""
    if not files.is_file(_path()):
        return None
    with files.reading(_path()) as descriptor:
        data = os.pread(descriptor, BYTES, 0)
    header = Header.of(data)
    return data if header is not None and header.sealed else None


def _mark_open() -> bool:
    files.patch(_path(), STATE_AT, bytes([OPEN]))
    return True


def _say(data: bytes) -> None:
    """journald reads it as it starts, and will call the file corrupted, or not closed."""
    fields = {"MESSAGE": WORDS, "PHIWARD_ACT": ACT, "PHIWARD_WHAT": last_record(data)}
    journal.send({**journal.COMMON, **fields}, patience=SAY_SECONDS)


def _number(data: bytes) -> None:
    if files.exists(NUMBERS):
        return
    directory, _, _ = NUMBERS.rpartition("/")
    files.make_directory(directory, mode=0o755)
    files.write(NUMBERS, numbering(data), mode=0o644)


def _pass() -> None:
    later = pass_intervals(files.read(fss()), time.time()) if files.is_file(fss()) else None
    if later is not None:
        # In its place: of a file that is replaced, the key of before stays in blocks that are free.
        files.patch(fss(), LASTING_BYTES, later[LASTING_BYTES:])
