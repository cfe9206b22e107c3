"""One connection of one host at the vault: it sends metrics again and again, and hears of each whether it was taken.

It runs as an account of its own that exists while it runs and reaches the loopback address alone. The kernel says which
account is at the other end, so that no host speaks for another. Nothing is kept here: old metrics are worth nothing.
"""

import json
import os
import pwd
import select
import socket
import struct
import time

from phiward_host.common import cli
from phiward_host.common.errors import Failed, Refused
from phiward_host.metrics import form, push
from phiward_host.metrics.settings import MetricsSenders

CONNECTION = 0
# After it the host connects again: its program and settings may be others by then.
LONGEST_SECONDS = 1800.0
# A host sends each quarter of a minute.
QUIET_SECONDS, BODY_SECONDS, LEAST_SECONDS = 120.0, 30.0, 5.0
MOST_HEAD, PART = 9, 1 << 16


def main() -> int:
    """Exit 1: refused, with one sentence, which the host hears as well."""
    try:
        host = _host(MetricsSenders.load())
        limit = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < limit and (size := _size()) is not None:
            _take(host, form.checked(_body(size)))
            # No host has the vault do nothing but take its metrics.
            time.sleep(LEAST_SECONDS)
    except (Failed, Refused) as failure:
        _answer({"refused": str(failure)})
        return cli.complain(str(failure))
    except (BrokenPipeError, ConnectionResetError):
        return cli.DONE
    return cli.DONE


def _take(host: str, text: str) -> None:
    try:
        push.put(host, text)
    except Failed as failed:
        # The host tries again with what it measures then, over the same connection.
        _answer({"away": str(failed)})
        return
    _answer({"taken": True})


def _host(senders: MetricsSenders) -> str:
    """The host whose account is at the other end. Raises Refused."""
    with socket.socket(fileno=os.dup(CONNECTION)) as connection:
        size = struct.calcsize("3i")
        _, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    try:
        host = senders.host_of(pwd.getpwuid(uid).pw_name)
    except KeyError:
        host = None
    if host is None:
        raise Refused("this account sends no metrics")
    return host


def _size() -> int | None:
    """How many bytes follow, as the line says that comes first; None at the end of the connection. Raises Refused."""
    limit = time.monotonic() + QUIET_SECONDS
    line = b""
    while len(line) < MOST_HEAD:
        byte = _read(1, limit)
        if byte == b"\n" and line.isdigit():
            size = int(line)
            if size <= form.MOST_BYTES:
                return size
            break
        if byte == b"" and line == b"":
            return None
        if not byte.isdigit():
            break
        line += byte
    raise Refused(f"metrics: found another size, allowed: a number up to {form.MOST_BYTES}, and a line end")


def _body(size: int) -> bytes:
    limit = time.monotonic() + BODY_SECONDS
    body = bytearray()
    while len(body) < size:
        part = _read(min(PART, size - len(body)), limit)
        if part == b"":
            raise Refused("metrics: found fewer bytes than were announced")
        body += part
    return bytes(body)


def _read(most: int, limit: float) -> bytes:
    """Some bytes; none at the end, or when the time is up."""
    ready, _, _ = select.select([CONNECTION], [], [], max(0.0, limit - time.monotonic()))
    return os.read(CONNECTION, most) if ready else b""


def _answer(value: object) -> None:
    os.write(CONNECTION, f"{json.dumps(value)}\n".encode())
