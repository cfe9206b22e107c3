"""All memory: of a core of two segments what LiME has of it, and in words what cannot be read."""

import errno
import json
import os
import struct
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

from phiward_host.common.decode import Fields
from phiward_host.common.errors import Refused
from phiward_host.evidence import kernel_memory, main, running, sources, volatile
from phiward_host.evidence.asked import Asked
from phiward_host.evidence.sink import END, FOOTPRINT, ITEM, Sink
from phiward_host.evidence.stream import Stream
from phiward_host.integrity.settings import Settings

ASKED: Any = None
PAGE = 4096
ALL = (1 << 64) - 1
LOW, HIGH = 0x10000, 0x40000
# What is in a core: pages that differ, so that one in another's place shows.
FIRST = b"".join(bytes([number]) * PAGE for number in range(1, 5))
SECOND = b"".join(bytes([number]) * PAGE for number in range(0x81, 0x83))
IOMEM = f"""00000000-00000fff : Reserved
{LOW:08x}-{LOW + 4 * PAGE - 1:08x} : System RAM
  {LOW:08x}-{LOW + PAGE - 1:08x} : Kernel code
{HIGH:08x}-{HIGH + 2 * PAGE - 1:08x} : System RAM
4000000000-7fffffffff : PCI Bus 0000:00
"""
ZEROS = "00000000-00000000 : System RAM\n  00000000-00000000 : Kernel code\n00000000-00000000 : System RAM\n"


def core(*areas: tuple[int, bytes], kind: int = 4) -> bytes:
    """An ELF core as the kernel writes it: a note, memory that has no one place, then these."""
    at = 3 * PAGE
    segments = [(4, 64, 0, 0), (1, 2 * PAGE, ALL, PAGE)]
    for begin, content in areas:
        segments.append((1, at, begin, len(content)))
        at += len(content)
    head = struct.pack(
        "<16sHHIQQQIHHHHHH",
        b"\x7fELF\x02\x01\x01",
        *(kind, 62, 1, 0, 64, 0, 0, 64, 56, len(segments), 0, 0, 0),
    )
    rows = [struct.pack("<IIQQQQQQ", sort, 7, to, 0, begin, size, size, PAGE) for sort, to, begin, size in segments]
    return (head + b"".join(rows)).ljust(3 * PAGE, b"\xee") + b"".join(content for _, content in areas)


def lime(begin: int, content: bytes) -> bytes:
    head = b"EMiL" + struct.pack("<I", 1) + struct.pack("<QQ", begin, begin + len(content) - 1) + bytes(8)
    return head + content


class Case(unittest.TestCase):
    def setUp(self) -> None:
        top = self.enterContext(tempfile.TemporaryDirectory())
        self.core, self.iomem = Path(top, "kcore"), Path(top, "iomem")
        self.lockdown = Path(top, "lockdown")
        self.lockdown.write_text("none [integrity] confidentiality\n")
        for name, path in (("CORE", self.core), ("IOMEM", self.iomem), ("LOCKDOWN", self.lockdown)):
            self.enterContext(mock.patch.object(kernel_memory, name, str(path)))
        self.iomem.write_text(IOMEM)
        self.core.write_bytes(core((LOW, FIRST), (HIGH, SECOND)))

    def take(self) -> tuple[bytes, str, dict[bytes, Any]]:
        """What the item has, how it ended, and what is said of the host."""
        found = bytearray()
        said: dict[bytes, Any] = {}

        def taken(kind: bytes, data: bytes) -> None:
            if kind in (ITEM, END, FOOTPRINT):
                said[kind] = json.loads(data)
            else:
                found.extend(data)

        kernel_memory.work(Sink(taken), ASKED)
        return bytes(found), said[END][0], said


