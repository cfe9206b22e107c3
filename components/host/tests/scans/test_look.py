"""The look for known vulnerabilities, from what a host, its images, the archive and the tracker say."""

import io
import json
import pathlib
import tarfile
import zlib
from collections.abc import Sequence

from phiward_host.common import docker, files
from phiward_host.common.errors import Failed
from phiward_host.common.process import Completed
from phiward_host.metrics import scanned
from phiward_host.scans import child, images, lists, look, main, record, tracker
from phiward_host.scans.images import Image
from tests.scans.test_packages import PACKAGES, STATUS
from tests.support import OK, InDirectory

RELEASE = 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nVERSION_CODENAME=trixie\nID=debian\n'
BOOKWORM = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n'
IN_RELEASE = "Origin: Debian\nLabel: Debian-Security\nDate: Sat, 28 Nov 2026 08:00:00 UTC\n"
# As debsecan(1) gets it: names, then vulnerabilities of sources and packages, then the packages of each source.
TRACKER = """VERSION 1
CVE-2026-1000,,A request makes it read beyond its memory
CVE-2026-1001,,An unlikely fault
CVE-2026-1002,,One of another package

openssl,0,SHRF,3.5.2-1,3.5.1-1+deb13u1
openssl,1,SL  ,,
bash,1,SM F,5.3-1,5.2.37-2
nginx,2,SHRF,1.28-1,

openssl,libssl3t64 openssl
"""
HEX = "a" * 64


def has_docker(name: str, **_: object) -> str | None:
    """Has the daemon: its command alone has no images to tell of."""
    return "/usr/sbin/dockerd" if name == "dockerd" else None


