"""Files of persons in volumes that whoever runs in a service may make as they like; on real directories."""

import base64
import json
import os
import pathlib
import stat
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import replace
from unittest import mock

from phiward_host.backup import emergency, erasing
from phiward_host.backup.manifest import Manifest
from phiward_host.backup.request import RestoreRequest
from phiward_host.common import process, trees
from phiward_host.common.directory import opened
from phiward_host.common.errors import Failed, Refused
from phiward_host.subjects import again, register, settings, volumes
from phiward_host.subjects.patterns import Part, Pattern
from phiward_host.subjects.register import Register
from phiward_host.subjects.walked import Whose
from tests.common.test_directory import AS_ROOT
from tests.subjects.test_subjects import HOLD, REF, WHY, Subjects
from tests.support import deep_tree

NAME = "phiward-api.uploads"
SCANS, LETTERS = "scans/{ref}/", "letters/*/{ref}-*.pdf"
OWNER = 10001


def place(path: str, service: str = "api") -> dict[str, str]:
    return {"service": service, "volume": "uploads", "name": NAME, "path": path}


class Volumes(Subjects):
    def setUp(self) -> None:
        super().setUp()
        self.rows = {"visits": 0, "patients": 0}
        self.top = self.path("volume")
        os.makedirs(self.top)
        self.patch(volumes, "volume_paths", self.where)
        self.declare(files=[place(SCANS), place(LETTERS)])

    def where(self, names: Sequence[str]) -> dict[str, str]:
        return dict.fromkeys(names, self.top)

    def put(self, *paths: str) -> None:
        for path in paths:
            self.path(f"volume/{path}", f"of {path}")

    def there(self) -> list[str]:
        """Files and links of the volume."""
        tops = ((os.path.relpath(top, self.top), names) for top, _, names in os.walk(self.top))
        links = [path for path in pathlib.Path(self.top).rglob("*") if path.is_symlink() and path.is_dir()]
        found = {os.path.normpath(f"{top}/{name}") for top, names in tops for name in names}
        return sorted(found | {str(path.relative_to(self.top)) for path in links})

    def erase_here(self, whose: Whose, *paths: str) -> int:
        """As in a directory that nobody else reaches."""
        places = [settings.FilePlace.from_json(place(path), "place") for path in paths]
        with opened(self.top) as top:
            return volumes.erase_below(top, places, whose).files


class PatternsTest(Volumes):
    def test_a_name_is_of_one_person_at_most_whatever_is_in_it(self) -> None:
        for part, name, reference in (
            ("{ref}", "4711", "4711"),
            ("{ref}", "*", "*"),
            ("{ref}.pdf", "a.pdf.pdf", "a.pdf"),
            ("{ref}.pdf", ".pdf", None),
            ("p-{ref}-p", "p-p", None),
            ("p-{ref}-p", "p-1-p", "1"),
            ("{ref}-*.pdf", "12-34-x.pdf", "12"),
            ("{ref}-*.pdf", "12.pdf", None),
            ("{ref}-x*x", "12-x", None),
            ("{ref}-x*x", "12-xx", "12"),
            ("{ref}-x-*", "12-y-x-1", None),
            ("scan*_{ref}.dcm", "scan_1_12.dcm", "12"),
            ("scan*_{ref}.dcm", "scan12.dcm", None),
            ("*-{ref}", "-", None),
        ):
            with self.subTest(part, name=name):
                self.assertEqual(Part(part).reference_in(name), reference)

    def test_a_pattern_without_one_reference_is_refused(self) -> None:
        for text in ("scans/", "{ref}/{ref}", "../{ref}", "{ref}//x", "/{ref}"):
            with self.assertRaisesRegex(Refused, "^here: found another text"):
                Pattern.of(text, "here")

    def test_a_reference_that_no_name_can_have_is_refused_and_a_star_in_it_is_a_star(self) -> None:
        self.put("scans/4711/a", "scans/47*1/b", "letters/x/47*1-1.pdf")
        for reference, words in (
            ("a/b", "found / in it"),
            ("..", "found . or .."),
            (".", "found"),
            ("a-b", "found - in"),
        ):
            for verb in ("erase", "export"):
                self.assertIn(words, self.main(verb, ref=reference)[1])
        self.assertEqual(self.main("erase", ref="47*1")[0], 0)
        self.assertEqual(self.there(), ["scans/4711/a"])