class Memory(Case):
    def test_has_each_range_with_its_header_as_lime_has_it(self) -> None:
        found, outcome, said = self.take()
        self.assertEqual(found, lime(LOW, FIRST) + lime(HIGH, SECOND))
        self.assertEqual(len(found), 6 * PAGE + 2 * 32)
        self.assertEqual(outcome, "whole")
        self.assertEqual(said[END][1], {"ram": ["10000-13fff", "40000-41fff"], "missing": []})
        self.assertIn("24576 bytes", said[ITEM][1])
        self.assertEqual(said[FOOTPRINT]["bytes"], 6 * PAGE)
        self.assertIn("no module was loaded and no file written", said[FOOTPRINT]["what"])

    def test_is_in_records_that_end_whole(self) -> None:
        with mock.patch.object(kernel_memory, "RECORD", 3 * PAGE), mock.patch.object(kernel_memory, "BLOCK", 2 * PAGE):
            found, outcome, _ = self.take()
        parts = (FIRST[: 3 * PAGE], FIRST[3 * PAGE :])
        self.assertEqual(found, lime(LOW, parts[0]) + lime(LOW + 3 * PAGE, parts[1]) + lime(HIGH, SECOND))
        self.assertEqual(outcome, "whole")

    def test_passes_over_what_the_core_does_not_have_and_names_it(self) -> None:
        self.core.write_bytes(core((HIGH + PAGE, SECOND[PAGE:]), (LOW + PAGE, FIRST[PAGE : 2 * PAGE])))
        found, outcome, said = self.take()
        self.assertEqual(found, lime(LOW + PAGE, FIRST[PAGE : 2 * PAGE]) + lime(HIGH + PAGE, SECOND[PAGE:]))
        holes = ["10000-10fff", "12000-13fff", "40000-40fff"]
        self.assertEqual(outcome, f"{self.core} does not have {', '.join(holes)}")
        self.assertEqual(said[END][1]["missing"], holes)

    def test_takes_no_range_twice_that_two_segments_show(self) -> None:
        text = (LOW + PAGE, FIRST[PAGE : 2 * PAGE])
        self.core.write_bytes(core(text, (LOW, FIRST), (HIGH, SECOND)))
        self.assertEqual(self.take()[0], lime(LOW, FIRST) + lime(HIGH, SECOND))

    def test_has_zeros_for_a_page_that_cannot_be_read_and_counts_it(self) -> None:
        whole, bad = os.pread, 3 * PAGE + PAGE

        def pread(descriptor: int, size: int, at: int) -> bytes:
            if at <= bad < at + size:
                raise OSError(errno.EFAULT, "Bad address")
            return whole(descriptor, size, at)

        with mock.patch.object(os, "pread", pread):
            found, outcome, _ = self.take()
        self.assertEqual(found, lime(LOW, FIRST[:PAGE] + bytes(PAGE) + FIRST[2 * PAGE :]) + lime(HIGH, SECOND))
        self.assertEqual(outcome, "pages that could not be read and are zeros: 1")

    def test_has_zeros_where_the_core_ends_early(self) -> None:
        self.core.write_bytes(core((LOW, FIRST), (HIGH, SECOND))[: -PAGE - 7])
        found, outcome, _ = self.take()
        self.assertEqual(found, lime(LOW, FIRST) + lime(HIGH, SECOND[: PAGE - 7] + bytes(PAGE + 7)))
        self.assertEqual(outcome, "pages that could not be read and are zeros: 2")

    def test_is_cut_by_size_and_by_time_between_two_records(self) -> None:
        with mock.patch.object(kernel_memory, "MOST", 5 * PAGE):
            found, outcome, _ = self.take()
        self.assertEqual(found, lime(LOW, FIRST))
        self.assertEqual(outcome, "cut off at 16384 bytes of memory, of at most 20480")
        with mock.patch.object(kernel_memory, "SECONDS", -1.0):
            found, outcome, said = self.take()
        self.assertEqual((found, said[FOOTPRINT]["bytes"]), (b"", 0))
        self.assertRegex(outcome, r"^cut off after -1 s: less than 10 MB a second went out$")

    def test_may_take_as_long_as_its_size_needs(self) -> None:
        self.assertEqual(kernel_memory.seconds_for(64 << 30), 60 + 6871.9476736)
        self.assertEqual(kernel_memory.seconds_for(1 << 50), kernel_memory.seconds_for(1 << 40))
        found = kernel_memory.source()
        self.assertGreater(found.seconds, kernel_memory.seconds_for(6 * PAGE))
        self.assertGreater(found.most, 1 << 40)


