"""Data of services that nothing declares: what is found, what is refused, and what is erased."""

import contextlib
import io
import json
import os
from unittest import mock

from phiward_host.common import docker
from phiward_host.common.errors import Failed
from phiward_host.containers import service_data
from phiward_host.containers.service_data import Data, Removed, Settings
from tests.fake_docker import DockerTest

KEEP = Removed("api", None, None, False)
ERASE = Removed("api", None, None, True)
FILES = Data("volume", "api", "phiward-api.files")
ROWS = Data("database", "api", "db")


def settings(*removed: Removed) -> Settings:
    return Settings(["phiward-db.data"], {"db": ["web"]}, removed)


class ServiceDataTest(DockerTest):
    def setUp(self) -> None:
        super().setUp()
        self.volumes = {"phiward-db.data": "db", "phiward-api.files": "api"}
        self.used: set[str] = set()
        self.gone: list[str] = []
        self.is_up = True
        for target, name, value in (
            (docker, "ask", self.ask),
            (service_data, "VOLUMES", self.home),
            (service_data, "ACCOUNTS", self.path("accounts.json", "[]")),
        ):
            patch = mock.patch.object(target, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        self.answer("pg_get_userbyid", "web|web\napi|api\napi|api_before_20260102t030405z\nCarol|hers\n")
        self.answer("rolname ~", "api_e1\n")

    def ask(self, method: str, path: str, body: object = None, **_: object) -> object:
        if not self.is_up:
            raise ConnectionRefusedError(111, "refused")
        if method == "DELETE":
            self.gone.append(path.rpartition("/")[2])
            return {}
        if path.startswith("/volumes"):
            found = [{"Name": name, "Labels": {"phiward.service": of}} for name, of in self.volumes.items()]
            return {"Volumes": found or None}
        wanted = [name for name in self.used if name in path]
        return [{"Names": ["/x"]}] if wanted or "volume" not in path else []

    def statements(self) -> str:
        return "".join(call.stdin for call in self.calls())


class Declaring(ServiceDataTest):
    def test_what_no_service_uses_is_found_by_volume_and_by_server(self) -> None:
        self.assertEqual(service_data.undeclared(settings()), [FILES, ROWS])

    def test_an_entry_says_what_becomes_of_a_service_a_volume_or_a_database(self) -> None:
        cases: tuple[tuple[Removed, list[Data]], ...] = (
            (KEEP, []),
            (ERASE, []),
            (Removed("api", "files", None, False), [ROWS]),
            (Removed("api", None, "db", False), [FILES]),
            (Removed("api", "other", None, False), [FILES, ROWS]),
            (Removed("app", None, None, False), [FILES, ROWS]),
        )
        for entry, left in cases:
            with self.subTest(entry=entry):
                self.assertEqual(service_data.undeclared(settings(entry)), left)

    def test_a_server_that_does_not_answer_has_the_databases_of_the_last_deploy(self) -> None:
        self.answer("pg_get_userbyid", code=2, err="psql: error: no server\n")
        server = {"container": "db", "users": [{"service": "web"}, {"service": "notes"}]}
        self.path("accounts.json", json.dumps([server, {**server, "container": "other"}]))
        self.assertEqual(service_data.undeclared(settings(KEEP)), [Data("database", "notes", "db")])

    def test_a_docker_that_does_not_answer_has_the_volumes_that_are_on_disk(self) -> None:
        self.is_up = False
        for name in ("phiward-db.data", "phiward-api.files", "0123abcd"):
            os.mkdir(self.path(name))
        self.assertEqual(service_data.undeclared(settings()), [FILES])

    def test_a_host_without_docker_has_nothing(self) -> None:
        self.is_up = False
        self.assertEqual(service_data.undeclared(settings()), [])

    def test_the_refusal_names_all_of_it_in_one_sentence_and_what_to_write(self) -> None:
        words = json.dumps({"volumes": ["phiward-db.data"], "servers": [], "removed": []})
        with contextlib.redirect_stderr(io.StringIO()) as told:
            self.assertEqual(service_data.main(["declared", words]), 1)
        self.assertIn("the host has the volume phiward-api.files of api, which", told.getvalue())
        self.assertIn("{service: api, volume: files, data: keep}", told.getvalue())
        with contextlib.redirect_stdout(io.StringIO()) as asked:
            self.assertEqual(service_data.main(["undeclared", words]), 0)
        self.assertEqual(asked.getvalue(), "the volume phiward-api.files of api ({service: api, volume: files})\n")


class Erasing(ServiceDataTest):
    def test_only_what_is_declared_as_erased_goes(self) -> None:
        service_data.erase(settings(KEEP))
        self.assertEqual((self.gone, self.statements()), ([], ""))

    def test_databases_go_with_what_restores_kept_of_them_and_then_the_roles(self) -> None:
        service_data.erase(settings(ERASE))
        self.assertEqual(self.gone, ["phiward-api.files"])
        self.assertIn(
            'DROP DATABASE IF EXISTS "api" WITH (FORCE);\n'
            'DROP DATABASE IF EXISTS "api_before_20260102t030405z" WITH (FORCE);\n'
            'DROP ROLE IF EXISTS "api_e1";\nDROP ROLE IF EXISTS "api__readonly";\n'
            'DROP ROLE IF EXISTS "api__auditor";\n'
            'DROP ROLE IF EXISTS "phiward_api";\nDROP ROLE IF EXISTS "api";\n',
            self.statements(),
        )

    def test_a_volume_that_a_container_has_waits(self) -> None:
        self.used.add("phiward-api.files")
        self.answer("pg_get_userbyid", "web|web\n")
        self.assertTrue(service_data.ACTIONS["erased"](settings(ERASE)))
        service_data.erase(settings(ERASE))
        self.assertEqual(self.gone, [])
        self.used.clear()
        self.assertFalse(service_data.ACTIONS["erased"](settings(ERASE)))

    def test_a_server_that_fails_keeps_no_volume_from_its_turn_and_is_told(self) -> None:
        self.answer("DROP DATABASE", code=3, err="ERROR: no\n")
        with self.assertRaisesRegex(Failed, "db: psql"):
            service_data.erase(settings(ERASE))
        self.assertEqual(self.gone, ["phiward-api.files"])
