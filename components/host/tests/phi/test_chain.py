"""The record of accesses: a chain that shows what was changed, taken out or cut."""

import contextlib
import hashlib
import io
from collections.abc import Sequence

from phiward_host.common.errors import Failed
from phiward_host.databases.session import ApplicationSession
from phiward_host.phi import chain
from phiward_host.phi.settings import PhiDatabase
from tests.support import InDirectory

DATABASE = PhiDatabase("db", "api", ("api",), ("api",), 1)


def chained(texts: Sequence[str]) -> list[str]:
    """Lines as the database answers them: the hash over the hash before it and the text, and the text."""
    before, lines = b"", list[str]()
    for text in texts:
        before = hashlib.sha256(before + text.encode()).digest()
        lines.append(f"{before.hex()} {text}")
    return lines


class Chain(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.lines = chained([f'[{number}, {number}, "dr", "p-{number}"]' for number in range(1, 6)])
        self.sealed: list[str] = []
        self.patch(ApplicationSession, "execute", self.answer)
        self.patch(chain, "LINES_AT_A_TIME", 2)

    def answer(self, statements: Sequence[str]) -> list[str]:
        """What the database says."""
        query = statements[-1]
        if "phi.seal(" in query:
            new = self.lines[len(self.sealed) : len(self.sealed) + 2]
            self.sealed += new
            return [str(len(new))]
        if "max(l.seal)" in query:
            return [str(len(self.sealed))]
        if "sealed_text" in query:
            after = int(query.split("l.seal > ")[1].split(" ")[0])
            return self.sealed[after : after + 2]
        return ["1"]

    def seal(self) -> str:
        """What sealing tells the journal."""
        with contextlib.redirect_stdout(io.StringIO()) as said:
            chain.seal(DATABASE)
        return said.getvalue()

    def test_is_told_line_by_line_once_and_its_end_is_kept(self) -> None:
        said = self.seal()
        self.assertEqual(said.splitlines(), [f"phi-access db/api {line}" for line in self.lines])
        self.assertEqual(chain.kept(DATABASE), chain.End(5, self.lines[-1].split(" ")[0]))
        self.assertEqual(self.seal(), "")
        chain.verify(DATABASE)

    def test_shows_a_line_that_was_changed_though_its_hash_was_not(self) -> None:
        self.seal()
        self.sealed[2] = self.sealed[2].replace("p-3", "p-4")
        with self.assertRaisesRegex(Failed, r"^database api in db: the record of accesses .* is broken at line 3"):
            chain.verify(DATABASE)

    def test_shows_a_chain_that_was_written_again_from_the_first_line(self) -> None:
        self.seal()
        self.sealed = chained([line.split(" ", 1)[1].replace("p-3", "p-4") for line in self.lines])
        with self.assertRaisesRegex(Failed, "ends at line 5 or goes on otherwise; it had 5 lines"):
            chain.verify(DATABASE)

    def test_shows_once_that_lines_were_cut_as_a_restore_does(self) -> None:
        self.seal()
        self.sealed = self.sealed[:3]
        with self.assertRaisesRegex(Failed, "ends at line 3 or goes on otherwise; it had 5 lines"):
            chain.verify(DATABASE)
        chain.verify(DATABASE)
        self.assertEqual(chain.kept(DATABASE).seal, 3)

    def test_shows_a_line_that_was_taken_out_and_one_that_is_none(self) -> None:
        for spoil in ("", "00 no line"):
            with self.subTest(spoil):
                self.setUp()
                self.seal()
                self.sealed[1:2] = [spoil] if spoil else []
                with self.assertRaisesRegex(Failed, "is broken at line 2"):
                    chain.verify(DATABASE)
