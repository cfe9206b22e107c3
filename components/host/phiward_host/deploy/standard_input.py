"""Standard input of a command at the login of deploys: read and named for the record before the command gets it."""

import base64
import contextlib
import hashlib
import json
import os
import re
from collections.abc import Callable

from phiward_host.common.decode import Fields
from phiward_host.common.errors import Refused
from phiward_host.deploy.commands import Command

# A request is a plan with its secrets, and the agent; the image that may follow one is not read here.
REQUEST_BYTES = 64 << 20
SHORT_BYTES = 1 << 20
LINE_BYTES = 256
PASS_BYTES = 1 << 20
_REQUEST = re.compile(rb"phiward ([0-9]{1,8}) ([0-9a-f]{64})\n")
_CONFIRMATION = re.compile(rb"[a-z0-9-]{1,64} [0-9a-f]{64}\n?")
# The request that an archive follows.
IMAGE = "images-receive"
_WORD = re.compile(r"[a-z0-9-]{1,64}")
INCOMPLETE = "the request arrived incomplete; nothing was done"


def prepare(command: Command, record: Callable[[str], None]) -> str:
    """Leaves on standard input what the command may read of it. Returns what that is, as words of a record.

    What follows a request, the archive of an image, is recorded when it has passed. Raises Refused where it is not what
    the command takes; nothing has been run then.
    """
    match command.reads:
        case "nothing":
            replace(b"")
            return "no input"
        case "request":
            return _request(record)
        case "confirmation":
            data = _all()
            if not _CONFIRMATION.fullmatch(data):
                raise Refused("found other input than one unit and its generation; nothing was done")
            replace(data)
            return f"confirms {data.decode().strip()}"
        case "all":
            data = _all()
            replace(data)
            return f"input {hashlib.sha256(data).hexdigest()}"


def _request(record: Callable[[str], None]) -> str:
    line = first_line(0)
    match = _REQUEST.fullmatch(line)
    length = int(match.group(1)) if match is not None else 0
    if match is None or length > REQUEST_BYTES:
        raise Refused(INCOMPLETE)
    body = _read(length)
    digest = hashlib.sha256(body).hexdigest()
    if match.group(2).decode() != digest:
        raise Refused(INCOMPLETE)
    words, agent = _described(body)
    if words == [IMAGE]:
        pass_on(line + body, lambda rest: record(f"after request {digest}: input {rest}"))
    elif os.read(0, 1):
        raise Refused("more arrived than the request; nothing was done")
    else:
        replace(line + body)
    return f"request {digest} ({' '.join(words)}) by agent {agent}"


def _described(body: bytes) -> tuple[list[str], str]:
    """What a request asks for, and the SHA-256 of the agent that it brings to do so."""
    try:
        fields = Fields.of(json.loads(body), "request")
        agent = hashlib.sha256(base64.b64decode(fields.text("agent"), validate=True)).hexdigest()
        words = [fields.text("mode")]
        if "plan" in fields.values:
            words.append(fields.child("plan").text("unit"))
    except (Refused, ValueError, RecursionError):
        raise Refused("found a request that is not one of the agent; nothing was done") from None
    if not all(map(_WORD.fullmatch, words)):
        raise Refused("found a request that is not one of the agent; nothing was done")
    return words, agent


def first_line(source: int) -> bytes:
    """The first line of a descriptor, or what of it a request can have. Byte by byte: the rest is not ours."""
    line = bytearray()
    while len(line) < LINE_BYTES and not line.endswith(b"\n") and (byte := os.read(source, 1)):
        line += byte
    return bytes(line)


def _read(length: int) -> bytes:
    found = bytearray()
    while len(found) < length and (part := os.read(0, min(length - len(found), PASS_BYTES))):
        found += part
    return bytes(found)


def _all() -> bytes:
    data = _read(SHORT_BYTES + 1)
    if len(data) > SHORT_BYTES:
        raise Refused(f"found more than {SHORT_BYTES} bytes of input; nothing was done")
    return data


def replace(data: bytes) -> None:
    """Makes this all of standard input."""
    file = os.memfd_create("input")
    with os.fdopen(os.dup(file), "wb") as written:
        written.write(data)
    os.lseek(file, 0, os.SEEK_SET)
    os.dup2(file, 0)
    os.close(file)


def pass_on(data: bytes, ended: Callable[[str], None]) -> None:
    """Puts this back before what follows it on standard input, which a child passes on as it comes.

    `ended` is called there with the SHA-256 of what followed, once no more comes or nobody reads it any more.
    """
    ours, theirs = os.pipe()
    if os.fork() == 0:
        digest = hashlib.sha256()
        try:
            for descriptor in (ours, 1, 2):
                os.close(descriptor)
            with contextlib.suppress(BrokenPipeError), os.fdopen(theirs, "wb") as pipe:
                pipe.write(data)
                while part := os.read(0, PASS_BYTES):
                    digest.update(part)
                    pipe.write(part)
            ended(digest.hexdigest())
        finally:
            os._exit(0)
    os.dup2(ours, 0)
    os.close(ours)
    os.close(theirs)