class EraseTest(Volumes):
    def test_what_the_patterns_name_goes_and_nothing_else(self) -> None:
        theirs = [
            f"scans/{REF}/a.dcm",
            f"scans/{REF}/in/b\n.dcm",
            f"letters/2026/{REF}-1.pdf",
            f"letters/2025/{REF}-2.pdf",
        ]
        others = [
            f"scans/{REF}1/a",
            "scans/4712/a",
            f"letters/2026/{REF}.pdf",
            f"letters/2026/x{REF}-1.pdf",
            f"other/{REF}/a",
        ]
        self.put(*theirs, *others)
        os.mkdir(f"{self.top}/letters/2026/{REF}-3.pdf")
        code, said = self.main("erase")
        self.assertEqual(
            (code, json.loads(said)["files"]), (0, {f"api/uploads: {SCANS}": 2, f"api/uploads: {LETTERS}": 2})
        )
        self.assertEqual(self.there(), sorted(others))
        self.assertFalse(os.path.exists(f"{self.top}/scans/{REF}"))
        self.assertTrue(os.path.isdir(f"{self.top}/letters/2025"))
        self.assertEqual(self.erased(), {self.entry()})
        self.assertIn("0 rows, 4 files", self.acts[-1])
        self.assertNotIn(REF, pathlib.Path(register.path()).read_text() + "".join(self.acts))

    def test_directories_of_the_person_go_once_they_are_empty(self) -> None:
        self.declare(files=[place("{ref}/in/*.pdf")])
        self.put(f"{REF}/in/a.pdf", "x/in/a.pdf")
        self.assertEqual(self.main("erase")[0], 0)
        self.assertEqual(os.listdir(self.top), ["x"])
        self.put(f"{REF}/in/a.pdf", f"{REF}/in/b.txt")
        self.assertEqual(self.main("erase")[0], 0)
        self.assertEqual(self.there(), [f"{REF}/in/b.txt", "x/in/a.pdf"])

    def test_a_reference_of_nobody_is_refused_and_a_row_or_a_file_alone_is_somebody(self) -> None:
        for verb in ("erase", "export"):
            self.assertIn("found no row and no file of it", self.main(verb)[1])
        os.makedirs(f"{self.top}/scans/{REF}")
        self.assertEqual(self.main("erase")[0], 0)
        self.assertEqual(os.listdir(f"{self.top}/scans"), [])
        self.rows = {"visits": 1, "patients": 0}
        self.assertEqual(json.loads(self.main("erase", ref=REF)[1])["files"][f"api/uploads: {SCANS}"], 0)

    def test_a_hold_in_the_service_s_database_keeps_files_as_well(self) -> None:
        self.put(f"scans/{REF}/a")
        self.rows = {"visits": 3, "patients": 1}
        self.declare(HOLD, files=[place(SCANS)])
        self.assertIn("the hold case of anna keeps until 2999-01-01", self.main("erase")[1])
        # Of a database without a place nobody can say whose rows it keeps.
        self.declare({**HOLD, "database": "notes"}, files=[place(SCANS, "notes")])
        self.assertIn("found the hold case of anna in the database notes", self.main("erase")[1])
        self.assertEqual((self.there(), self.erased()), ([f"scans/{REF}/a"], set()))

    def test_files_that_have_another_name_are_counted(self) -> None:
        self.put(f"scans/{REF}/a")
        os.link(f"{self.top}/scans/{REF}/a", f"{self.top}/copy")
        self.assertEqual(json.loads(self.main("erase")[1])["linked"], 1)
        self.assertEqual(self.there(), ["copy"])

    def test_no_link_is_followed_where_it_is_a_part_of_the_path_or_its_end(self) -> None:
        victim = self.path("victim/4711/a", "untouched")
        pathlib.Path(self.path(f"victim/{REF}/a", "untouched"))
        os.makedirs(f"{self.top}/scans")
        os.symlink(f"{self.root}/victim/4711", f"{self.top}/scans/{REF}")
        os.mkdir(f"{self.top}/letters")
        os.symlink(f"{self.root}/victim", f"{self.top}/letters/2026")
        self.assertEqual(self.main("erase")[0], 0)
        self.assertEqual(self.there(), ["letters/2026"])
        os.rmdir(f"{self.top}/scans")
        os.symlink(f"{self.root}/victim", f"{self.top}/scans")
        code, said = self.main("erase")
        self.assertEqual((code, "a link or a file is where subjects.files has a directory" in said), (1, True))
        self.assertEqual(sorted(os.listdir(self.path("victim"))), sorted(["4711", REF]))
        self.assertEqual(pathlib.Path(victim).read_text(), "untouched")

    def test_what_is_swapped_for_a_link_between_a_look_and_its_end_leads_nowhere(self) -> None:
        victim = self.path("victim/a", "untouched")
        whose = Whose.of(REF)

        def swapped(then: Callable[..., object]) -> Callable[..., object]:
            def swap(*words: object, **named: object) -> object:
                if not os.path.islink(f"{self.top}/scans/{REF}"):
                    os.rename(f"{self.top}/scans/{REF}", f"{self.top}/aside")
                    os.symlink(self.path("victim"), f"{self.top}/scans/{REF}")
                return then(*words, **named)

            return swap

        for target, name in ((trees, "_listed_directory"), (os, "unlink")):
            self.put(f"scans/{REF}/a", f"scans/{REF}/b")
            with self.subTest(name), mock.patch.object(target, name, swapped(getattr(target, name))):
                try:
                    self.erase_here(whose, SCANS)
                except Failed as failure:
                    self.assertIn("volume api/uploads: its files cannot be looked through", str(failure))
                    self.assertNotIn(REF, str(failure))
            self.assertEqual(pathlib.Path(victim).read_text(), "untouched")
            trees.remove_tree(f"{self.top}/aside")
            self.erase_here(whose, SCANS)

    def test_a_tree_of_any_depth_and_a_directory_of_any_number_of_entries_are_erased_in_pieces(self) -> None:
        os.makedirs(f"{self.top}/scans/{REF}")
        deep_tree(f"{self.top}/scans/{REF}", 1500)
        for number in range(20_000):
            os.mknod(f"{self.top}/scans/{REF}/{number:0100}")
            os.mknod(f"{self.top}/scans/{number:0100}")
        tracemalloc.start()
        try:
            count = self.erase_here(Whose(None, lambda found: found == REF), SCANS)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        # Names alone would be 20,000 times 150 bytes.
        self.assertEqual((count, len(self.there()), peak < 1_000_000), (20_001, 20_000, True))

    def test_files_that_a_service_writes_again_are_no_erasure(self) -> None:
        self.put(f"scans/{REF}/a")
        with mock.patch.object(os, "unlink"), mock.patch.object(os, "rmdir"):
            self.declare(files=[place("scans/{ref}/*")])
            code, said = self.main("erase")
        self.assertEqual((code, "files of erased persons are still there" in said), (1, True))
        self.assertEqual((self.erased(), list(register.load().begun)), (set(), [self.entry()]))
        # What was begun is finished also where nothing is left.
        trees.remove_tree(f"{self.top}/scans/{REF}")
        self.assertEqual((self.main("erase")[0], self.erased()), (0, {self.entry()}))

    @AS_ROOT
    def test_no_more_is_done_than_the_owner_of_the_volume_may(self) -> None:
        self.put(f"scans/{REF}/a", f"scans/{REF}/in/b")
        os.chmod(self.root, 0o711)
        for path in (self.top, f"{self.top}/scans", f"{self.top}/scans/{REF}"):
            os.chown(path, OWNER, OWNER)
        os.chmod(f"{self.top}/scans/{REF}/in", 0o700)
        for verb in ("export", "erase"):
            code, said = self.main(verb)
            self.assertEqual((code, "volume api/uploads: its files cannot be" in said, REF in said), (1, True, False))
        os.chown(f"{self.top}/scans/{REF}/in", OWNER, OWNER)
        self.assertEqual(self.main("erase")[0], 0)
        self.assertEqual(self.there(), [])


