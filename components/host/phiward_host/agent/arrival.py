"""What arrives with a request, or was left on this host by an earlier one (plan/request.ts): contents of files."""

import base64
import binascii
import hashlib
import json
import re
import zlib
from collections.abc import Mapping

from phiward_host.agent.transaction import agent_path
from phiward_host.common import files, paths, trees
from phiward_host.common.decode import Fields, as_object, as_str
from phiward_host.common.errors import Refused

SHA256 = "[0-9a-f]{64}"


def fields_of(body: bytes) -> Fields:
    """The request in a body, with the contents that its plans name by their hashes put in their places.

    Raises Refused where one of them neither came along nor is on this host.
    """
    request = as_object(json.loads(body), "request")
    texts = {
        name: as_str(text, "contents") for name, text in as_object(request.get("contents", {}), "contents").items()
    }

    def placed(found: dict[str, object]) -> dict[str, object]:
        if found.get("kind") != "bytes" or "sha256" not in found:
            return found
        return {"kind": "bytes", "bytes": _content(as_str(found["sha256"], "sha256"), texts)}

    whole = _decompressed(request["compressed"]) if "compressed" in request else body
    return Fields.of(request | as_object(json.loads(whole, object_hook=placed), "request"), "request")


def keep(contents: Mapping[str, str]) -> None:
    """Leaves contents, in base64 by their hashes, on this host, and no others.

    Raises Refused for one of another hash.
    """
    if files.status(_directory()) is not None and not files.is_directory(_directory()):
        files.remove(_directory())
    files.make_directory(_directory())
    for path in [f"{_directory()}/{name}" for name in files.names(_directory())]:
        if files.is_directory(path):
            trees.remove_tree(path)
    for sha256, encoded in contents.items():
        content = _decoded(encoded)
        if not re.fullmatch(SHA256, sha256) or hashlib.sha256(content).hexdigest() != sha256:
            raise Refused("contents: found one that has another hash than its name; nothing was kept of it")
        files.write(f"{_directory()}/{sha256}", content, mode=0o600)
    for name in files.names(_directory()):
        if name not in contents:
            files.remove(f"{_directory()}/{name}")


def kept() -> list[str]:
    """The hashes of the agent and of the contents that are whole on this host: what requests may come without."""
    try:
        agent = [_hash(agent_path())] if files.exists(agent_path()) else []
        names = sorted(files.names_if_any(_directory()))
        return agent + [name for name in names if _hash(f"{_directory()}/{name}") == name]
    except OSError:
        # Such as what others could write, or a file in the directory's place: the next install mends it.
        return []


def _hash(path: str) -> str:
    return hashlib.sha256(files.read(path)).hexdigest()


def _directory() -> str:
    return f"{paths.BASE}/contents"


def _content(sha256: str, sent: Mapping[str, str]) -> str:
    if sha256 in sent:
        return sent[sha256]
    path = f"{_directory()}/{sha256}"
    content = files.read(path) if re.fullmatch(SHA256, sha256) and files.exists(path) else b""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Refused("this host lacks programs of the deploy; nothing was done. Run npx phiward up, which brings them")
    return base64.b64encode(content).decode()


def _decompressed(value: object) -> bytes:
    try:
        return zlib.decompress(_decoded(as_str(value, "compressed")))
    except zlib.error:
        raise Refused("compressed: found no zlib data (RFC 1950); nothing was done") from None


def _decoded(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise Refused("found what is not valid base64; nothing was done") from None
