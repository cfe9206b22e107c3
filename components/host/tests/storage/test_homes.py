"""Homes on a file system of their own: made, refused, cut off and grown, without a loop device."""

import json
import os
import pathlib
from collections.abc import Sequence
from unittest import mock

from phiward_host.common import files
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.process import Completed
from phiward_host.storage import homes, main
from tests.support import OK, InDirectory

MEGABYTE = 1 << 20
SIZE = 128 * MEGABYTE


class Homes(InDirectory):
    """A host's homes in a directory; mounts are remembered, and nothing is mounted."""

    def setUp(self) -> None:
        super().setUp()
        self.homes = self.path("home")
        self.patch(homes, "HOMES", self.homes)
        self.path("home/bob/notes", "kept")
        self.mounted: dict[str, str] = {}
        self.file_system = SIZE
        self.calls: list[list[str]] = []
        self.failing: tuple[str, ...] = ()
        self.run_with(self.answer)

    def answer(self, argv: Sequence[str], _: str | None) -> Completed:
        """Tools of a host, as far as they matter here."""
        self.calls.append(list(argv))
        if argv[0] in self.failing:
            return Completed(1, "", "no")
        match argv[0]:
            case "fallocate":
                with open(argv[-1], "ab") as file:
                    os.posix_fallocate(file.fileno(), 0, int(argv[1].removeprefix("--length=")))
            case "mount" if "remount" not in argv[2]:
                self.mounted[argv[-1]] = "/dev/loop0"
            case "umount":
                del self.mounted[argv[-1]]
            case "findmnt":
                directory = argv[-1].removeprefix("--mountpoint=")
                if directory not in self.mounted:
                    return Completed(1, "", "")
                source = "--output=SOURCE" in argv
                return Completed(0, f"{self.mounted[directory]}\n" if source else "rw,nosuid,nodev\n", "")
            case "losetup" if argv[1] == "--noheadings":
                return Completed(0, "/dev/loop0\n" if "/dev/loop0" in self.mounted.values() else "", "")
            case "resize2fs":
                self.file_system = os.stat(homes.image()).st_size
            case "truncate":
                os.truncate(argv[-1], int(argv[1].removeprefix("--size=")))
            case "dumpe2fs":
                return Completed(0, f"Block count:  {self.file_system // 4096}\nBlock size:   4096\n", "")
            case _:
                return OK
        return OK

    def device_of(self, path: str) -> int:
        """Homes are on a file system that nothing else is on."""
        return 8 if path == self.homes else 7

    def changing(self) -> list[str]:
        """The tools that changed something."""
        return [argv[0] for argv in self.calls if argv[0] not in ("findmnt", "dumpe2fs", "losetup", "e2fsck")]

    def test_are_copied_into_an_image_that_is_whole_before_it_is_used(self) -> None:
        homes.settle(SIZE)
        self.assertEqual(self.mounted, {self.homes: "/dev/loop0"})
        self.assertEqual(os.stat(homes.image()).st_size, SIZE)
        copy = pathlib.Path(f"{self.base}/storage/homes.part/bob/notes")
        self.assertEqual(copy.read_text(encoding="utf-8"), "kept")
        self.assertEqual(homes.faults(SIZE), [])
        before = list(self.calls)
        homes.settle(SIZE)
        self.assertEqual(
            [argv[0] for argv in self.calls[len(before) :] if argv[0] in ("mkfs.ext4", "mount", "resize2fs")], []
        )

    def test_stay_as_they_are_where_they_hold_too_much(self) -> None:
        with open(self.path("home/bob/large"), "wb") as file:
            file.truncate(120 * MEGABYTE)
        with self.assertRaisesRegex(Refused, "found 128, allowed: at least 256, since .* holds 120 MB"):
            homes.settle(SIZE)
        self.assertEqual(self.changing(), [])

    def test_stay_as_they_are_where_the_disk_has_no_room(self) -> None:
        self.patch(files, "free_bytes", mock.Mock(return_value=SIZE))
        with self.assertRaisesRegex(Refused, "has 128 MB free, and homes need 128 MB more with 512 MB left over"):
            homes.settle(SIZE)
        self.assertEqual(self.changing(), [])

    def test_stay_as_they_are_where_a_copy_fails_and_the_next_run_does_it(self) -> None:
        self.failing = ("mkfs.ext4",)
        with self.assertRaises(Failed):
            homes.settle(SIZE)
        self.assertEqual((self.mounted, os.path.exists(homes.image())), ({}, False))
        self.failing = ()
        # As after a run that was killed in the middle of a copy.
        place = f"{self.base}/storage/homes.part"
        self.mounted[place] = "/dev/loop1"
        self.path("state/storage/homes.img.part", "half")
        homes.settle(SIZE)
        self.assertEqual(self.mounted, {self.homes: "/dev/loop0"})

    def test_come_back_with_the_host_and_then_refuse_to_shrink(self) -> None:
        homes.settle(SIZE * 2)
        self.mounted.clear()
        with self.assertRaisesRegex(Refused, "found 128, allowed: at least 256, which homes have on this host"):
            homes.settle(SIZE)
        self.assertEqual(self.mounted, {self.homes: "/dev/loop0"})

    def test_grow_while_they_are_used_or_stay_as_large_as_they_were(self) -> None:
        homes.settle(SIZE)
        self.failing = ("resize2fs",)
        with self.assertRaises(Failed):
            homes.settle(SIZE * 2)
        self.assertEqual(homes.faults(SIZE), [])
        self.failing = ()
        homes.settle(SIZE * 2)
        self.assertEqual((homes.faults(SIZE * 2), self.file_system), ([], SIZE * 2))

    def test_grow_before_they_are_mounted_where_they_are_not(self) -> None:
        homes.settle(SIZE)
        self.mounted.clear()
        self.calls.clear()
        homes.settle(SIZE * 2)
        self.assertEqual(self.changing(), ["fallocate", "resize2fs", "mount"])
        self.assertEqual(homes.faults(SIZE * 2), [])

    def test_are_left_alone_on_a_file_system_of_their_own_and_not_on_that_of_the_data(self) -> None:
        self.mounted[self.homes] = "/dev/sdb1"
        self.patch(files, "device", self.device_of)
        self.assertEqual(homes.faults(SIZE), [])
        homes.settle(SIZE)
        self.assertEqual(self.changing(), [])
        self.patch(files, "device", mock.Mock(return_value=7))
        self.assertEqual(homes.faults(SIZE), [f"{self.homes} is on the same file system as /"])
        with self.assertRaisesRegex(Failed, "is on the same file system as /: unmount it"):
            homes.settle(SIZE)

    def test_are_a_fault_where_they_are_on_the_disk_of_the_host(self) -> None:
        settings = self.path("storage.json", json.dumps({"homes": {"megabytes": 128}}))
        self.assertEqual(main.main(["settled", settings]), 1)
        self.assertEqual(main.main(["settle", settings]), 0)
        self.assertEqual(main.main(["settled", settings]), 0)
