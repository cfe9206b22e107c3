"""Files of users, by the real openssl(1)."""

import contextlib
import io
import json
import os
from collections.abc import Sequence

from phiward_host import basic_auth
from phiward_host.basic_auth import User, UserFile, check, make
from phiward_host.common import process
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.process import Completed
from tests.support import InDirectory

REAL = process.run
PASSWORD = "correct horse battery"


class UsersTest(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.patch(basic_auth, "OWNER", os.geteuid())
        self.patch(basic_auth, "_group", os.getegid)
        self.patch(process, "run", REAL)
        self.file = UserFile(f"{self.root}/site", [self.user("anna"), self.user("ben")])
        self.bring("anna", PASSWORD)
        self.bring("ben", "another battery\n")

    def user(self, name: str) -> User:
        return User(name, f"{self.root}/{name}.password")

    def bring(self, name: str, password: str) -> None:
        with open(f"{self.root}/{name}.password", "w", encoding="utf-8") as file:
            file.write(password)

    def lines(self) -> list[str]:
        with open(self.file.path, encoding="utf-8") as file:
            return file.read().splitlines()

    def quietly(self, done: Sequence[UserFile]) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(make(done), 0)

    def judged(self, file: UserFile) -> str:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = check([file])
        self.assertEqual(code, 0 if said.getvalue() == "all users are as declared\n" else 1)
        return said.getvalue()

    def test_hashes_are_made_once_and_again_for_another_password_alone(self) -> None:
        self.assertIn("it is not there", self.judged(self.file))
        self.quietly([self.file])
        self.assertEqual(self.judged(self.file), "all users are as declared\n")
        first = self.lines()
        self.assertEqual([line.split("$")[:2] for line in first], [["anna:", "6"], ["ben:", "6"]])
        self.quietly([self.file])
        self.assertEqual(self.lines(), first)
        self.bring("anna", "a third battery")
        self.assertIn("anna has another password", self.judged(self.file))
        self.quietly([self.file])
        self.assertNotEqual(self.lines()[0], first[0])
        self.assertEqual(self.lines()[1], first[1])

    def test_accounts_that_are_not_declared_go(self) -> None:
        self.quietly([self.file])
        one = UserFile(self.file.path, self.file.users[:1])
        self.assertIn("users are in it that are not declared", self.judged(one))
        self.quietly([one])
        self.assertEqual([line.split(":")[0] for line in self.lines()], ["anna"])
        with open(self.file.path, "a", encoding="utf-8") as file:
            file.write("anna:{PLAIN}easy\n")
        self.assertIn("there twice", self.judged(one))

    def test_others_read_none_of_it(self) -> None:
        self.quietly([self.file])
        self.assertEqual(os.stat(self.file.path).st_mode & 0o7777, 0o640)
        os.chmod(self.file.path, 0o644)
        self.assertIn("others than the web server can read it", self.judged(self.file))
        self.quietly([self.file])
        self.assertEqual(os.stat(self.file.path).st_mode & 0o7777, 0o640)

    def test_what_may_be_no_password_is_refused_and_not_repeated(self) -> None:
        for password in ("short-Zq1xx", "two lines of\nZq1 text", "Zq1" * 100, "Zq1 with \u00fc and more", ""):
            with self.subTest(length=len(password)):
                self.bring("anna", password)
                with self.assertRaises(Refused) as refused:
                    make([self.file])
                self.assertIn("secrets.anna: found text that cannot be the password of anna", str(refused.exception))
                self.assertNotIn("Zq1", str(refused.exception))
                self.assertFalse(os.path.exists(self.file.path))

    def test_a_password_is_in_no_argument_and_an_openssl_that_fails_leaves_the_file(self) -> None:
        asked: list[Sequence[str]] = []

        def run(argv: Sequence[str], *, stdin: str | None = None) -> Completed:
            asked.append(argv)
            return REAL(argv, stdin=stdin)

        self.patch(process, "run", run)
        self.quietly([self.file])
        self.assertNotIn(PASSWORD, json.dumps([list(argv) for argv in asked]))
        before = self.lines()
        self.bring("anna", "a fourth battery")

        def fail(argv: Sequence[str], *, stdin: str | None = None) -> Completed:
            return Completed(1, "", argv[0])

        self.patch(process, "run", fail)
        with self.assertRaisesRegex(Failed, "a password could not be hashed"):
            make([self.file])
        self.assertEqual(self.lines(), before)
