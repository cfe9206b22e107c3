"""Docker's API for deploys: what declared resources need passes and is recorded; what has more rights, or runs or reads
in containers, does not."""

import contextlib
import hashlib
import json
import re
import socket
import threading
from collections.abc import Callable
from typing import BinaryIO

from phiward_host.common import docker
from phiward_host.common.errors import Failed, Refused
from phiward_host.deploy import docker_bodies, http_request

_ID = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
_IMAGE = r"[A-Za-z0-9][A-Za-z0-9_.:/@-]*"
# Of Docker's API, by method; the path is without the version.
_ALLOWED = {
    "GET": rf"/(_ping|version|info|events|containers/(json|{_ID}/json)|images/(json|{_IMAGE}/json)"
    rf"|networks(/{_ID})?|volumes(/{_ID})?|distribution/{_IMAGE}/json)",
    "HEAD": r"/_ping",
    "POST": rf"/(containers/(create|{_ID}/(start|stop|restart|kill|wait|update|rename))"
    rf"|networks/(create|{_ID}/(connect|disconnect))|volumes/create|images/create)",
    "DELETE": rf"/(containers/{_ID}|networks/{_ID}|volumes/{_ID}|images/{_IMAGE})",
}
READS = ("GET", "HEAD")
# What a container is created with has a few kilobytes.
BODY_BYTES = 1 << 20


def is_allowed(method: str, target: str) -> bool:
    """Whether a request is one that resources make."""
    path = _path(target)
    return re.fullmatch(_ALLOWED.get(method, r"(?!)"), path) is not None and ".." not in path


def _path(target: str) -> str:
    return re.sub(r"^/v[0-9]+\.[0-9]+(?=/)", "", target.partition("?")[0])


def relay(source: BinaryIO, sink: BinaryIO, record: Callable[[str], None]) -> None:
    """Passes requests on from `source` and answers to `sink` until either ends. A refusal is answered, and ends it."""
    with socket.socket(socket.AF_UNIX) as engine:
        try:
            engine.connect(docker.SOCKET)
        except OSError as fault:
            raise Failed(f"Docker does not answer: {fault.strerror}") from None
        answers = threading.Thread(target=_copy, args=(engine, sink), daemon=True)
        answers.start()
        refusal = _requests(source, engine, record)
        # The engine answers what it has, and then ends as well.
        with contextlib.suppress(OSError):
            engine.shutdown(socket.SHUT_WR)
        answers.join()
    if refusal is not None:
        record(f"refused: {refusal}")
        sink.write(_answer(refusal))
        sink.flush()


def _requests(source: BinaryIO, engine: socket.socket, record: Callable[[str], None]) -> str | None:
    try:
        while (head := http_request.read_head(source)) is not None:
            if not is_allowed(head.method, head.target):
                raise Refused(f"found {head.method} {head.target[:200]} of Docker, which no deploy needs")
            data = _body(source, head)
            if head.method == "POST":
                said = http_request.content(data, head.length)
                docker_bodies.judge(_path(head.target), head.target.partition("?")[2], said)
            if head.method not in READS:
                record(f"docker {head.method} {head.target[:200]} body {hashlib.sha256(data).hexdigest()}")
            engine.sendall(head.data + data)
    except Refused as refusal:
        return str(refusal)
    except OSError:
        pass  # the engine closed the connection
    return None


def _body(source: BinaryIO, head: http_request.Head) -> bytes:
    """All of a body, which is on record before the engine has any of it. Raises Refused."""
    data = bytearray()
    for part in http_request.body(source, head.length):
        data += part
        if len(data) > BODY_BYTES:
            raise Refused(f"found a body of more than {BODY_BYTES} bytes, which no deploy needs")
    return bytes(data)


def _copy(engine: socket.socket, sink: BinaryIO) -> None:
    with contextlib.suppress(OSError):
        while data := engine.recv(http_request.COPY_BYTES):
            sink.write(data)
            sink.flush()


def _answer(refusal: str) -> bytes:
    text = json.dumps({"message": f"phiward: {refusal}; log in under your own name for that"}).encode()
    fields = ("Content-Type: application/json", f"Content-Length: {len(text)}", "Connection: close")
    return "\r\n".join(["HTTP/1.1 403 Forbidden", *fields, "", ""]).encode() + text
