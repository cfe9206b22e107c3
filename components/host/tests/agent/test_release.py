"""Ending the management of a host."""

import os
from collections.abc import Sequence

from phiward_host.agent import systemd_units
from phiward_host.agent.release import release
from phiward_host.agent.transaction import Transaction
from phiward_host.common.errors import Refused
from phiward_host.common.process import Completed
from tests.support import OK, InDirectory


class Releasing(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.patch(systemd_units, "DIRECTORY", os.path.join(self.root, "systemd"))
        self.own = [self.path(f"systemd/{name}", "unit") for name in systemd_units.texts()]
        self.own += [self.path("state/agent.pyz", "zip"), self.path("state/agent.py", "source")]
        self.path("state/units/ssh/generation.json", "{}")
        self.path("state/images/x.tar", "image")
        self.path("state/contents/aa", "programs")
        self.secret = self.path("state/secrets/backup.1", "secret")

    def test_the_agent_its_units_and_what_it_knows_go_and_the_secrets_stay(self) -> None:
        ran: list[tuple[str, ...]] = []

        def answer(argv: Sequence[str], stdin: str | None) -> Completed:
            ran.append(tuple(argv))
            return OK

        self.run_with(answer)
        trees = [self.path("state/units"), self.path("state/images"), self.path("state/contents")]
        self.assertEqual(release(), self.own + trees)
        self.assertEqual([path for path in self.own + trees if os.path.exists(path)], [])
        self.assertTrue(os.path.exists(self.secret))
        self.assertIn(("systemctl", "disable", "--quiet", "phiward-recover.service"), ran)
        self.assertEqual(ran[-1], ("systemctl", "daemon-reload"))

    def test_a_second_time_nothing_is_left_to_remove(self) -> None:
        release()
        self.assertEqual(release(), [])

    def test_while_a_change_waits_for_its_confirmation_nothing_goes(self) -> None:
        Transaction("ssh").begin("digest", 20)
        with self.assertRaisesRegex(Refused, "a change of ssh is not confirmed yet; nothing was removed"):
            release()
        self.assertEqual([path for path in self.own if not os.path.exists(path)], [])
