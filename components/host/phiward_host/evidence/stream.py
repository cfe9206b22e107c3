"""The container that evidence travels in: a tar archive (POSIX ustar) that any tar(1) reads, written as it comes.

Each item is one member, or several of PART_BYTES (.000, .001 … .999, .1000 …), and is followed by its entry: one line
of JSON with the hash of the item and of the entry before it. The last member but one says which entry was the last,
and the last is the host's signature over that.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping

FORMAT = "phiward-evidence 1"
PART_BYTES = 4 << 20
BLOCK = 512
RECORD = 20 * BLOCK
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
MOST_ITEMS = 900


def canonical(value: Mapping[str, object]) -> bytes:
    """One line of JSON, in one form alone: what hashes and signatures are over."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"


def first_link(nonce: str) -> str:
    """What the first entry names as the one before it: the request that all of it answers."""
    return hashlib.sha256(f"{FORMAT} {nonce}".encode()).hexdigest()


class Stream:
    """Writes items, one after the other, through `write`; `tell` gets each entry."""

    def __init__(
        self, write: Callable[[bytes], None], tell: Callable[[Mapping[str, object]], None], nonce: str
    ) -> None:
        self._write, self._tell = write, tell
        self.head, self.count, self.bytes = first_link(nonce), 0, 0
        self._name: str | None = None
        self._said: dict[str, object] = {}
        self._held, self._parts, self._size, self._hash = bytearray(), 0, 0, hashlib.sha256()

    @property
    def is_open(self) -> bool:
        """Whether an item has begun and not ended."""
        return self._name is not None

    def begin(self, name: str, source: str) -> None:
        if self.is_open:
            self.end("cut off: another item began")
        self._name = f"{self.count:03d}-{name}"
        self._said = {"item": self._name, "source": source, "begun": time.time()}
        self._held, self._parts, self._size, self._hash = bytearray(), 0, 0, hashlib.sha256()

    @property
    def size(self) -> int:
        """Bytes of the item that is open."""
        return self._size

    def add(self, data: bytes) -> None:
        self._hash.update(data)
        self._size += len(data)
        self._held += data
        while len(self._held) > PART_BYTES:
            self._part(bytes(self._held[:PART_BYTES]))
            del self._held[:PART_BYTES]

    def end(self, outcome: str, more: Mapping[str, object] | None = None) -> None:
        """Ends the item: `outcome` is `whole`, or says in words what is missing."""
        name = self._name or ""
        if self._parts == 0:
            self._member(name, bytes(self._held))
        else:
            self._part(bytes(self._held))
        entry = {
            **(more or {}),
            **self._said,
            "index": self.count,
            "parts": self._parts,
            "bytes": self._size,
            "sha256": self._hash.hexdigest(),
            "ended": time.time(),
            "outcome": outcome,
            "previous": self.head,
        }
        line = canonical(entry)
        self._member(f"{name}.json", line)
        self.head = hashlib.sha256(line).hexdigest()
        self.count += 1
        self.bytes += self._size
        self._name, self._held = None, bytearray()
        self._tell(entry)

    def close(self, statement: bytes, signature: bytes) -> None:
        """Writes who says that this is all of it, and the end of the archive."""
        self._member(MANIFEST, statement)
        self._member(SIGNATURE, signature)
        self._write(bytes(2 * BLOCK))

    def _part(self, data: bytes) -> None:
        self._member(f"{self._name}.{self._parts:03d}", data)
        self._parts += 1

    def _member(self, name: str, data: bytes) -> None:
        self._write(header(name, len(data)))
        self._write(data)
        self._write(bytes(-len(data) % BLOCK))


def header(name: str, size: int) -> bytes:
    """A regular file of root's, for root alone; no time, which entries have."""
    fields = [
        (name.encode("ascii"), 100),
        (b"0000600\0", 8),
        (b"0000000\0", 8),
        (b"0000000\0", 8),
        (f"{size:011o}\0".encode(), 12),
        (b"00000000000\0", 12),
        (b"        ", 8),
        (b"0", 1),
        (b"", 100),
        (b"ustar\x0000", 8),
    ]
    block = bytearray(b"".join(value.ljust(width, b"\0") for value, width in fields).ljust(BLOCK, b"\0"))
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    return bytes(block)
