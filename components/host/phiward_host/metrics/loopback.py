"""A request to a program that listens on this machine's loopback address, with a bound for what it answers and when.

In HTTP/1.0: the answer ends with the connection. http.client would bring the whole of TLS into the memory of each.
"""

import re
import socket
import time

from phiward_host.common.errors import Failed

ADDRESS = "127.0.0.1"
SECONDS = 10.0
PART = 1 << 16
MOST_HEAD = 1 << 14
STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: |\r)")


def ask(method: str, port: int, path: str, body: bytes = b"", *, most: int = 1 << 16) -> bytes:
    """The body of an answer whose status is one of success. Raises Failed."""
    head = f"{method} {path} HTTP/1.0\r\nHost: {ADDRESS}:{port}\r\nContent-Length: {len(body)}\r\n\r\n"
    try:
        answer = _exchange(port, head.encode("ascii") + body, most + MOST_HEAD)
    except OSError as error:
        raise Failed(f"port {port} of this machine does not answer: {error.strerror or 'its time was up'}") from error
    top, _, content = answer.partition(b"\r\n\r\n")
    status = STATUS.match(top)
    if status is None or len(content) > most:
        raise Failed(f"port {port} of this machine answered in another form, or more than {most} bytes")
    if not status[1].startswith(b"2"):
        raise Failed(f"port {port} of this machine answered {status[1].decode()}")
    return content


def _exchange(port: int, request: bytes, most: int) -> bytes:
    limit = time.monotonic() + SECONDS
    answer = bytearray()
    with socket.create_connection((ADDRESS, port), SECONDS) as connection:
        # A time-out of sendall() is for all of it.
        connection.sendall(request)
        while len(answer) <= most:
            connection.settimeout(max(0.001, limit - time.monotonic()))
            part = connection.recv(PART)
            if not part:
                break
            answer += part
    return bytes(answer)