class NotRead(Case):
    def assert_says(self, *words: str) -> None:
        found, outcome, said = self.take()
        self.assertEqual((found, said[FOOTPRINT]["bytes"]), (b"", 0))
        self.assertIn("no memory was read", said[FOOTPRINT]["what"])
        self.assertTrue(outcome.startswith("not taken: "), outcome)
        for word in words:
            self.assertIn(word, outcome)

    def test_says_that_the_addresses_of_ram_are_zeros_or_none(self) -> None:
        for text in (ZEROS, "", "garbage\n"):
            self.iomem.write_text(text)
            self.assert_says(str(self.iomem), "found no address of RAM", "CAP_SYS_ADMIN", "none [integrity]")

    def test_says_that_the_core_cannot_be_opened(self) -> None:
        whole = os.open

        def refused(path: str, flags: int) -> int:
            if path == str(self.core):
                raise PermissionError(errno.EPERM, "Operation not permitted", path)
            return whole(path, flags)

        with mock.patch.object(os, "open", refused):
            self.assert_says("found Operation not permitted", "CAP_SYS_RAWIO", "none [integrity] confidentiality")
        self.core.unlink()
        self.lockdown.unlink()
        self.assert_says("found No such file or directory", "lockdown: not said here")
        self.core.symlink_to("/dev/null")
        self.assert_says(str(self.core))

    def test_says_that_the_core_is_none(self) -> None:
        for content, words in (
            (b"", "found an empty file"),
            (b"\x7fELF\x01\x01" + bytes(60), "found another format"),
            (b"\x7fELF\x02\x01", "found another format"),
            (core((LOW, FIRST), kind=2), "found ELF of type 2"),
            (core((1 << 50, FIRST), (ALL - PAGE, FIRST)), "found none of the RAM"),
        ):
            self.core.write_bytes(content)
            self.assert_says(words)

    def test_and_the_rest_goes_on(self) -> None:
        self.core.unlink()
        outcomes: list[tuple[str, str]] = []
        stream = Stream(lambda _: None, lambda row: outcomes.append((str(row["item"]), str(row["outcome"]))), "0" * 32)
        for source in (kernel_memory.source(), running.Source("next", after, 5, 100)):
            running.run(source, ASKED, stream, [])
        (item, outcome), following = outcomes
        self.assertEqual(item, "000-kernel-memory")
        self.assertIn("not taken", outcome)
        self.assertEqual(following, ("001-next", "whole"))


def after(sink: Sink, _: Asked) -> None:
    sink.item("next", "a test")
    sink.end()


class Ram(unittest.TestCase):
    def test_is_whole_pages_sorted_and_joined(self) -> None:
        text = "\n".join(
            [
                "100000000-63fffffff : System RAM",
                "00001000-0009fbff : System RAM",
                "00100000-bfffffff : System RAM",
                "  01000000-02209987 : Kernel code",
                "c0000000-c0000fff : System RAM",
                "c0001000-c0001010 : System RAM",
                "700000000-7ffffffff : virtio0",
                "  700000000-707ffffff : System RAM (virtio_mem)",
                "800000000-8ffffffff : Not System RAM at all",
            ]
        )
        found = [area.words for area in kernel_memory.ram(text)]
        self.assertEqual(found, ["1000-9efff", "100000-c0000fff", "100000000-63fffffff", "700000000-707ffffff"])


class Request(Case):
    def asked(self, **more: object) -> Asked:
        fields: dict[str, object] = {
            "mode": "evidence",
            "host": "web",
            "nonce": "0" * 32,
            "recipient": None,
            "since": 0,
        }
        with mock.patch.object(Settings, "from_json", return_value=None):
            return Asked.from_fields(Fields.of({**fields, "digests": {}, "declared": {}, **more}, "request"))

    def test_asks_for_it_by_a_field_that_older_callers_do_not_have(self) -> None:
        self.assertFalse(self.asked().memory)
        self.assertTrue(self.asked(memory=True).memory)
        with self.assertRaisesRegex(Refused, r"request\.memory: found int, allowed: true or false"):
            self.asked(memory=1)

    def test_takes_it_only_where_it_is_asked_after_what_takes_seconds(self) -> None:
        self.assertEqual(sources.chosen(self.asked()), sources.OF_HOST)
        names = [source.name for source in sources.chosen(self.asked(memory=True))]
        first = ["memory", "processes", "sockets", "firewall", "kernel", "kernel-memory"]
        self.assertEqual(names[: len(first)], first)
        self.assertEqual(len(names), len(sources.OF_HOST) + 1)
        for mode, few in (("findings", ["findings"]), ("kept", ["journal", "kept"])):
            self.assertEqual([source.name for source in sources.chosen(self.asked(mode=mode, memory=True))], few)

    def test_the_item_memory_says_what_was_taken_of_it(self) -> None:
        for memory, words in ((False, "none of it: memory of"), (True, "what the item kernel-memory has")):
            rows: list[bytes] = []
            volatile.memory(Sink(lambda kind, data, to=rows: to.append(kind + data)), self.asked(memory=memory))
            self.assertIn(f'"taken": "{words}', b"".join(rows).decode())

    def test_is_in_the_first_item(self) -> None:
        out: list[bytes] = []
        stream = Stream(out.append, lambda _: None, "0" * 32)
        main._request(stream, self.asked(memory=True), "1" * 64, 0.0)  # pyright: ignore[reportPrivateUsage]
        self.assertIn(b'"memory":true', b"".join(out))
