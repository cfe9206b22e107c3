"""Records that the programs keep on this host.

A failing disk can damage one. Where nothing else is lost, it is set aside and begun anew, so that no job waits for
somebody to mend it by hand.
"""

import json
import os
from typing import TypeVar

from phiward_host.common import aside, files
from phiward_host.common.aside import is_no_directory
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


def write(path: str, text: str, log: RootLog) -> None:
    """Replaces a record, and makes its directory; what is none in the place of either is set aside. Raises OSError."""
    directory = os.path.dirname(path)
    if is_no_directory(directory):
        set_aside(directory, log)
    files.make_directory(directory)
    if files.is_directory(path):
        set_aside(path, log)
    files.write(path, text)


def write_json(path: str, value: object, log: RootLog) -> None:
    """As `write`, a value as JSON."""
    write(path, json.dumps(value), log)


def set_aside(path: str, log: RootLog) -> str:
    """Moves a damaged record, or a directory with one, to a name beside it that has the time; says so in the log.

    Where its directory is none, that is what is moved. Raises OSError.
    """
    directory = os.path.dirname(path)
    damaged = directory if is_no_directory(directory) else path
    kept = aside.set_aside(damaged)
    log.write(f"{damaged} was damaged; it is kept as {kept}, and a new one is begun")
    return kept
