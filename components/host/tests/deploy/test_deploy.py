"""The login of deploys: what it runs, what it refuses, what of Docker it passes, and that all of it is on record."""

import contextlib
import hashlib
import io
import json
import os
import socket
import subprocess
import sys
import syslog
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

from phiward_host.common import docker
from phiward_host.common.errors import Refused
from phiward_host.deploy import commands, http_request, main, relay, standard_input
from tests.deploy.test_docker_bodies import CONTAINER
from tests.support import OnDisk

KEYS = 'restrict,command="/usr/bin/python3 -I /usr/local/lib/phiward/phiward.pyz deploy alice" ssh-ed25519 AAAA alice\n'


class Login(OnDisk):
    def setUp(self) -> None:
        super().setUp()
        self.records: list[str] = []
        self.ran: list[str] = []
        self.patch(syslog, "syslog", self.record)
        self.patch(main, "KEYS", self.path("deploy", KEYS))
        self.patch(os, "execvpe", self.take_place)

    def record(self, level: int, text: str) -> None:
        self.records.append(text)

    def take_place(self, program: str, argv: Sequence[str], environment: object) -> None:
        self.ran = list(argv)
        raise Refused("the command has taken this process's place")

    def login(self, command: str | None, person: str = "alice") -> tuple[int, str]:
        said = io.StringIO()
        variables = {"SSH_CONNECTION": "192.0.2.7 5 192.0.2.10 22"}
        with (
            mock.patch.dict(
                os.environ, variables if command is None else {**variables, "SSH_ORIGINAL_COMMAND": command}
            ),
            contextlib.redirect_stderr(said),
        ):
            return main.main([person]), said.getvalue()

    def give(self, data: bytes) -> None:
        """What the command finds on standard input, in place of this process's own."""
        kept = os.dup(0)
        self.addCleanup(os.close, kept)
        self.addCleanup(os.dup2, kept, 0)
        standard_input.replace(data)

    def test_the_agent_runs_with_its_request_whose_hash_kind_and_agent_are_on_record_by_person(self) -> None:
        body = json.dumps({"agent": "AAAA", "mode": "apply", "plan": {"unit": "ssh"}}).encode()
        digest = hashlib.sha256(body).hexdigest()
        request = b"phiward %d %s\n%s" % (len(body), digest.encode(), body)
        self.patch(commands, "BOOTSTRAPS", {hashlib.sha256(b"print(1); $(id)").hexdigest()})
        self.give(request)
        self.login("sudo -n /usr/bin/python3 -I -c 'print(1); $(id)'")
        self.assertEqual(self.ran, ["sudo", "-n", "/usr/bin/python3", "-I", "-c", "print(1); $(id)"])
        agent = hashlib.sha256(bytes(3)).hexdigest()
        self.assertRegex(
            self.records[0],
            rf"^alice from 192\.0\.2\.7: request {digest} \(apply ssh\) by agent {agent}; command [0-9a-f]{{64}}: sudo",
        )
        self.assertEqual(self.rest(), request)

    def rest(self) -> bytes:
        found = b""
        while part := os.read(0, 1 << 16):
            found += part
        return found

    def test_what_is_no_whole_request_runs_nothing(self) -> None:
        self.patch(commands, "BOOTSTRAPS", {hashlib.sha256(b"x").hexdigest()})

        def request(body: bytes) -> bytes:
            return b"phiward %d %s\n%s" % (len(body), hashlib.sha256(body).hexdigest().encode(), body)

        good = request(b'{"agent": "AAAA", "mode": "status"}')
        for data, why in (
            (good + b"x", "more arrived"),
            (b"", "incomplete"),
            (b"import os\n", "incomplete"),
            (good[:40], "incomplete"),
            (good[:-1], "incomplete"),
            (good.replace(b"AAAA", b"BBBB"), "incomplete"),
            (b"phiward 99999999 " + b"a" * 64 + b"\n", "incomplete"),
            (request(b"import os"), "not one of the agent"),
            (request(b'{"agent": "A", "mode": "status"}'), "not one of the agent"),
            (request(b'{"agent": 1, "mode": "status"}'), "not one of the agent"),
            (request(b'{"agent": "AAAA", "mode": "x\\nalice from 192.0.2.8"}'), "not one of the agent"),
        ):
            with self.subTest(data):
                self.give(data)
                code, said = self.login("sudo -n /usr/bin/python3 -I -c x")
                self.assertEqual((code, self.ran), (1, []))
                self.assertRegex(said, f"{why}.*nothing was done" if why != "incomplete" else "incomplete; nothing was")
                self.assertIn("alice from 192.0.2.7: refused: ", self.records.pop())

    def test_a_command_gets_what_it_reads_and_the_record_names_it(self) -> None:
        confirm = "sudo -n /usr/bin/python3 -I /var/lib/phiward/agent.pyz confirm"
        restore = (
            "sudo -n systemd-run --quiet --pipe --wait --collect --description=Restore '--property=ExecStopPost="
            "/usr/bin/python3 -I /usr/local/lib/phiward/phiward.pyz backup clean-up' "
            "/usr/bin/python3 -I /usr/local/lib/phiward/phiward.pyz backup restore"
        )
        asked = b'{"what": "all"}'
        for command, data, record, left in (
            ("sudo -n true", b"import os", "no input; ", b""),
            (confirm, b"ssh " + b"a" * 64 + b"\n", f"confirms ssh {'a' * 64}; ", b"ssh " + b"a" * 64 + b"\n"),
            (restore, asked, f"input {hashlib.sha256(asked).hexdigest()}; ", asked),
        ):
            with self.subTest(command):
                self.give(data)
                self.login(command)
                self.assertTrue(self.records.pop().startswith(f"alice from 192.0.2.7: {record}"))
                self.assertEqual(self.rest(), left)
        for command, data in ((confirm, b"ssh x"), (confirm, b"ssh\n" * 2), (restore, b"x" * ((1 << 20) + 1))):
            with self.subTest(data[:9]):
                self.ran = []
                self.give(data)
                self.assertEqual((self.login(command)[0], self.ran), (1, []))

    def test_everything_else_is_refused_and_on_record(self) -> None:
        for command in (
            None,
            "",
            "bash",
            "docker exec db psql -c 'select * from notes'",
            "docker system dial-stdio; id",
            "sudo -n bash",
            "sudo -n sh -c id",
            "sudo docker ps",
            "sudo -n /usr/bin/python3 -i",
            "sudo -n /usr/bin/python3 -I",
            "sudo -n /usr/bin/python3 -I -",
            "sudo -n /usr/bin/python3 -I -c 'import os'",
            "sudo -n /usr/bin/python3 -I /dev/stdin",
            "sudo -n /usr/bin/python3 -I /var/lib/phiward/agent.pyz recover --boot",
            "sudo -n /usr/bin/python3 -I /usr/local/lib/phiward/phiward.pyz backup restore",
            "sudo -n /usr/bin/python3 -I /usr/local/lib/phiward/phiward.pyz backup new-repository x",
            "sudo -n /usr/bin/python3 -I /usr/local/lib/phiward/phiward.pyz vault sealed ../web",
            "sudo -n /usr/bin/python3 -I /usr/local/lib/phiward/phiward.pyz backup status more",
            "sudo -n test -e /etc/shadow",
            "sudo -n /usr/bin/journalctl --unit=phiward-backup.service",
            "sudo -n /usr/bin/journalctl --unit=phiward-backup.service --vacuum-size=1",
            "sudo -n systemd-run --quiet --pipe --wait --collect --description=Restore id",
            "sudo -n true && id",
            "sudo -n -u db true",
            "internal-sftp",
            "scp -t /tmp",
            "sudo -n 'true",
            "/usr/bin/python3 -I -c 'import os'",
        ):
            with self.subTest(command):
                code, said = self.login(command)
                self.assertEqual(code, 1)
                self.assertIn("allowed: what a deploy needs", said)
                self.assertEqual(self.ran, [])
                self.assertIn("alice from 192.0.2.7: refused: ", self.records.pop())

    def test_who_is_no_administrator_any_more_is_refused_over_a_connection_that_is_still_open(self) -> None:
        self.assertEqual(self.login("true", "mallory")[0], 1)
        self.assertIn("mallory from 192.0.2.7: refused: true", self.records)

    def test_a_record_is_one_line_of_limited_length_whatever_the_client_sends(self) -> None:
        self.login("x\nalice from 192.0.2.8: true\x1b[2J" + "y" * 100_000)
        self.assertRegex(self.records[0], r"^[ -~]{1,450}$")

    def test_what_follows_the_request_of_an_image_passes_whole_and_its_hash_is_told(self) -> None:
        body, rest = b'{"agent": "AAAA", "mode": "images-receive"}', os.urandom(3_000_000)
        request = b"phiward %d %s\n%s" % (len(body), hashlib.sha256(body).hexdigest().encode(), body)
        told = self.path("told", "")
        program = (
            "import os; from pathlib import Path; from phiward_host.deploy import commands, standard_input as given; "
            f"given.prepare(commands.Command((), 'request'), Path({told!r}).write_text); "
            "os.execvp('sha256sum', ['sha256sum'])"
        )
        done = subprocess.run([sys.executable, "-c", program], input=request + rest, capture_output=True, check=True)
        self.assertEqual(done.stdout.split()[0].decode(), hashlib.sha256(request + rest).hexdigest())
        of_rest = hashlib.sha256(rest).hexdigest()
        expected = f"after request {hashlib.sha256(body).hexdigest()}: input {of_rest}"
        for _ in range(100):
            if Path(told).read_text():
                break
            time.sleep(0.05)
        self.assertEqual(Path(told).read_text(), expected)

    def test_no_more_of_a_line_is_read_than_a_request_may_have(self) -> None:
        ours, theirs = os.pipe()
        os.write(theirs, b"x" * 300)
        self.assertEqual(standard_input.first_line(ours), b"x" * 256)
        os.close(theirs)
        os.close(ours)


