"""Whether records arrive is asked once more where the vault's firewall refuses a burst of connections."""

import contextlib
import io
import time
from unittest import mock

from phiward_host.common.errors import Failed
from phiward_host.journal import send
from phiward_host.journal.send import Connection
from phiward_host.journal.settings import UploadSettings
from tests.support import InDirectory

NOW = 1_800_000_000.0


class ArrivesTest(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.clock = NOW
        self.patch(time, "time", lambda: NOW)
        self.patch(time, "monotonic", lambda: self.clock)
        self.patch(time, "sleep", self.passes)

    def passes(self, seconds: float) -> None:
        self.clock += seconds

    def answers(self, *found: Connection | tuple[Failed, float]) -> mock.Mock:
        """What the vault says, one time after the other: a connection, or a failure after some seconds."""
        said = iter(found)

        def connected(*_: object) -> Connection:
            answer = next(said)
            if isinstance(answer, Connection):
                return answer
            self.passes(answer[1])
            raise answer[0]

        asked = mock.Mock(side_effect=connected)
        self.patch(send, "_connected", asked)
        return asked

    def arrives(self) -> str:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            send.arrives(mock.Mock(spec=UploadSettings, vault=mock.Mock()))
        return said.getvalue()

    def test_is_asked_again_once_the_firewall_has_forgotten(self) -> None:
        newest = mock.Mock(spec=Connection, ssh=mock.Mock(), after="newest")
        matched = mock.Mock(fullmatch=mock.Mock(return_value=(None, f"{int(NOW * 1_000_000):x}")))
        self.patch(send, "LASTING", matched)
        asked = self.answers((Failed("denied"), 0.1), newest)
        self.assertEqual(self.arrives(), "arrives\n")
        self.assertEqual((asked.call_count, self.clock > NOW + 30), (2, True))

    def test_fails_where_it_is_denied_again_and_where_the_vault_says_nothing_for_long(self) -> None:
        for found, times in (([(Failed("denied"), 0.1)] * 2, 2), ([(Failed("silent"), 90.0)], 1)):
            asked = self.answers(*found)
            with self.assertRaises(Failed):
                self.arrives()
            self.assertEqual(asked.call_count, times)
