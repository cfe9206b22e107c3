"""How restored files come into their places."""

import os
import pathlib
import tempfile
import unittest

from phiward_host.backup.files import linked_paths, place_tree
from phiward_host.backup.mounts import is_within


class PlacingTest(unittest.TestCase):
    def test_keeps_what_it_replaces_leaves_alone_what_is_the_same_and_can_be_run_again(self) -> None:
        with tempfile.TemporaryDirectory() as root:
            new, there, aside = (pathlib.Path(root) / name for name in ("new", "there", "aside"))
            texts = [
                (new / "same", "s"),
                (new / "changed", "good"),
                (new / "inner/made", "m"),
                (there / "same", "s"),
                (there / "changed", "bad"),
                (there / "extra", "e"),
            ]
            for path, text in texts:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            (new / "link").symlink_to("same")
            before = (there / "same").stat().st_ino
            self.assertEqual(place_tree(str(new), str(there), str(aside)), 3)
            names = ("same", "changed", "inner/made", "extra", "link")
            self.assertEqual([(there / name).read_text() for name in names], ["s", "good", "m", "e", "s"])
            self.assertEqual((there / "same").stat().st_ino, before)
            self.assertEqual(pathlib.Path(f"{aside}{there}/changed").read_text(), "bad")
            self.assertEqual(place_tree(str(new), str(there), str(aside)), 0)

    def test_leaves_pipes_alone_on_either_side(self) -> None:
        with tempfile.TemporaryDirectory() as root:
            new, there = (pathlib.Path(root) / name for name in ("new", "there"))
            for directory in (new, there):
                directory.mkdir()
            os.mkfifo(new / "pipe")
            (new / "file").write_text("good")
            os.mkfifo(there / "file")
            self.assertEqual(place_tree(str(new), str(there), f"{root}/aside"), 1)
            self.assertEqual((there / "file").read_text(), "good")

    def test_a_directory_and_a_file_that_change_places_are_kept_whole(self) -> None:
        with tempfile.TemporaryDirectory() as root:
            new, there = (pathlib.Path(root) / name for name in ("new", "there"))
            (new / "now-directory").mkdir(parents=True)
            (new / "now-directory/in").write_text("i")
            (new / "now-file").write_text("f")
            (there / "now-file").mkdir(parents=True)
            (there / "now-file/old").write_text("o")
            (there / "now-directory").write_text("d")
            self.assertEqual(place_tree(str(new), str(there), f"{root}/aside"), 2)
            aside = pathlib.Path(f"{root}/aside{there}")
            self.assertEqual((aside / "now-file/old").read_text() + (aside / "now-directory").read_text(), "od")
            self.assertEqual((there / "now-directory/in").read_text() + (there / "now-file").read_text(), "if")

    def test_a_link_in_a_volume_bends_the_way_and_one_before_it_does_not(self) -> None:
        with tempfile.TemporaryDirectory() as root:
            volume = pathlib.Path(root) / "disk/volume"
            (volume / "real").mkdir(parents=True)
            (volume / "link").symlink_to("/etc")
            (pathlib.Path(root) / "way").symlink_to("disk")
            for start in (str(volume), f"{root}/way/volume"):
                paths = [start, f"{start}/file", f"{start}/real/file", f"{start}/link/passwd"]
                self.assertEqual(linked_paths(paths, [start]), [f"{start}/link/passwd"])
                self.assertEqual(linked_paths(paths, []), [])

    def test_a_name_that_begins_alike_is_not_within(self) -> None:
        found = [is_within(path, "/srv/a") for path in ("/srv/a", "/srv/a/b", "/srv/ab", "/srv")]
        self.assertEqual(found, [True, True, False, False])
        self.assertFalse(is_within("/srv", ""))


if __name__ == "__main__":
    unittest.main()
