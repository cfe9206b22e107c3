"""What phiward does, into this host's journal as fields (systemd's native protocol): no text has to be taken apart."""

import contextlib
import re
import socket
import struct
from collections.abc import Mapping

SOCKET = "/run/systemd/journal/socket"
IDENTIFIER = "phiward"
# LOG_AUTHPRIV and LOG_NOTICE of syslog(3).
COMMON: Mapping[str, str] = {"PRIORITY": "5", "SYSLOG_FACILITY": "10", "SYSLOG_IDENTIFIER": IDENTIFIER}
_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
# More than any field of ours has; a reader drops longer ones.
MOST_CHARACTERS = 1000


def record(act: str, message: str, **fields: str) -> None:
    """One act of phiward's: `who`, `what`, `from_`, `outcome` and the like become PHIWARD_WHO and so on.

    Where no journal takes it nothing is raised, as with syslog(3): an act is not stopped by its record.
    """
    named = {f"PHIWARD_{name.rstrip('_').upper()}": value for name, value in fields.items() if value != ""}
    send({**COMMON, "MESSAGE": message, "PHIWARD_ACT": act, **named})


def send(fields: Mapping[str, str], *, patience: float | None = None) -> None:
    """Sends one entry; each value with its length, so that none can begin another field.

    `patience`: for so many seconds it waits for a journal that has much to take, and None is for as long as it needs.
    """
    data = b"".join(_field(name, value) for name, value in fields.items())
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.settimeout(patience)
        journal.connect(SOCKET)
        journal.sendall(data)


def _field(name: str, value: str) -> bytes:
    if _NAME.fullmatch(name) is None:
        raise ValueError("a field of the journal has capitals, digits and underscores")
    data = value[:MOST_CHARACTERS].encode("utf-8", "replace")
    return name.encode() + b"\n" + struct.pack("<Q", len(data)) + data + b"\n"
