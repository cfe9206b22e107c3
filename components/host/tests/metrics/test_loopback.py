"""Requests to programs of this machine."""

import socket
import threading
import time
import unittest
from unittest import mock

from phiward_host.common.errors import Failed
from phiward_host.metrics import loopback, push


class Loopback(unittest.TestCase):
    def ask(self, answer: bytes, *, hold: float = 0.0, most: int = 1 << 16) -> tuple[bytes, bytes]:
        """The body that is answered, and what was asked."""
        asked = bytearray()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port: int = listener.getsockname()[1]

            def serve() -> None:
                connection, _ = listener.accept()
                with connection:
                    asked.extend(connection.recv(1 << 16))
                    connection.sendall(answer)
                    time.sleep(hold)

            thread = threading.Thread(target=serve)
            thread.start()
            try:
                return loopback.ask("PUT", port, "/a", b"body", most=most), bytes(asked)
            finally:
                thread.join()

    def test_gives_the_body_of_a_success(self) -> None:
        body, asked = self.ask(b"HTTP/1.0 202 Accepted\r\nA: b\r\n\r\nhere")
        self.assertEqual(body, b"here")
        self.assertTrue(asked.startswith(b"PUT /a HTTP/1.0\r\nHost: 127.0.0.1:"))
        self.assertTrue(asked.endswith(b"Content-Length: 4\r\n\r\nbody"))

    def test_raises_what_is_wrong(self) -> None:
        for answer, words in (
            (b"HTTP/1.1 400 Bad Request\r\n\r\nsecret", "answered 400"),
            (b"hello", "in another form"),
            (b"", "in another form"),
            (b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 200, "more than 100 bytes"),
        ):
            with self.subTest(words), self.assertRaisesRegex(Failed, words) as failed:
                self.ask(answer, most=100)
            self.assertNotIn("secret", str(failed.exception))

    def test_waits_for_nothing_for_ever(self) -> None:
        with mock.patch.object(loopback, "SECONDS", 0.3), self.assertRaisesRegex(Failed, "its time was up"):
            self.ask(b"HTTP/1.0 200 OK\r\n\r\npart", hold=1.0)

    def test_the_host_is_in_the_path(self) -> None:
        with mock.patch.object(loopback, "ask") as ask:
            push.put("web", "node_a 1\n")
        ask.assert_called_once_with("PUT", 9091, "/metrics/job/host/instance/web", b"node_a 1\n")
        with (
            mock.patch.object(loopback, "ask", side_effect=Failed("no")),
            self.assertRaisesRegex(Failed, "Pushgateway"),
        ):
            push.put("web", "")
