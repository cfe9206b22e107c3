"""Records that the programs keep on this host.

A failing disk can damage one. Where nothing else is lost, it is set aside and begun anew, so that no job waits for
somebody to mend it by hand.
"""

import time
from typing import TypeVar

from phiward_host.common import files
from phiward_host.common.decode import Decoder
from phiward_host.common.errors import Damaged, Refused
from phiward_host.common.log import RootLog

T = TypeVar("T")


def read(path: str, decode: Decoder[T], missing: T) -> T:
    """A record; `missing` where there is none. Raises Damaged, which names it, and OSError."""
    found = files.read_json(path)
    try:
        return missing if found is None and not files.exists(path) else decode(found, path)
    except (Refused, ValueError) as error:
        raise Damaged(f"{path}: it is damaged, or of another version ({error})") from error


def read_or_begin(path: str, decode: Decoder[T], missing: T, log: RootLog) -> T:
    """As `read`; one that is damaged is set aside, and a new one begins. The caller holds the record's lock."""
    try:
        return read(path, decode, missing)
    except Damaged:
        set_aside(path, log)
        return missing


def set_aside(path: str, log: RootLog) -> str:
    """Moves a damaged record, or a directory with one, to a name beside it that has the time; says so in the log."""
    aside = f"{path}.damaged-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{time.monotonic_ns()}"
    files.rename(path, aside)
    log.write(f"{path} was damaged; it is kept as {aside}, and a new one is begun")
    return aside
