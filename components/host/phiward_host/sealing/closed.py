"""Before journald opens the journal again: a file that it has closed with a seal stays closed.

journald goes on with the file that it closed, and seals the same interval twice there: by its own rules the file is
then no longer whole (systemd issue 17833). One that nobody closed it sets aside, and begins another one after it: so
what was closed is marked as open. No seal is about that mark. And what it has in memory at the host's start it seals
with the key of the host's end: so the key passes the intervals between.
"""

import os
import time

from phiward_host.common import cli, files
from phiward_host.sealing.header import BYTES, CLOSED, OPEN, STATE_AT, Header, numbering
from phiward_host.sealing.key import fss, machine, pass_intervals

# The numbers of records go on in it. Another one is in the new file's header when it is sealed, and changed after that.
NUMBERS = "/run/systemd/journal/seqnum"


def leave_closed() -> int:
    """Nothing is done to a file that has no seal, or that was not closed."""
    path = f"{machine()}/system.journal"
    if not files.is_file(path):
        return cli.DONE
    with files.reading(path) as descriptor:
        data = os.pread(descriptor, BYTES, 0)
    header = Header.of(data)
    if header is None or not header.sealed:
        return cli.DONE
    if not files.exists(NUMBERS):
        directory, _, _ = NUMBERS.rpartition("/")
        files.make_directory(directory, mode=0o755)
        files.write(NUMBERS, numbering(data), mode=0o644)
    later = pass_intervals(files.read(fss()), time.time()) if files.is_file(fss()) else None
    if later is not None:
        files.write(fss(), later, owner=(0, 0), mode=0o600)
    if data[STATE_AT] == CLOSED:
        files.patch(path, STATE_AT, bytes([OPEN]))
    return cli.DONE