class Http(OnDisk):
    def read(self, data: bytes) -> http_request.Head | None:
        return http_request.read_head(io.BytesIO(data))

    def test_a_request_is_read_with_the_length_of_its_body(self) -> None:
        found = self.read(b"POST /v1.44/x?a=b HTTP/1.1\r\nHost: docker\r\nContent-Length: 3\r\n\r\nabc")
        self.assertEqual(found and (found.method, found.target, found.length), ("POST", "/v1.44/x?a=b", 3))
        chunks = b"3\r\nabc\r\n0\r\n\r\n"
        self.assertEqual(b"".join(http_request.body(io.BytesIO(chunks + b"GET"), None)), chunks)
        self.assertEqual(http_request.content(b"2\r\na\n\r\n" + chunks, None), b"a\nabc")
        self.assertIsNone(self.read(b""))

    def test_what_two_readers_could_take_differently_is_refused(self) -> None:
        start = b"POST /x HTTP/1.1\r\n"
        for fields in (
            b"Content-Length: 3\r\nContent-Length: 4\r\n",
            b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
            b"Transfer-Encoding: gzip, chunked\r\n",
            b"Transfer-Encoding : chunked\r\n",
            b"Content-Length: +3\r\n",
            b"Upgrade: tcp\r\n",
            b"Connection: keep-alive, Upgrade\r\n",
            b"A: b\r\n folded\r\n",
            b"A: b\n",
            b"A" * 70_000 + b"\r\n",
        ):
            with self.subTest(fields[:40]), self.assertRaises(Refused):
                self.read(start + fields + b"\r\n")
        for line in (
            b"CONNECT x HTTP/1.1\r\n\r\n",
            b"GET /x HTTP/1.0\r\n\r\n",
            b"GET http://x/ HTTP/1.1\r\n\r\n",
            b"GET /x",
        ):
            with self.subTest(line), self.assertRaises(Refused):
                self.read(line)
        for chunks in (
            b"3;a=b\r\nabc\r\n0\r\n\r\n",
            b"-1\r\n",
            b"3\r\nabcd\r\n",
            b"0\r\nTrailer: x\r\n\r\n",
            b"3\r\nab",
        ):
            with self.subTest(chunks), self.assertRaises(Refused):
                list(http_request.body(io.BytesIO(chunks), None))


