"""Whether the seals of another host's journal are whole, by its verification keys: journalctl(1) says so, file by file.

It takes the key as an argument alone, and arguments of what people start are on record. So it runs on another machine,
in a unit of its own there, without rights; keys and files come on standard input and are in memory alone.
"""

import json
import os
import re
import secrets
import sys
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, NoReturn, Self

from phiward_host.common import cli, files, paths, process
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Refused
from phiward_host.sealing.header import NAME, Header
from phiward_host.sealing.key import VERIFICATION

CONFINEMENT = {
    "DynamicUser": "yes",
    "CapabilityBoundingSet": "",
    "PrivateNetwork": "yes",
    "PrivateDevices": "yes",
    "ProtectHome": "yes",
    "ProtectProc": "invisible",
    "RestrictAddressFamilies": "AF_UNIX",
    "SystemCallFilter": "@system-service",
    "Nice": "10",
    # A file of 160 MB, once in memory and once in the directory; and what a member of the archive says of itself.
    "MemoryMax": "1G",
    "MemorySwapMax": "0",
    "TasksMax": "16",
    "LimitCORE": "0",
    "RuntimeMaxSec": "2h",
    "RuntimeDirectoryMode": "0700",
}
MOST_KEYS, MOST_LINE = 1000, 1 << 20
# Of one file: some that arrived before it began, and some of those after it, as a key does that it was begun with.
MOST_BEFORE, MOST_AFTER = 16, 4
# journald begins another file at 128 MB.
MOST_BYTES = 160 << 20
MOST_FILES = 2000
VERIFY_SECONDS = 600
# The time of a host that makes a key, and of the first record that is sealed with it.
SLACK_SECONDS = 60.0
WHEN = r"[A-Z][a-z]{2} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC"
VALIDATED = re.compile(rf"=> Validated from {WHEN} to {WHEN}, final (\S.*) entries not sealed\.")


@dataclass(frozen=True)
class Key:
    """A verification key, by the name that it is kept under, and since when (seconds) it is there."""

    name: str
    text: str
    at: int

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        """Raises Refused."""
        fields = Fields.of(value, path)
        key = cls(fields.text("name"), fields.text("key"), fields.integer("at"))
        if VERIFICATION.fullmatch(key.text) is None:
            raise Refused(f"{path}.key: found another text, allowed: a verification key as journalctl makes it")
        return key

    @property
    def start(self) -> float:
        """When the first interval began that is sealed with it, in seconds."""
        epoch, _, interval = self.text.partition("/")[2].partition("-")
        return int(epoch, 16) * int(interval, 16) / 1_000_000


def judge() -> NoReturn:
    """Becomes what starts `look` in a unit of its own, with this standard input."""
    chosen = [f"--property={name}={value}" for name, value in CONFINEMENT.items()]
    # In memory, and gone with the unit: journalctl reads no file that has no name.
    chosen.append(f"--property=RuntimeDirectory=phiward-look-{secrets.token_hex(8)}")
    own = ["/usr/bin/python3", "-I", paths.ARCHIVE, "sealing", "look"]
    argv = ["systemd-run", "--pipe", "--wait", "--collect", "--quiet", "--service-type=exec", *chosen, "--", *own]
    os.execvpe(argv[0], argv, process.environment())


def look() -> int:
    """Reads a line of JSON with the keys, then the archive; prints what it found of each file. Raises Refused."""
    source = sys.stdin.buffer
    line = source.readline(MOST_LINE)
    if not line.endswith(b"\n"):
        raise Refused("found no line, or a longer one, allowed: the verification keys as JSON")
    keys = Fields.of(json.loads(line), "request").items("keys", Key.from_json)
    if len(keys) > MOST_KEYS:
        raise Refused(f"found more than {MOST_KEYS} keys, allowed: less")
    place = os.environ.get("RUNTIME_DIRECTORY", "")
    try:
        found = [_judged(name, data, keys, f"{place}/looked-at") for name, data in _members(source)]
    except MemoryError:
        raise Refused("the host's archive takes more memory than a look has") from None
    print(json.dumps(found), flush=True)
    return cli.DONE


def _members(source: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """The files of the archive, whose host may have put anything there. Raises Refused."""
    try:
        with tarfile.open(fileobj=source, mode="r|gz") as archive:
            for count, member in enumerate(archive):
                if count >= MOST_FILES or not member.isreg() or NAME.fullmatch(member.name) is None:
                    raise Refused("found something else in the archive, allowed: files of a journal")
                if member.size > MOST_BYTES:
                    raise Refused(f"found a file of more than {MOST_BYTES >> 20} MB, allowed: less")
                file = archive.extractfile(member)
                yield member.name, b"" if file is None else file.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise Refused(f"the host's archive is damaged, or did not arrive whole ({type(error).__name__})") from None


def _judged(name: str, data: bytes, keys: Sequence[Key], path: str) -> dict[str, object]:
    """`whole`, `unsealed` or `broken`, when it begins and ends, and of what is whole which key, and what is sealed."""
    header = Header.of(data)
    if header is None:
        return {"file": name, "verdict": "broken", "head": 0, "tail": 0}
    found: dict[str, object] = {"file": name, "head": header.head, "tail": header.tail}
    if not header.sealed:
        return {**found, "verdict": "unsealed"}
    tried, untried = _likely(keys, header.head)
    files.write(path, data)
    try:
        for key in tried:
            whole = _verify(path, key)
            if whole is not None:
                return {**found, "verdict": "whole", "key": key.name, **whole}
    finally:
        files.remove(path)
    return {**found, "verdict": "broken", **({"untried": untried} if untried > 0 else {})}


def _likely(keys: Sequence[Key], head: float) -> tuple[Sequence[Key], int]:
    """The keys that a file that began then can be sealed with, the most likely first; and how many are left out.

    Whoever is root makes keys as they like, and each takes a look at the whole file: those whose arrival is nearest.
    """
    older = sorted((key for key in keys if key.start <= head + SLACK_SECONDS), key=lambda key: abs(key.at - head))
    before, after = ([key for key in older if (key.at > head) == later] for later in (False, True))
    tried = [*after[:MOST_AFTER], *before[:MOST_BEFORE]]
    return sorted(tried, key=lambda key: key.start, reverse=True), len(older) - len(tried)


def _verify(path: str, key: Key) -> dict[str, object] | None:
    """From when to when it is sealed by this key; None where it is not."""
    argv = ["journalctl", "--verify", f"--verify-key={key.text}", f"--file={path}"]
    done = process.run(argv, timeout=VERIFY_SECONDS, env={"TZ": "UTC"})
    match = VALIDATED.search(done.stderr + done.stdout)
    if done.code != 0 or match is None:
        return None
    begin, end, rest = match.groups()
    return {"sealedFrom": _time(begin), "sealedTo": _time(end), "unsealedFor": rest}


def _time(text: str) -> str:
    return f"{text.replace(' ', 'T')}Z"
