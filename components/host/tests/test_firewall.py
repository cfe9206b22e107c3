"""UFW's chains, and the built-in ones that lead to them."""

import contextlib
import io
from collections.abc import Sequence

from phiward_host import firewall
from phiward_host.common.process import Completed
from phiward_host.firewall import BUILT_IN, FAMILIES, restoration
from tests.support import InDirectory

IPV4 = FAMILIES[0]
WHOLE = ["-P INPUT DROP", *(jump for family in FAMILIES for chain in BUILT_IN for jump in family.jumps(chain))]


class Hooking(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.rules = WHOLE
        self.restored: list[tuple[str, str | None]] = []
        self.run_with(self.answer)

    def answer(self, argv: Sequence[str], stdin: str | None) -> Completed:
        if argv[0].endswith("-restore"):
            self.restored.append((argv[0], stdin))
        return Completed(0, "\n".join(self.rules), "")

    def printed(self) -> list[str]:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            self.assertEqual(firewall.main(["unhooked"]), 0)
        return out.getvalue().splitlines()

    def test_a_firewall_that_is_hooked_is_left_alone(self) -> None:
        self.assertEqual(self.printed(), [])
        self.assertEqual(firewall.main(["hook"]), 0)
        self.assertEqual(self.restored, [])

    def test_each_rule_that_is_missing_is_named(self) -> None:
        gone = "-A OUTPUT -j ufw-before-output"
        self.rules = [rule for rule in WHOLE if rule != gone]
        self.assertEqual(self.printed(), [f"iptables {gone}"])

    def test_an_emptied_chain_gets_all_of_them_ahead_of_what_else_is_there_and_in_order(self) -> None:
        others = ["-A INPUT -s 192.0.2.1/32 -j DROP", *(jump for chain in BUILT_IN[1:] for jump in IPV4.jumps(chain))]
        self.assertEqual(
            restoration(IPV4, others).splitlines(),
            [
                "*filter",
                "-I INPUT 1 -j ufw-before-logging-input",
                "-I INPUT 2 -j ufw-before-input",
                "-I INPUT 3 -j ufw-after-input",
                "-I INPUT 4 -j ufw-after-logging-input",
                "-I INPUT 5 -j ufw-reject-input",
                "-I INPUT 6 -j ufw-track-input",
                "COMMIT",
            ],
        )

    def test_those_that_are_left_are_not_there_twice(self) -> None:
        rules = [jump for chain in BUILT_IN for jump in IPV4.jumps(chain) if jump != "-A FORWARD -j ufw-track-forward"]
        lines = restoration(IPV4, rules).splitlines()
        self.assertEqual(lines.count("-D FORWARD -j ufw-before-forward"), 1)
        self.assertEqual(lines.count("-A FORWARD -j ufw-before-forward"), 1)
        self.assertNotIn("-D FORWARD -j ufw-track-forward", lines)

    def test_only_the_family_that_lacks_one_is_touched(self) -> None:
        self.rules = [rule for rule in WHOLE if rule != "-A INPUT -j ufw6-before-input"]
        self.assertEqual(firewall.main(["hook"]), 0)
        self.assertEqual([program for program, _ in self.restored], ["ip6tables-restore"])

    def test_a_firewall_that_does_not_answer_is_no_good_answer(self) -> None:
        self.run_with(lambda argv, stdin: Completed(4, "", "Another app is currently holding the xtables lock"))
        with contextlib.redirect_stderr(io.StringIO()) as err:
            self.assertEqual(firewall.main(["unhooked"]), 1)
        self.assertIn("iptables exited with status 4", err.getvalue())
