"""Between a host's SSH connection and what receives its journal or metrics: bytes, both ways, until a side ends."""

import os
import select
import socket
from types import MappingProxyType

from phiward_host.common.errors import Failed

RECEIVERS = MappingProxyType({"records": "/run/phiward-journal/socket", "metrics": "/run/phiward-metrics-taken/socket"})
CHUNK = 1 << 16
SOURCE, SINK = 0, 1
# The receiver looks at the room before each connection, so that one that never ended would have no bound.
MOST_BYTES = 256 << 20


def to_receiver(kind: str) -> None:
    """Returns when either side has ended. Raises Failed where nothing receives what is of this kind."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as receiver:
        try:
            receiver.connect(RECEIVERS[kind])
        except OSError as error:
            raise Failed(f"this vault receives no {kind}; deploy it first") from error
        try:
            _relay(receiver)
        except (BrokenPipeError, ConnectionResetError):
            return


def _relay(receiver: socket.socket) -> None:
    open_ends = [SOURCE, receiver.fileno()]
    passed = 0
    while True:
        ready, _, _ = select.select(open_ends, [], [])
        if receiver.fileno() in ready:
            answer = receiver.recv(CHUNK)
            if not answer:
                return
            os.write(SINK, answer)
        if SOURCE in ready:
            data = os.read(SOURCE, CHUNK)
            if data:
                receiver.sendall(data)
                passed += len(data)
                if passed > MOST_BYTES:
                    # Even in the middle of a record: it is left out, and the first one of the next connection.
                    return
            else:
                # What came is still written, and its end waited for.
                open_ends.remove(SOURCE)
                receiver.shutdown(socket.SHUT_WR)
