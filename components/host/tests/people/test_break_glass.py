"""Whether the password in the escrow is the break-glass account's."""

import contextlib
import io
import json

from phiward_host.agent.kept_values import fingerprint
from phiward_host.people import accounts
from phiward_host.people.break_glass import main
from tests.support import InDirectory


class BreakGlass(InDirectory):
    def said(self, record: str) -> tuple[int, str]:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([record, "breakglass"])
        return code, out.getvalue() + err.getvalue()

    def test_it_is_known_by_what_the_agent_saw_when_it_was_made(self) -> None:
        self.patch(accounts, "SHADOW", self.path("shadow", "root:*:1:0:9:7:::\nbreakglass:$y$now:1:0:9:7:::\n"))
        record = self.path("record.json", json.dumps({"epoch": 1, "opens": fingerprint("$y$now")}))
        self.assertEqual(self.said(record), (0, "escrowed\n"))
        for text in ({"epoch": 1, "opens": fingerprint("$y$earlier")}, {"epoch": 1}):
            code, sentence = self.said(self.path("record.json", json.dumps(text)))
            self.assertEqual(code, 1)
            self.assertIn("breakglass: its password is not the one in the escrow. Run npx phiward up", sentence)
        self.assertEqual(self.said(self.path("none.json"))[0], 1)
