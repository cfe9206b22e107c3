"""Requests of HTTP/1.1 as they come, read strictly (RFC 9112): what two readers could take differently is refused."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from phiward_host.common.errors import Refused

HEAD_BYTES = 65_536
COPY_BYTES = 65_536
_LINE = re.compile(rb"(GET|HEAD|POST|PUT|DELETE) (/[\x21-\x7e]*) HTTP/1\.1")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*?)[ \t]*")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n")


@dataclass(frozen=True)
class Head:
    """The beginning of a request, with its bytes. `length` is the body's, None where it comes in chunks."""

    method: str
    target: str
    data: bytes
    length: int | None


def read_head(stream: BinaryIO) -> Head | None:
    """The next request's head; None at the end. Raises Refused."""
    lines: list[bytes] = []
    while (line := stream.readline(HEAD_BYTES)) not in (b"\r\n", b""):
        lines.append(line)
        if sum(map(len, lines)) > HEAD_BYTES or not line.endswith(b"\r\n"):
            raise Refused("found a request whose head is too long or ends its lines otherwise than HTTP")
    if not lines:
        return None
    start = _LINE.fullmatch(lines[0][:-2])
    fields = [_FIELD.fullmatch(line[:-2]) for line in lines[1:]]
    if start is None or line == b"":
        raise Refused("found something other than a request of HTTP/1.1")
    pairs = [(field.group(1).lower(), field.group(2).lower()) for field in fields if field is not None]
    if len(pairs) < len(fields):
        raise Refused("found a header field that is not one of HTTP/1.1")
    return Head(start.group(1).decode(), start.group(2).decode(), b"".join([*lines, b"\r\n"]), _body_length(pairs))


def _body_length(pairs: list[tuple[bytes, bytes]]) -> int | None:
    values = {name: [value for each, value in pairs if each == name] for name, _ in pairs}
    lengths, codings = values.get(b"content-length", []), values.get(b"transfer-encoding", [])
    if b"upgrade" in values or any(b"upgrade" in value for value in values.get(b"connection", [])):
        raise Refused("found a request to leave HTTP, by which programs run in containers")
    if len(lengths) + len(codings) > 1 or codings not in ([], [b"chunked"]) or not all(v.isdigit() for v in lengths):
        raise Refused("found a request whose body has no length that is certain")
    return None if codings else int(lengths[0]) if lengths else 0


def body(stream: BinaryIO, length: int | None) -> Iterator[bytes]:
    """The bytes of the body as they are, chunks with their sizes. Raises Refused."""
    if length is not None:
        yield from _exactly(stream, length)
        return
    while True:
        size = stream.readline(HEAD_BYTES)
        match = _CHUNK.fullmatch(size)
        if match is None:
            raise Refused("found a chunk without a size")
        yield size
        count = int(match.group(1), 16)
        # The last one is empty, and no trailer may follow it.
        yield from _exactly(stream, count)
        if (end := stream.read(2)) != b"\r\n":
            raise Refused("found a chunk that is longer than its size, or a trailer")
        yield end
        if count == 0:
            return


def content(data: bytes, length: int | None) -> bytes:
    """What a body that `body` gave whole says: chunks without their sizes."""
    if length is not None:
        return data
    said, rest = bytearray(), data
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        count = int(size, 16)
        said += rest[:count]
        rest = rest[count + 2 :]
    return bytes(said)


def _exactly(stream: BinaryIO, count: int) -> Iterator[bytes]:
    while count > 0:
        part = stream.read(min(count, COPY_BYTES))
        if not part:
            raise Refused("found a body that ends early")
        count -= len(part)
        yield part