def archive(**contents: str) -> bytes:
    """A tar archive of files, by their names."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as made:
        for name, text in contents.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            made.addfile(entry, io.BytesIO(text.encode()))
    return held.getvalue()


class Looks(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.patch(look, "STATUS", self.path("dpkg/status", STATUS))
        self.patch(look, "RELEASE", self.path("os-release", RELEASE))
        self.patch(lists, "LISTS", f"{self.root}/lists")
        self.name = "security.debian.org_dists_trixie-security"
        self.path(f"lists/{self.name}_InRelease", IN_RELEASE)
        self.archives: dict[str, dict[str, bytes]] = {}
        self.answer: object = []
        self.patch(docker, "ask", self.answered)
        self.patch(look.shutil, "which", has_docker)
        self.patch(images, "archives", self.archives_of)
        self.run_with(self.programs)

    def answered(self, *_: object, **__: object) -> object:
        return self.answer

    def archives_of(self, image: Image) -> dict[str, bytes]:
        return self.archives[image.name]

    def programs(self, argv: Sequence[str], _: str | None) -> Completed:
        if argv[:2] == ["apt-get", "indextargets"]:
            return Completed(0, f"trixie-security {lists.LISTS}/{self.name}_main_binary-amd64_Packages\n", "")
        if argv[0] == "/usr/lib/apt/apt-helper":
            return Completed(0, PACKAGES, "")
        if argv[0] == "dpkg":
            # As dpkg has them: none of these needs more.
            return Completed(0 if argv[2] < argv[4] else 1, "", "")
        return OK

    def bring(self, data: bytes) -> None:
        self.path("state/scans/tracker.new", "")
        pathlib.Path(tracker.path() + ".new").write_bytes(data)

    def test_finds_what_the_archive_has_mended_without_the_tracker(self) -> None:
        found = look.look()
        (host,) = found.places
        self.assertEqual(
            [(one.package, one.fixed, one.severity) for one in host.waiting],
            [("libssl3t64", "3.5.1-1+deb13u1", "unknown")],
        )
        self.assertEqual((host.unfixed, found.tracker, found.archive), (None, None, 1795852800.0))
        self.assertEqual(main.said(found), ["host: 1 unknown"])

    def test_takes_numbers_and_severities_of_the_tracker(self) -> None:
        self.bring(zlib.compress(TRACKER.encode()))
        found = look.look()
        (one,) = found.places[0].waiting
        self.assertEqual((one.cves, one.severity), (("CVE-2026-1000",), "high"))
        self.assertEqual(found.places[0].unfixed, {"high": 0, "medium": 0, "low": 1, "unknown": 0})
        self.assertIsNotNone(found.tracker)

    def test_keeps_the_trackers_data_where_the_new_ones_are_cut_or_something_else(self) -> None:
        whole = zlib.compress(TRACKER.encode())
        self.bring(whole)
        look.look()
        for other in (whole[:-20], b"<html>", zlib.compress(b"VERSION 2\n"), whole * 2 + b"x" * 100):
            with self.subTest(len(other)):
                self.bring(other)
                self.assertEqual(look.look().places[0].waiting[0].severity, "high")
        self.assertEqual(files.read(f"{tracker.path()}.new"), b"")

    def test_remembers_since_when_an_update_waits(self) -> None:
        first = look.look().places[0].waiting[0].since
        self.assertEqual(look.look().places[0].waiting[0].since, first)
        self.assertEqual(scanned.oldest(), [({"where": "host", "severity": "unknown"}, first)])
        self.assertIn(({"where": "host", "severity": "unknown"}, 1.0), scanned.waiting())

    def test_tells_of_each_image_or_why_it_cannot(self) -> None:
        self.answer = [
            {"ImageID": f"sha256:{HEX}", "Image": f"registry.example/api:1@sha256:{HEX}", "Names": ["/api"]},
            {"ImageID": f"sha256:{HEX}", "Image": f"registry.example/api:1@sha256:{HEX}", "Names": ["/worker"]},
            {"ImageID": f"sha256:{'b' * 64}", "Image": "old", "Names": ["/old"]},
            {"ImageID": f"sha256:{'c' * 64}", "Image": "small", "Names": ["/small"]},
            {"ImageID": f"sha256:{'d' * 64}", "Image": "evil", "Names": ["/evil"]},
        ]
        status = archive(status=STATUS)
        self.archives = {
            "registry.example/api:1": {"/usr/lib/os-release": archive(r=RELEASE), "/var/lib/dpkg/status": status},
            "old": {"/usr/lib/os-release": archive(r=BOOKWORM), "/var/lib/dpkg/status": status},
            "small": {"/etc/os-release": archive(r='ID=alpine\nPRETTY_NAME="Alpine"\n')},
            "evil": {"/usr/lib/os-release": b"\x1f\x8b" * 5000},
        }
        places = {place.where: place for place in look.look().places}
        api = places["registry.example/api:1"]
        self.assertEqual((api.containers, len(api.waiting)), (("api", "worker"), 1))
        for name, why in (
            ("old", "no list of the security updates"),
            ("small", "not based on Debian"),
            ("evil", "could not be read"),
        ):
            with self.subTest(name):
                self.assertIn(why, places[name].untold)
        self.assertNotIn("old", json.dumps(scanned.waiting()))

    def test_tells_of_the_host_where_docker_does_not_answer(self) -> None:
        def fail(*_: object, **__: object) -> object:
            raise OSError(2, "No such file or directory")

        self.patch(docker, "ask", fail)
        self.assertEqual(
            [(place.where, place.untold == "") for place in look.look().places], [("host", True), ("images", False)]
        )

    def test_takes_no_image_by_a_name_that_is_no_id(self) -> None:
        entries = [{"ImageID": "web", "Image": "web", "Names": ["/web"]}]
        self.assertEqual(images.used(entries), [])
        named = {"ImageID": f"sha256:{HEX}", "Image": f"sha256:{HEX}", "Names": ["/web"]}
        self.assertEqual(
            images.used([named, {**named, "Names": ["/phiward-look"]}]), [Image(f"sha256:{HEX}", "web", ("web",))]
        )

    def test_is_known_after_a_damage_by_the_next_one(self) -> None:
        look.look()
        pathlib.Path(record.path()).write_text("{", encoding="utf-8")
        self.assertIsNone(record.last())
        self.assertEqual(len(look.look().places), 1)


class Untrusted(InDirectory):
    def test_archives_give_regular_files_alone(self) -> None:
        held = io.BytesIO()
        with tarfile.open(fileobj=held, mode="w") as made:
            for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE):
                entry = tarfile.TarInfo("status")
                entry.type, entry.linkname = kind, "/etc/shadow"
                made.addfile(entry)
        self.assertEqual(child.members(held.getvalue()), [])

    def test_what_fails_in_the_child_is_said_and_nothing_of_it(self) -> None:
        def fail() -> object:
            raise ValueError("a secret")

        with self.assertRaises(Failed) as raised:
            child.ask("its packages", fail)
        self.assertNotIn("a secret", str(raised.exception))
