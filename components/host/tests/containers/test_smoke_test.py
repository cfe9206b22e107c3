"""The smoke test of a database's image, on temporary data."""

import contextlib
import io
import json
import os
import tempfile
from unittest import mock

from phiward_host.common import paths
from phiward_host.containers import smoke_test
from tests.fake_engine import HEALTHY, EngineTest

CONTAINER = "phiward-trial-db"
SETTINGS = {
    "definition": "abc",
    "request": {"Image": "x", "HostConfig": {"Mounts": [{"Target": "/etc/phiward"}]}},
    "secrets": ["/run/secrets/postgres"],
    "owner": [os.getuid(), os.getgid()],
    "seconds": 120,
    "versions": {
        "product": "PostgreSQL",
        "major": "17",
        "volume": "phiward-db.data",
        "command": ["postgres", "--version"],
        "dataFile": "PG_VERSION",
        "exampleImage": "docker.io/library/postgres",
    },
}
MYSQL = {
    "product": "MySQL",
    "major": "8",
    "volume": "phiward-db.data",
    "command": ["mysqld", "--version"],
    "dataFile": "mysql_upgrade_info",
    "exampleImage": "docker.io/library/mysql",
}


class SmokeTests(EngineTest):
    def setUp(self) -> None:
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.home = directory.name
        for where, name, value in (
            (smoke_test, "SETTINGS", f"{self.home}/trial.json"),
            (smoke_test, "ACCEPTED", f"{self.home}/trials"),
            (smoke_test, "SCRATCH", f"{self.home}/scratch"),
            (paths, "BASE", self.home),
        ):
            patch = mock.patch.object(where, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        self.settings()
        self.engine.answers = {
            f"GET /containers/{CONTAINER}/json": HEALTHY,
            f"POST /containers/{CONTAINER}/exec": {"Id": "e1"},
            "POST /exec/e1/start": "postgres (PostgreSQL) 17.6 (Debian 17.6-1)\r\n",
            "GET /volumes/phiward-db.data": {"Mountpoint": f"{self.home}/data"},
        }

    def settings(self, **changes: object) -> None:
        with open(f"{self.home}/trial.json", "w", encoding="utf-8") as file:
            json.dump({"db": {**SETTINGS, **changes}}, file)

    def data_of(self, version: str, name: str = "PG_VERSION") -> None:
        os.makedirs(f"{self.home}/data", exist_ok=True)
        with open(f"{self.home}/data/{name}", "w", encoding="ascii") as file:
            file.write(f"{version}\n")

    def test_the_version_of_the_data_is_not_read_out_of_another_file(self) -> None:
        secret = f"{self.home}/shadow"
        with open(secret, "w", encoding="ascii") as file:
            file.write("1root:$6$hash:20000\n")
        os.makedirs(f"{self.home}/data")
        os.symlink(secret, f"{self.home}/data/PG_VERSION")
        self.refused(f"{self.home}/data/PG_VERSION: allowed: a regular file")
        os.unlink(f"{self.home}/data/PG_VERSION")
        os.mkfifo(f"{self.home}/data/PG_VERSION")
        self.refused(f"{self.home}/data/PG_VERSION: allowed: a regular file")

    def test_what_is_no_version_is_not_repeated(self) -> None:
        self.data_of("1root:$6$hash:20000")
        code, error = self.program("run", "db")
        self.assertEqual(code, 1)
        self.assertIn("its data was written by PostgreSQL unknown", error)
        self.assertNotIn("root", error)

    def program(self, *words: str) -> tuple[int, str]:
        error = io.StringIO()
        with contextlib.redirect_stderr(error):
            code = smoke_test.main(words)
        return code, error.getvalue()

    def refused(self, why: str) -> None:
        sentence = (
            f"phiward: the image of db failed its smoke test on temporary data: {why}; the data was not touched\n"
        )
        self.assertEqual(self.program("run", "db"), (1, sentence))
        self.assertEqual(self.program("accepted", "db"), (1, ""))
        self.assertEqual(self.engine.questions()[-1], f"DELETE /containers/{CONTAINER}?v=true&force=true")
        self.assertEqual(os.listdir(f"{self.home}/scratch"), [])

    def test_an_image_that_passes_is_accepted_as_it_is_defined(self) -> None:
        self.assertEqual(self.program("accepted", "db"), (1, ""))
        self.assertEqual(self.program("run", "db"), (0, ""))
        self.assertEqual(self.program("accepted", "db"), (0, ""))
        self.settings(definition="another")
        self.assertEqual(self.program("accepted", "db"), (1, ""))

    def test_it_gets_random_secrets_and_leaves_nothing(self) -> None:
        seen: dict[str, tuple[int, int]] = {}

        def watch(question: str) -> None:
            if question.startswith("POST /containers/create"):
                path = f"{self.home}/scratch/db/postgres"
                seen[path] = (os.stat(path).st_mode & 0o7777, os.stat(path).st_size)

        self.engine.watch = watch
        self.assertEqual(self.program("run", "db"), (0, ""))
        source = f"{self.home}/scratch/db/postgres"
        self.assertEqual(seen, {source: (0o400, 32)})
        mount = {"Type": "bind", "Source": source, "Target": "/run/secrets/postgres", "ReadOnly": True}
        request = {"Image": "x", "HostConfig": {"Mounts": [{"Target": "/etc/phiward"}, mount]}}
        self.assertIn((f"POST /containers/create?name={CONTAINER}", request), self.engine.asked)
        self.assertEqual(os.listdir(f"{self.home}/scratch"), [])
        self.assertEqual(self.engine.questions()[-1], f"DELETE /containers/{CONTAINER}?v=true&force=true")

    def test_an_image_of_another_major_version_is_refused(self) -> None:
        self.engine.answers["POST /exec/e1/start"] = "postgres (PostgreSQL) 18.0"
        self.refused(
            "db: the image is PostgreSQL 18, allowed: an image of PostgreSQL 17, "
            "such as docker.io/library/postgres@sha256:..."
        )

    def test_data_of_another_major_version_is_refused(self) -> None:
        self.data_of("16")
        self.refused(
            "db: its data was written by PostgreSQL 16 and the image is PostgreSQL 17: "
            "dump with the old one, restore with the new"
        )

    def test_data_of_this_version_and_a_volume_that_is_not_there_yet_pass(self) -> None:
        self.data_of("17")
        self.assertEqual(self.program("run", "db"), (0, ""))
        self.engine.answers["GET /volumes/phiward-db.data"] = None
        self.assertEqual(self.program("run", "db"), (0, ""))

    def test_data_of_a_version_that_cannot_be_read_is_refused(self) -> None:
        self.data_of("")
        self.refused(
            "db: its data was written by PostgreSQL unknown and the image is PostgreSQL 17: "
            "dump with the old one, restore with the new"
        )

    def test_another_engine_is_asked_by_its_own_command_and_file(self) -> None:
        self.settings(versions=MYSQL)
        self.engine.answers["POST /exec/e1/start"] = "mysqld  Ver 8.4.6 for Linux on x86_64\r\n"
        self.data_of("17")
        self.data_of("8.4.5", "mysql_upgrade_info")
        self.assertEqual(self.program("run", "db"), (0, ""))
        request = {"Cmd": ["mysqld", "--version"], "AttachStdout": True, "Tty": True}
        self.assertIn((f"POST /containers/{CONTAINER}/exec", request), self.engine.asked)
        self.data_of("9.0.1", "mysql_upgrade_info")
        self.settings(versions=MYSQL, definition="next")
        self.refused(
            "db: its data was written by MySQL 9 and the image is MySQL 8: dump with the old one, restore with the new"
        )

    def test_an_engine_that_upgrades_in_place_is_not_asked_for_its_version(self) -> None:
        self.settings(versions=None)
        self.assertEqual(self.program("run", "db"), (0, ""))
        self.assertFalse(any("exec" in question for question in self.engine.questions()))

    def test_a_container_that_is_not_healthy_is_refused(self) -> None:
        state = {"Running": False, "Restarting": False, "ExitCode": 1}
        self.engine.answers[f"GET /containers/{CONTAINER}/json"] = {"RestartCount": 0, "State": state}
        self.refused(f"{CONTAINER}: ended with exit code 1 before it was healthy; see docker logs {CONTAINER}")

    def test_a_name_that_is_not_configured_is_refused(self) -> None:
        code, error = self.program("run", "cache")
        self.assertEqual(code, 1)
        self.assertIn("smoke tests.cache: found nothing", error)
