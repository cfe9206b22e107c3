"""Registries: which login an image is pulled with, and that it goes to the Engine alone."""

import base64
import json
import os
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from unittest import mock

from phiward_host.common import docker
from phiward_host.common.errors import Failed
from phiward_host.containers import images, kept_images, registries
from tests.fake_docker import DockerTest

DIGEST = "sha256:" + "b" * 64
IMAGE = f"registry.example.org:5000/team/app:2@{DIGEST}"
OTHER = f"registry.example.org/team/app@{DIGEST}"
DONE = '{"status":"Pulling"}\n{"status":"Downloaded"}\n'


class Engine(socketserver.ThreadingUnixStreamServer):
    """An Engine that answers each request alike, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self, path: str, status: int = 200, text: str = DONE) -> None:
        self.status, self.text = status, text
        self.asked: list[tuple[str, str | None]] = []
        super().__init__(path, Answers)


class Answers(BaseHTTPRequestHandler):
    """One request."""

    def do_POST(self) -> None:
        assert isinstance(self.server, Engine)
        self.server.asked.append((self.path, self.headers.get("X-Registry-Auth")))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.text.encode())

    def address_string(self) -> str:
        return "here"

    def log_message(self, format: str, *args: object) -> None:
        pass


class RegistriesTest(DockerTest):
    def setUp(self) -> None:
        super().setUp()
        os.makedirs(self.path("etc/registries"))
        password = self.path("etc/registries/registry.example.org_5000.password", "hunter2\n")
        logins = {"registry.example.org:5000": {"username": "puller", "password": password}}
        path = self.path("etc/registries/logins.json", json.dumps(logins))
        self.socket = self.path("engine.sock")
        for patch in (
            mock.patch.object(registries, "LOGINS", path),
            mock.patch.object(docker, "SOCKET", self.socket),
            mock.patch.object(kept_images, "note_brought"),
        ):
            patch.start()
            self.addCleanup(patch.stop)

    def engine(self, status: int = 200, text: str = DONE) -> Engine:
        if os.path.exists(self.socket):
            os.remove(self.socket)
        engine = Engine(self.socket, status, text)
        threading.Thread(target=engine.serve_forever, args=(0.05,), daemon=True).start()
        self.addCleanup(engine.server_close)
        self.addCleanup(engine.shutdown)
        return engine

    def test_an_image_of_a_registry_with_a_login_is_pulled_by_the_engine_with_it(self) -> None:
        engine = self.engine()
        images.bring(IMAGE)
        [(path, token)] = engine.asked
        name = "registry.example.org%3A5000%2Fteam%2Fapp"
        self.assertEqual(path, f"/v1.44/images/create?fromImage={name}&tag={DIGEST.replace(':', '%3A')}")
        self.assertEqual(
            json.loads(base64.urlsafe_b64decode(token or "")),
            {"username": "puller", "password": "hunter2", "serveraddress": "registry.example.org:5000"},
        )
        self.assertEqual(self.calls(), [])

    def test_an_image_of_another_registry_is_pulled_without(self) -> None:
        for image in (f"registry.example.org/app@{DIGEST}", f"postgres@{DIGEST}"):
            self.assertIsNone(registries.login_of(image))
        engine = self.engine()
        images.bring(f"docker.io/library/postgres@{DIGEST}")
        name = "docker.io%2Flibrary%2Fpostgres"
        self.assertEqual(
            engine.asked, [(f"/v1.44/images/create?fromImage={name}&tag={DIGEST.replace(':', '%3A')}", None)]
        )
        self.assertEqual(self.calls(), [])

    def test_without_logins_there_is_none(self) -> None:
        with mock.patch.object(registries, "LOGINS", self.path("etc/none.json")):
            self.assertIsNone(registries.login_of(IMAGE))

    def test_a_refused_login_and_a_pull_that_breaks_off_fail_with_what_to_do_and_without_the_password(self) -> None:
        for status, text, found in (
            (500, '{"message":"unauthorized: authentication required"}', "unauthorized: authentication required"),
            (200, '{"status":"Pulling"}\n{"error":"unexpected EOF"}\n', "unexpected EOF"),
        ):
            with self.subTest(found):
                self.engine(status, text)
                with self.assertRaises(Failed) as raised:
                    images.bring(IMAGE)
                said = str(raised.exception)
                self.assertEqual(
                    said,
                    f"{IMAGE}: could not be pulled: {found}; "
                    "check the login of registry.example.org:5000 under registries",
                )

    def test_a_failed_pull_without_a_login_says_why_and_nothing_of_logins(self) -> None:
        self.engine(500, '{"message":"no such host"}')
        with self.assertRaises(Failed) as raised:
            images.bring(OTHER)
        self.assertEqual(str(raised.exception), f"{OTHER}: could not be pulled: no such host")

    def test_a_registry_that_sends_nothing_is_not_waited_for_without_end_with_a_login_or_without(self) -> None:
        asked: list[object] = []

        def silent(*words: object) -> tuple[int, str]:
            asked.append(words[3])
            raise TimeoutError

        for image, host in ((IMAGE, "registry.example.org:5000"), (OTHER, "registry.example.org")):
            said = f"nothing came for 600 s; see whether {host} answers this host"
            with mock.patch.object(docker, "_request", silent), self.assertRaisesRegex(Failed, said):
                images.bring(image)
        self.assertEqual(asked, [600, 600])

    def test_names_are_read_as_docker_does(self) -> None:
        read = [registries.registry_of(name) for name in ("a/b@x", "a@x", "a.b/c@x", "localhost/c@x", "Host/c@x")]
        self.assertEqual(read, ["docker.io", "docker.io", "a.b", "localhost", "Host"])
