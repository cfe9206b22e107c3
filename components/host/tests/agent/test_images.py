"""Receiving archives of images."""

import hashlib
import io
import os
import pathlib

from phiward_host.agent import images
from phiward_host.agent.images import Archive, is_present, receive
from phiward_host.common.errors import Refused
from tests.support import InDirectory

NAME = "a" * 64 + ".tar"
DATA = b"x" * (3 * images.PART_BYTES + 17)


def archive(data: bytes = DATA, name: str = NAME) -> Archive:
    return Archive.from_json({"name": name, "sha256": hashlib.sha256(data).hexdigest()}, "archive")


class Receiving(InDirectory):
    def names(self) -> list[str]:
        return sorted(os.listdir(images.directory()))

    def test_an_archive_is_put_in_place_for_root_only(self) -> None:
        self.assertFalse(is_present(archive()))
        receive(archive(), len(DATA), io.BytesIO(DATA))
        self.assertTrue(is_present(archive()))
        self.assertEqual(self.names(), [NAME])
        path = pathlib.Path(images.directory(), NAME)
        self.assertEqual(path.read_bytes(), DATA)
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)

    def test_an_archive_of_another_content_is_not_the_one_that_is_asked_for(self) -> None:
        receive(archive(), len(DATA), io.BytesIO(DATA))
        self.assertFalse(is_present(archive(b"other")))

    def test_what_arrives_short_long_or_changed_is_not_kept_and_leaves_what_was_there(self) -> None:
        receive(archive(b"former"), 6, io.BytesIO(b"former"))
        changed = b"y" + DATA[1:]
        for data, sentence in (
            (DATA[:-1], "incomplete"),
            (b"", "incomplete"),
            (DATA + b"x", "more"),
            (changed, "changed"),
        ):
            with self.subTest(sentence=sentence), self.assertRaisesRegex(Refused, f"{sentence}.*nothing was kept"):
                receive(archive(), len(DATA), io.BytesIO(data))
            self.assertEqual(self.names(), [NAME])
            self.assertTrue(is_present(archive(b"former")))

    def test_an_archive_that_does_not_fit_is_refused_before_it_is_read(self) -> None:
        source = io.BytesIO(DATA)
        with self.assertRaisesRegex(Refused, "the archive has [0-9]+ bytes, and [0-9]+ are free"):
            receive(archive(), 1 << 60, source)
        self.assertEqual(source.tell(), 0)

    def test_what_a_cut_connection_left_goes_with_the_next(self) -> None:
        for name in (f".{NAME}.phiward-new", f".new-{NAME}"):
            self.path(f"state/images/{name}", "half")
        receive(archive(), len(DATA), io.BytesIO(DATA))
        self.assertEqual(self.names(), [NAME])

    def test_a_name_that_is_none_of_an_image_is_refused(self) -> None:
        for name in ("../../etc/passwd", "a" * 64, "a" * 63 + ".tar", "A" * 64 + ".tar", "a" * 64 + ".tar/x", ""):
            with self.assertRaises(Refused, msg=name):
                archive(name=name)
        self.assertEqual(archive(name="b" * 64 + ".tar.gz").name, "b" * 64 + ".tar.gz")
