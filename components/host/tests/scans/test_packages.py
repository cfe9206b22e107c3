"""Lists of packages as dpkg and apt have them, and Debian's order of versions."""

import itertools
import shutil
import unittest

from phiward_host.common.errors import Refused
from phiward_host.scans.packages import Package, installed, offered
from phiward_host.scans.versions import Versions

STATUS = """Package: libssl3t64
Status: install ok installed
Priority: optional
Architecture: amd64
Source: openssl
Version: 3.5.1-1
Description: Secure Sockets Layer toolkit - shared libraries
 Version: 9 of a sentence is no field.
 .
 Package: neither

Package: bash
Essential: yes
Status: install ok installed
Source: bash (5.2.37-2)
Version: 5.2.37-2+b5
Conffiles:
 /etc/bash.bashrc 89269e1298235f1b12b4c16e4065ad0d

Package: nginx
Status: deinstall ok config-files
Version: 1.26.3-3

Package: --version
Status: install ok installed
Version: 1

Package: dash
Status: install ok installed
Version: -1
"""
PACKAGES = """Package: libssl3t64
Source: openssl
Version: 3.5.1-1+deb13u1
Installed-Size: 9000
Filename: pool/updates/main/o/openssl/libssl3t64_3.5.1-1+deb13u1_amd64.deb

Package: linux-image-amd64
Source: linux-signed-amd64 (6.12.43+1)
Version: 6.12.43-1
"""
# Each before the next one, by deb-version(7).
ORDER = ("1.0~rc1-1", "1.0-1", "1.0-1+b1", "1.0-1+deb13u1", "1.0-10", "1.9-1", "1.10-1", "2:0.1-1")


class Lists(unittest.TestCase):
    def test_have_what_is_installed_with_its_source(self) -> None:
        rows = [Package.from_json(row, "row") for row in installed(STATUS)]
        bash = Package("bash", "5.2.37-2+b5", "bash", "5.2.37-2")
        self.assertEqual(rows, [Package("libssl3t64", "3.5.1-1", "openssl", "3.5.1-1"), bash])

    def test_of_an_image_without_dpkg_have_no_state(self) -> None:
        self.assertEqual(installed("Package: libc6\nVersion: 2.41-12\n"), [["libc6", "2.41-12", "libc6", "2.41-12"]])

    def test_of_the_archive_have_what_it_offers(self) -> None:
        self.assertEqual(offered(PACKAGES), [["libssl3t64", "3.5.1-1+deb13u1"], ["linux-image-amd64", "6.12.43-1"]])

    def test_that_are_something_else_have_nothing(self) -> None:
        for text in ("", "\n\n\n", "\x00" * 1000, "Package: a\n", ":\n:\n", "Version: 1\n\nPackage: b"):
            with self.subTest(text[:20]):
                self.assertEqual(installed(text), [])

    def test_are_judged_again_where_a_child_said_them(self) -> None:
        for row in (["a", "1", "a"], ["-a", "1", "a", "1"], ["a", "1", "a", "1 2"], [1, 2, 3, 4], "abcd"):
            with self.subTest(row=row), self.assertRaises(Refused):
                Package.from_json(row, "row")


@unittest.skipUnless(shutil.which("dpkg"), "dpkg is not installed")
class Order(unittest.TestCase):
    def test_is_dpkgs(self) -> None:
        versions = Versions()
        for one, other in itertools.pairwise(ORDER):
            with self.subTest(one=one, other=other):
                self.assertTrue(versions.earlier(one, other))
                self.assertFalse(versions.earlier(other, one))
        self.assertFalse(versions.earlier("1.0-1", "1.0-1"))
