"""All memory, as the kernel shows it in /proc/kcore, in the form of LiME, which programs of memory forensics read.

/proc/kcore is an ELF core: its PT_LOAD segments of RAM, and of the kernel's own text, say in p_paddr which physical
memory they show; all others have -1 there (fs/proc/kcore.c). What is RAM is in /proc/iomem. Nothing is written, no
module is loaded, and each part is passed on before the next is read.
"""

import os
import re
import struct
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from phiward_host.evidence import reading
from phiward_host.evidence.asked import Asked
from phiward_host.evidence.running import Source
from phiward_host.evidence.sink import Sink

CORE, IOMEM, LOCKDOWN = "/proc/kcore", "/proc/iomem", "/sys/kernel/security/lockdown"
NAME = "kernel-memory"
PAGE, BLOCK = 4096, 1 << 20
# Each record has its own header: what is cut off ends with a whole one.
RECORD = 16 << 20
MOST = 1 << 40
# What a connection has to take at least; beside the size, so long for all else.
BYTES_A_SECOND, SECONDS = 10_000_000, 60.0
# How late the source may see by itself that its time is up.
LATE_SECONDS = 30.0
LIME = struct.Struct("<IIQQQ")
LIME_MAGIC, LIME_VERSION = 0x4C694D45, 1
# e_ident of a 64 bit core, little endian; e_type, e_phoff, e_phentsize, e_phnum; a program header.
IDENT, ELF_CORE, PT_LOAD = b"\x7fELF\x02\x01", 4, 1
FILE_HEADER, SEGMENT = struct.Struct("<16sHHIQQQIHHH"), struct.Struct("<IIQQQQQQ")
RAM = re.compile(r" *([0-9a-f]+)-([0-9a-f]+) : System RAM(?: \(.*\))?")
MOST_NAMED, MOST_HOLES = 8, 200
READ = (
    "memory was read, and nothing else: no module was loaded and no file written; our own process, and what encrypts "
    "and sends, are in that memory with some megabytes"
)
REFUSED = "no memory was read, no module loaded and no file written; the kernel's own log may say that it refused"


class NotTaken(Exception):
    """Why nothing of it can be read."""


@dataclass(frozen=True)
class Area:
    """Physical memory, up to the first byte after it, and where the core shows it."""

    begin: int
    end: int
    offset: int = 0

    @property
    def words(self) -> str:
        return f"{self.begin:x}-{self.end - 1:x}"


