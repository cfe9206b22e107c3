"""What lynis says of a system, and how it is kept."""

import io
import pathlib
from collections.abc import Sequence
from contextlib import redirect_stdout

from phiward_host.common.errors import Failed
from phiward_host.common.process import Completed
from phiward_host.metrics import scanned
from phiward_host.scans import lynis, main
from tests.support import OK, InDirectory

REPORT = """# Lynis Report
report_version_major=1
lynis_version=3.1.4
warning[]=PKGS-7392|Found one or more vulnerable packages.|-|-|
suggestion[]=BOOT-5264|Consider hardening system services|Run '/usr/bin/systemd-analyze security SERVICE'|-|
suggestion[]=\x1b[31m|x|-|-|
suggestion[]=FILE-6310|A\x1b[2Jname|-|-|
hardening_index=81
finish=true
"""


class Lynis(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.report = REPORT
        self.patch(lynis, "RUNNING", self.path("lynis.pid", "1"))
        self.run_with(self.answer)

    def answer(self, argv: Sequence[str], _: str | None) -> Completed:
        if argv[0] == lynis.PROGRAM and self.report:
            path = pathlib.Path(argv[argv.index("--report-file") + 1])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.report, encoding="utf-8")
        return OK

    def judged(self) -> str:
        with redirect_stdout(io.StringIO()) as said:
            self.assertEqual(main.main(["judged"]), 0)
        return said.getvalue()

    def test_is_kept_with_what_can_be_shown_of_it(self) -> None:
        self.assertIn("never", self.judged())
        found = lynis.judge()
        self.assertEqual((found.index, found.version, found.dropped), (81, "3.1.4", 0))
        self.assertEqual(found.warnings, ("PKGS-7392: Found one or more vulnerable packages.",))
        self.assertEqual(found.suggestions[-1], "FILE-6310: A?[2Jname")
        self.assertEqual(len(found.suggestions), 2)
        self.assertEqual(lynis.last(), found)
        self.assertEqual(scanned.index(), [({}, 81.0)])
        self.assertEqual(scanned.findings()[1], ({"kind": "suggestion"}, 2.0))
        self.assertEqual(self.judged(), "in time\n")

    def test_tells_how_far_the_index_fell_of_the_same_version(self) -> None:
        lynis.judge()
        self.report = REPORT.replace("index=81", "index=70")
        self.assertEqual(lynis.judge().dropped, 11)
        self.assertEqual(scanned.dropped(), [({}, 11.0)])
        self.report = REPORT.replace("index=81", "index=60").replace("3.1.4", "3.2.0")
        self.assertEqual(lynis.judge().dropped, 0)

    def test_that_made_no_report_or_another_is_a_failure(self) -> None:
        for report in ("", "hardening_index=101\n", "nothing\n"):
            with self.subTest(report), self.assertRaises(Failed):
                self.report = report
                lynis.judge()
        self.assertIsNone(lynis.last())