class ExportTest(Volumes):
    def setUp(self) -> None:
        super().setUp()
        age = pathlib.Path(self.path("bin/age", f"#!/bin/sh\ncat > {self.root}/plain; echo sealed\n"))
        age.chmod(stat.S_IRWXU)
        self.patch(process, "ENVIRONMENT", {**process.ENVIRONMENT, "PATH": f"{self.root}/bin:{os.environ['PATH']}"})

    def test_shows_names_sizes_hashes_and_content_to_the_recipient_alone(self) -> None:
        self.put(f"scans/{REF}/<a>\n", f"letters/2026/{REF}-1.pdf", "scans/4712/other")
        os.mkfifo(f"{self.top}/scans/{REF}/pipe")
        os.symlink("/etc/passwd", f"{self.top}/scans/{REF}/link")
        os.close(os.open(os.fsencode(f"{self.top}/scans/{REF}/") + b"\xff", os.O_CREAT))
        code, said = self.main("export")
        answer = json.loads(said)
        self.assertEqual((code, answer["files"]), (0, {f"api/uploads: {SCANS}": 4, f"api/uploads: {LETTERS}": 1}))
        plain = pathlib.Path(self.root, "plain").read_text()
        content = base64.b64encode(f"of scans/{REF}/<a>\n".encode()).decode()
        for words in (
            f'"path": "scans/{REF}/<a>\\n",',
            f'"content": "{content}"',
            '"kind": "link"',
            '"kind": "pipe, socket or device"',
            "/\\\\xff",
            "<td>scans/47&#x27;11/&lt;a&gt;\n</td>",
        ):
            self.assertIn(words, plain)
        self.assertEqual(plain.count(content), 1)
        for words in ("root:", "4712"):
            self.assertNotIn(words, plain)

    def test_too_many_or_too_large_is_an_error_that_says_what_is_allowed(self) -> None:
        self.put(f"scans/{REF}/a", f"scans/{REF}/b")
        words = "volume api/uploads: found more files of one person, allowed in an export: 1000 files and 32 MB"
        os.truncate(f"{self.top}/scans/{REF}/b", 33 << 20)
        self.assertIn(words, self.main("export")[1])
        os.truncate(f"{self.top}/scans/{REF}/b", 31 << 20)
        self.assertEqual(self.main("export")[0], 0)
        trees.remove_tree(f"{self.top}/scans")
        self.put(*(f"scans/{REF}/{number}" for number in range(1001)))
        self.assertIn(words, self.main("export")[1])


