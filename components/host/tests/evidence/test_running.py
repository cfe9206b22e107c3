"""Sources: each within its time and size, whatever it does, and the next one all the same."""

import errno
import io
import json
import os
import tarfile
import time
import unittest
from typing import Any
from unittest import mock

from phiward_host.evidence import running
from phiward_host.evidence.asked import Asked
from phiward_host.evidence.running import Source
from phiward_host.evidence.sink import Sink
from phiward_host.evidence.stream import Stream

ASKED: Any = None


class Sources(unittest.TestCase):
    def setUp(self) -> None:
        self.out = io.BytesIO()
        self.entries: list[dict[str, object]] = []
        self.stream = Stream(self.write, lambda entry: self.entries.append(dict(entry)), "0" * 32)
        self.footprint: list[dict[str, object]] = []

    def write(self, data: bytes) -> None:
        self.out.write(data)

    def take(self, *sources: Source) -> dict[str, bytes]:
        for source in sources:
            running.run(source, ASKED, self.stream, self.footprint)
        self.stream.close(b"{}\n", b"")
        self.out.seek(0)
        with tarfile.open(fileobj=self.out) as archive:
            return {member.name: found.read() for member in archive if (found := archive.extractfile(member))}

    def outcomes(self) -> list[object]:
        return [(entry["item"], entry["outcome"]) for entry in self.entries]

    def test_one_that_hangs_is_ended_and_what_it_brought_is_kept(self) -> None:
        began = time.monotonic()
        found = self.take(Source("slow", slow, 1, 1000), Source("good", good, 5, 1000))
        self.assertLess(time.monotonic() - began, 4)
        self.assertEqual(
            self.outcomes(), [("000-slow", "cut off: no end within 1 s"), ("001-good", "whole"), ("002-good", "whole")]
        )
        self.assertEqual(found["000-slow"], b"first")
        self.assertEqual(json.loads(found["001-good"]), {"row": 1})
        self.assertEqual(self.footprint, [{"source": "good", "program": "x"}])

    def test_one_that_fails_or_is_killed_says_so(self) -> None:
        self.take(
            Source("failing", failing, 5, 1000),
            Source("killed", killed, 5, 1000),
            Source("nothing", failing_first, 5, 1),
        )
        self.assertEqual(
            self.outcomes(),
            [
                ("000-failing", "cut off: PermissionError Operation not permitted"),
                ("001-failing-ended", "cut off: the source ended with 3"),
                ("002-killed", "cut off: the source ended with -9"),
                ("003-nothing-ended", "cut off: the source ended with 3"),
            ],
        )

    def test_no_more_is_taken_of_one_than_its_size(self) -> None:
        found = self.take(Source("large", large, 5, 1500))
        self.assertEqual(self.outcomes(), [("000-large", "cut off at 1500 bytes")])
        self.assertEqual(len(found["000-large"]), 1500)

    def test_without_memory_for_a_process_it_looks_by_itself(self) -> None:
        with mock.patch.object(os, "fork", side_effect=OSError(errno.ENOMEM, "no memory")):
            self.take(Source("good", good, 5, 1000), Source("slow", slow, 1, 1000))
        self.assertEqual(
            self.outcomes(), [("000-good", "whole"), ("001-good", "whole"), ("002-slow", "cut off: no end within 1 s")]
        )

    def test_a_large_item_is_in_parts_that_any_tar_reads(self) -> None:
        found = self.take(Source("huge", huge, 20, 1 << 24))
        parts = [name for name in found if name.startswith("000-huge.0")]
        self.assertEqual(parts, ["000-huge.000", "000-huge.001", "000-huge.002"])
        self.assertEqual(sum(len(found[name]) for name in parts), 9 << 20)


def slow(sink: Sink, _: Asked) -> None:
    sink.item("slow", "a test")
    sink.data(b"first")
    time.sleep(60)


def good(sink: Sink, _: Asked) -> None:
    for row in (1, 2):
        sink.item("good", "a test")
        sink.line({"row": row})
        sink.end()
    sink.trace(program="x")


def failing(sink: Sink, _: Asked) -> None:
    sink.item("failing", "a test")
    raise PermissionError(errno.EPERM, "Operation not permitted", "/secret/path")


def failing_first(sink: Sink, _: Asked) -> None:
    raise ValueError("a secret")


def killed(sink: Sink, _: Asked) -> None:
    sink.item("killed", "a test")
    os.kill(os.getpid(), 9)


def large(sink: Sink, _: Asked) -> None:
    sink.item("large", "a test")
    for _part in range(10):
        sink.data(b"x" * 400)
    sink.end()


def huge(sink: Sink, _: Asked) -> None:
    sink.item("huge", "a test")
    sink.data(b"x" * (9 << 20))
    sink.end()
