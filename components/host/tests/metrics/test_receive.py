"""The vault's end of a host's connection: what it takes, whose it is, and what it says."""

import contextlib
import io
import json
import os
import socket
import threading

from phiward_host.common.errors import Failed, Refused
from phiward_host.journal.settings import Sender
from phiward_host.metrics import form, push, receive
from phiward_host.metrics.settings import MetricsSenders
from tests.support import InDirectory


def web(_: MetricsSenders) -> str:
    return "web"


class Receive(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.ours, theirs = socket.socketpair()
        self.addCleanup(self.ours.close)
        self.addCleanup(theirs.close)
        self.patch(receive, "CONNECTION", theirs.fileno())
        self.patch(receive, "LEAST_SECONDS", 0.0)
        self.patch(receive, "QUIET_SECONDS", 2.0)
        self.patch(receive, "BODY_SECONDS", 0.5)
        self.patch(receive, "_host", web)
        self.patch(MetricsSenders, "load", lambda: MetricsSenders(()))
        self.taken: list[tuple[str, str]] = []
        self.patch(push, "put", self.put)

    def put(self, host: str, text: str) -> None:
        self.taken.append((host, text))

    def answers(self, *sent: bytes) -> tuple[int, list[dict[str, object]]]:
        """Exit code and answers, where this is sent and then nothing more."""

        def say() -> None:
            for data in sent:
                self.ours.sendall(data)
            self.ours.shutdown(socket.SHUT_WR)

        thread = threading.Thread(target=say)
        thread.start()
        with contextlib.redirect_stderr(io.StringIO()):
            code = receive.main()
        thread.join()
        os.write(receive.CONNECTION, b"\n")
        text = self.ours.recv(1 << 16).decode()
        return code, [json.loads(line) for line in text.splitlines() if line]

    def test_takes_one_body_after_the_other_as_the_host_that_is_at_the_other_end(self) -> None:
        code, answers = self.answers(b"9\nnode_a 1\n", b"0\n", b"9\nnode_", b"a 2\n")
        self.assertEqual((code, answers), (0, [{"taken": True}] * 3))
        self.assertEqual(self.taken, [("web", "node_a 1\n"), ("web", ""), ("web", "node_a 2\n")])

    def test_refuses_what_is_no_size_or_of_another_form_and_ends(self) -> None:
        for sent in (b"x\n", b"\n", b"-1\n", f"{form.MOST_BYTES + 1}\n".encode(), b"1" * 20, b"5\nup 1\n", b"9\nnode"):
            with self.subTest(sent):
                self.setUp()
                code, answers = self.answers(sent)
                self.assertEqual((code, [list(answer) for answer in answers]), (1, [["refused"]]))
                self.assertEqual(self.taken, [])

    def test_says_that_what_watches_is_away_and_takes_the_next(self) -> None:
        away = [True]

        def put(host: str, text: str) -> None:
            if away.pop() if away else False:
                raise Failed("the Pushgateway took no metrics")

        self.patch(push, "put", put)
        code, answers = self.answers(b"9\nnode_a 1\n9\nnode_a 2\n")
        self.assertEqual((code, answers), (0, [{"away": "the Pushgateway took no metrics"}, {"taken": True}]))


class Peer(InDirectory):
    def test_the_kernel_says_whose_connection_it_is(self) -> None:
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        self.patch(receive, "CONNECTION", ours.fileno())
        with self.assertRaisesRegex(Refused, "this account sends no metrics"):
            receive._host(MetricsSenders((Sender("vault-web", "web"),)))  # pyright: ignore[reportPrivateUsage]
        if os.getuid() == 0:
            settings = MetricsSenders((Sender("root", "web"),))
            self.assertEqual(receive._host(settings), "web")  # pyright: ignore[reportPrivateUsage]