class AgainTest(Volumes):
    def setUp(self) -> None:
        super().setUp()
        self.directory = f"/var/lib/docker/volumes/{NAME}/_data"
        self.request = RestoreRequest("volume:api/uploads", "local", "alice", "lost")
        self.manifest = mock.Mock(spec=Manifest, volumes={NAME: self.directory})
        self.heard: list[str] = []
        self.patch(emergency, "alert", self.hear)
        for person in (REF, "4712", "ü"):
            for path in (f"scans/{person}/a", f"letters/2026/{person}-1.pdf"):
                self.path(f"staging{self.directory}/{path}", "x")
        register.save(Register(erased={self.entry(): 1.0, self.entry("ü"): 1.0}))

    def hear(self, what: str, said: str) -> None:
        self.heard.append(f"{what}: {said}")

    def fetched(self) -> list[str]:
        top = pathlib.Path(self.root, f"staging{self.directory}")
        return sorted(str(path.relative_to(top)) for path in top.rglob("*") if not path.is_dir())

    def again(self, **changes: object) -> list[str]:
        request = replace(self.request, **changes)  # type: ignore[arg-type]
        return erasing.in_files(self.path("staging"), [self.directory], self.manifest, request)

    def test_whoever_was_erased_is_not_in_a_restored_volume_by_the_names_and_the_key_alone(self) -> None:
        os.close(os.open(os.fsencode(self.path(f"staging{self.directory}/scans/")) + b"\xff", os.O_CREAT))
        self.assertEqual(self.again(), [])
        self.assertEqual([path for path in self.fetched() if "4712" in path], self.fetched()[:-1])
        self.assertEqual(len(self.fetched()), 3)
        self.assertIn("erased again in the restored volume api/uploads: 4 files", self.acts[-1])
        self.assertNotIn(REF, "".join(self.acts))

    def test_nothing_is_looked_at_where_nobody_was_erased_or_the_volume_is_not_in_it(self) -> None:
        register.save(Register())
        self.assertEqual((self.again(), len(self.fetched())), ([], 6))
        register.save(Register(erased={self.entry(): 1.0}))
        self.assertEqual(erasing.in_files(self.path("elsewhere"), ["/srv"], self.manifest, self.request), [])
        self.assertEqual(self.acts, [])

    def test_what_cannot_be_erased_comes_back_only_where_who_asks_says_so(self) -> None:
        with mock.patch.object(again.volumes, "erase_below", side_effect=Failed("volume api/uploads: no")):
            with self.assertRaisesRegex(Failed, "cannot be erased again: .*nothing was replaced.*--without-erasures"):
                self.again()
            self.assertEqual((self.heard, register.load().returned), ([], {}))
            with self.assertRaisesRegex(Failed, "nothing was copied"):
                self.again(into="/root/copy", without_erasures=WHY)
            register.keep(without=True)
            self.assertEqual(self.again(without_erasures=WHY), ["api/uploads"])
            register.finish()
        self.assertIn("may be back in the volume api/uploads; ", self.heard[0])
        self.assertIn("may be back in the volume api/uploads, by", register.late(register.load())[0])
        # By the command, in the running volume.
        self.put(f"scans/{REF}/a", "scans/4712/a")
        self.assertEqual(json.loads(self.main("again")[1]), {"rows": {}, "files": {"api/uploads": 1}, "left": {}})
        self.assertEqual((self.there(), register.load().returned), (["scans/4712/a"], {}))

    def test_a_volume_that_comes_back_whole_without_them_ends_it(self) -> None:
        known, nothing = Register(erased={self.entry(): 1.0}, returned={"api/uploads": 1.0}), dict[str, float]()
        for path, left in ((f"{self.directory}/scans", known.returned), (self.directory, nothing)):
            register.save(known)
            register.keep(without=False)
            erasing.in_files(self.path("staging"), [path], self.manifest, self.request)
            register.finish()
            self.assertEqual(register.load().returned, left)