class Docker(OnDisk):
    def test_what_resources_need_passes_and_what_enters_a_container_does_not(self) -> None:
        for method, target in (
            ("HEAD", "/_ping"),
            ("GET", "/v1.44/containers/json?all=1"),
            ("GET", "/v1.44/images/sha256:00/json"),
            ("GET", "/images/registry.example/api@sha256:00/json"),
            ("POST", "/v1.44/containers/create?name=db"),
            ("POST", "/containers/db/start"),
            ("DELETE", "/v1.44/networks/phiward-db?force=1"),
        ):
            self.assertTrue(relay.is_allowed(method, target), target)
        for method, target in (
            ("POST", "/v1.44/containers/db/exec"),
            ("POST", "/v1.44/exec/00/start"),
            ("POST", "/containers/db/attach"),
            ("GET", "/containers/db/archive?path=/"),
            ("PUT", "/containers/db/archive?path=/"),
            ("GET", "/containers/db/export"),
            ("GET", "/containers/db/logs"),
            ("GET", "/v1.44/v1.44/info"),
            ("POST", "/build"),
            ("POST", "/commit"),
            ("POST", "/session"),
            ("GET", "/images/../containers/db/export"),
            ("GET", "/images/x/../../containers/db/json"),
            ("POST", "/plugins/pull"),
        ):
            self.assertFalse(relay.is_allowed(method, target), target)

    def test_requests_are_passed_on_and_recorded_until_one_is_refused(self) -> None:
        self.patch(docker, "SOCKET", self.path("docker.sock"))
        received = bytearray()
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(docker.SOCKET)
            listener.listen()

            def engine() -> None:
                connection, _ = listener.accept()
                with connection:
                    while data := connection.recv(4096):
                        received.extend(data)
                    connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}")

            thread = threading.Thread(target=engine, daemon=True)
            thread.start()
            declared = json.dumps(CONTAINER).encode()
            start = b"POST /v1.44/containers/create?name=db HTTP/1.1\r\n"
            create = start + b"Content-Length: %d\r\n\r\n%s" % (len(declared), declared)
            exec_ = b"POST /v1.44/containers/db/exec HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"
            answer, records = io.BytesIO(), list[str]()
            relay.relay(io.BytesIO(create + exec_), answer, records.append)
            thread.join(5)
        self.assertEqual(bytes(received), create)
        self.assertRegex(
            answer.getvalue(), rb"(?s)^HTTP/1\.1 201 Created.*\{\}HTTP/1\.1 403 Forbidden.*log in under your own"
        )
        body = hashlib.sha256(declared).hexdigest()
        self.assertEqual(records[0], f"docker POST /v1.44/containers/create?name=db body {body}")
        self.assertRegex(records[1], "^refused: found POST /v1.44/containers/db/exec of Docker")

    def test_a_container_with_more_rights_than_a_declared_one_is_never_passed_on(self) -> None:
        self.patch(docker, "SOCKET", self.path("docker.sock"))
        value = json.dumps(
            {**CONTAINER, "User": "0:0", "HostConfig": {"Privileged": True, "Binds": ["/:/host"]}}
        ).encode()
        start = b"POST /v1.44/containers/create?name=x HTTP/1.1\r\n"
        plain = start + b"Content-Length: %d\r\n\r\n%s" % (len(value), value)
        chunked = start + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(value), value)
        image = b"POST /v1.44/images/create?fromSrc=-&repo=x HTTP/1.1\r\nContent-Length: 3\r\n\r\ntar"
        for request in (plain, chunked, image):
            with self.subTest(request[:60]), socket.socket(socket.AF_UNIX) as listener:
                listener.bind(docker.SOCKET)
                listener.listen()
                received: list[bytes] = []

                def engine(listening: socket.socket = listener, into: list[bytes] = received) -> None:
                    connection, _ = listening.accept()
                    with connection:
                        into.append(connection.recv(4096))

                thread = threading.Thread(target=engine, daemon=True)
                thread.start()
                answer, records = io.BytesIO(), list[str]()
                relay.relay(io.BytesIO(request), answer, records.append)
                thread.join(5)
                os.unlink(docker.SOCKET)
                self.assertEqual(received, [b""])
                self.assertRegex(answer.getvalue(), rb"(?s)^HTTP/1\.1 403 .*allowed: what declared")
                self.assertRegex(records[0], "^refused: found ")
