"""Where a source puts what it found; it may be in a process of its own, which can be ended."""

import json
import os
import struct
from collections.abc import Mapping
from typing import Protocol

FRAME = struct.Struct("<cI")
MOST_FRAME = 1 << 20
ITEM, DATA, END, FOOTPRINT = b"I", b"D", b"E", b"F"


class Takes(Protocol):
    """What becomes of a frame."""

    def __call__(self, kind: bytes, data: bytes) -> None: ...


class Sink:
    """Items, in order: `item`, then `data` or `line`, then `end`."""

    def __init__(self, take: Takes) -> None:
        self._take = take

    def item(self, name: str, source: str) -> None:
        """Begins an item; `source` says where it is from, for a person."""
        self._take(ITEM, json.dumps([name, source]).encode())

    def data(self, data: bytes) -> None:
        for at in range(0, len(data), MOST_FRAME):
            self._take(DATA, data[at : at + MOST_FRAME])

    def line(self, row: Mapping[str, object]) -> None:
        """A row as a line of JSON."""
        self.data(json.dumps(row, ensure_ascii=True).encode() + b"\n")

    def end(self, outcome: str = "whole", **more: object) -> None:
        self._take(END, json.dumps([outcome, more], ensure_ascii=True).encode())

    def trace(self, **said: object) -> None:
        """What was done to the host by looking: it goes into the footprint."""
        self._take(FOOTPRINT, json.dumps(said, ensure_ascii=True).encode())


def into_pipe(descriptor: int) -> Sink:
    """A sink whose frames another process reads, by `Frames`."""

    def take(kind: bytes, data: bytes) -> None:
        left = memoryview(FRAME.pack(kind, len(data)) + data)
        while left:
            left = left[os.write(descriptor, left) :]

    return Sink(take)


class Frames:
    """Puts frames together again, and passes them on."""

    def __init__(self, take: Takes) -> None:
        self._take, self._held = take, bytearray()

    def feed(self, data: bytes) -> None:
        self._held += data
        while len(self._held) >= FRAME.size:
            kind, size = FRAME.unpack_from(self._held)
            if len(self._held) < FRAME.size + size:
                return
            body = bytes(self._held[FRAME.size : FRAME.size + size])
            del self._held[: FRAME.size + size]
            self._take(kind, body)