@dataclass
class Found:
    """What has come of it."""

    bytes: int = 0
    unread: int = 0
    cut: str = ""
    holes: list[str] = field(default_factory=list[str])

    @property
    def outcome(self) -> str:
        more = len(self.holes) - MOST_NAMED
        named = ", ".join(self.holes[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        words = [
            self.cut,
            f"{CORE} does not have {named}" if self.holes else "",
            f"pages that could not be read and are zeros: {self.unread}" if self.unread else "",
        ]
        return "; ".join(word for word in words if word) or "whole"


def source() -> Source:
    """It may take as long as a connection of BYTES_A_SECOND needs for the RAM that this host has."""
    size = sum(area.end - area.begin for area in ram(reading.text(IOMEM)))
    return Source(NAME, work, seconds_for(size) + LATE_SECONDS, MOST + (MOST // RECORD + (1 << 16)) * LIME.size)


def seconds_for(size: int) -> float:
    return SECONDS + min(size, MOST) / BYTES_A_SECOND


def work(sink: Sink, _: Asked) -> None:
    """Where the kernel does not let itself be read, the item says why."""
    areas = ram(reading.text(IOMEM))
    size = sum(area.end - area.begin for area in areas)
    seconds = seconds_for(size)
    sink.item(
        NAME,
        f"{CORE}: RAM as {IOMEM} has it, {size} bytes, at most {MOST}, within {seconds:.0f} s; in the form of LiME, as "
        "it was while it was read; pages that the kernel keeps back are zeros",
    )
    found = Found()
    try:
        if not areas:
            raise NotTaken(f"{IOMEM}: found no address of RAM, allowed: System RAM with addresses ({_limits()})")
        with reading.opened(CORE) as descriptor:
            pieces, holes = shown(areas, segments(descriptor))
            found.holes = [hole.words for hole in holes]
            if not pieces:
                raise NotTaken(f"{CORE}: found none of the RAM that {IOMEM} has, allowed: segments with its addresses")
            copy(sink, descriptor, pieces, found, time.monotonic() + seconds)
        if found.cut == LATE:
            found.cut = f"cut off after {seconds:.0f} s: less than {BYTES_A_SECOND // 1_000_000} MB a second went out"
        outcome = found.outcome
    except (OSError, NotTaken) as error:
        words = str(error) if isinstance(error, NotTaken) else f"{CORE}: found {error.strerror}, allowed: {_limits()}"
        outcome = f"{'cut off' if found.bytes else 'not taken'}: {words}"
    sink.end(outcome, ram=[area.words for area in areas][:MOST_HOLES], missing=found.holes[:MOST_HOLES])
    sink.trace(
        read=CORE,
        bytes=found.bytes,
        what=READ if found.bytes else REFUSED,
    )


def _limits() -> str:
    """What may keep us from it, in the kernel's own words where it has them."""
    words = reading.text(LOCKDOWN).strip() or "not said here"
    return (
        "root of the machine itself with CAP_SYS_RAWIO and CAP_SYS_ADMIN, no container, and no lockdown of the level "
        f"confidentiality; lockdown: {words}"
    )


def ram(iomem: str) -> list[Area]:
    """Whole pages of RAM, sorted, none twice. Of addresses that are all zeros nothing is left."""
    rows = [RAM.fullmatch(line) for line in iomem.splitlines()]
    pairs = sorted((int(row[1], 16), int(row[2], 16) + 1) for row in rows if row is not None)
    joined: list[Area] = []
    for first, last in pairs:
        # The kernel too has no use for a part of a page.
        begin, end = -(-first // PAGE) * PAGE, last // PAGE * PAGE
        if joined and begin <= joined[-1].end:
            begin, end = joined[-1].begin, max(end, joined[-1].end)
            joined.pop()
        if begin < end:
            joined.append(Area(begin, end))
    return joined


def segments(descriptor: int) -> list[Area]:
    """What the core says that it shows of physical memory. Raises NotTaken, OSError."""
    head = os.pread(descriptor, FILE_HEADER.size, 0)
    if head == b"":
        raise NotTaken(f"{CORE}: found an empty file, allowed: an ELF core ({_limits()})")
    if len(head) < FILE_HEADER.size or not head.startswith(IDENT):
        raise NotTaken(f"{CORE}: found another format, allowed: an ELF core of 64 bits, little endian")
    _, kind, _, _, _, at, _, _, _, size, count = FILE_HEADER.unpack(head)
    if kind != ELF_CORE or size != SEGMENT.size:
        raise NotTaken(f"{CORE}: found ELF of type {kind}, rows of {size} bytes, allowed: type {ELF_CORE}, 56 bytes")
    table = os.pread(descriptor, size * count, at)
    found: list[Area] = []
    for kind, _, offset, _, begin, length, _, _ in SEGMENT.iter_unpack(table[: len(table) // size * size]):
        # Else none that pread(2) reads: -1 is memory that has no one place.
        if kind == PT_LOAD and length > 0 and begin + length < 1 << 63 and offset + length < 1 << 63:
            found.append(Area(begin, begin + length, offset))
    return found


def shown(areas: Sequence[Area], core: Sequence[Area]) -> tuple[list[Area], list[Area]]:
    """Which pieces of the areas the core has, in order, and which it has not."""
    pieces: list[Area] = []
    holes: list[Area] = []
    for area in areas:
        at = area.begin
        while at < area.end:
            over = [each for each in core if each.begin <= at < each.end]
            if over:
                best = max(over, key=lambda each: each.end)
                end = min(area.end, best.end)
                pieces.append(Area(at, end, best.offset + at - best.begin))
            else:
                end = min([area.end, *(each.begin for each in core if each.begin > at)])
                holes.append(Area(at, end))
            at = end
    return pieces, holes


LATE = "late"


def copy(sink: Sink, descriptor: int, pieces: Sequence[Area], found: Found, limit: float) -> None:
    """Puts all pieces into the item, each record with its header, until the size or the time is over."""
    for record in _records(pieces):
        if found.bytes + record.end - record.begin > MOST:
            found.cut = f"cut off at {found.bytes} bytes of memory, of at most {MOST}"
            return
        if time.monotonic() > limit:
            found.cut = LATE
            return
        sink.data(LIME.pack(LIME_MAGIC, LIME_VERSION, record.begin, record.end - 1, 0))
        for at in range(0, record.end - record.begin, BLOCK):
            size = min(BLOCK, record.end - record.begin - at)
            part, unread = block(descriptor, record.offset + at, size)
            found.bytes += size
            found.unread += unread
            sink.data(part)


def _records(pieces: Sequence[Area]) -> Iterator[Area]:
    for piece in pieces:
        for at in range(piece.begin, piece.end, RECORD):
            yield Area(at, min(at + RECORD, piece.end), piece.offset + at - piece.begin)


def block(descriptor: int, offset: int, size: int) -> tuple[bytes, int]:
    """So many bytes of the core. Pages that cannot be read are zeros; they are counted."""
    found, unread, step = bytearray(), 0, size
    while len(found) < size:
        at = offset + len(found)
        want = min(step, size - len(found))
        part = _read(descriptor, want, at)
        if part:
            found += part
        elif step > PAGE:
            # One page of these cannot be read, or all: each by itself.
            step = PAGE
        else:
            found += bytes(min(want, PAGE - at % PAGE))
            unread += 1
    return bytes(found), unread


def _read(descriptor: int, size: int, at: int) -> bytes:
    try:
        return os.pread(descriptor, size, at)
    except OSError:
        return b""
