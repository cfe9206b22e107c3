"""Init steps of services: run once for each definition, and what is left of one that fails."""

import contextlib
import errno
import io
import json
from collections.abc import Sequence

from phiward_host.backup.manifest import Manifest, manifest_path
from phiward_host.common import docker, files, paths, process
from phiward_host.common.decode import as_object
from phiward_host.common.errors import Failed
from phiward_host.common.process import Completed
from phiward_host.containers import initialize, one_off
from tests.fake_engine import FakeEngine
from tests.support import OK, InDirectory

NAME = "phiward-init-api"
REQUEST = {
    "Image": "x",
    "HostConfig": {
        "Mounts": [
            {"Type": "bind", "Source": "/var/lib/phiward/services/api/secrets/key"},
            {"Type": "volume", "Source": "phiward-api.files"},
            {"Type": "volume", "Source": "phiward-api.new"},
        ]
    },
}
STEP = {
    "called": "notes",
    "definition": "abc",
    "request": REQUEST,
    "seconds": 60,
    "backup": True,
    "stopFirst": False,
}


class Initializing(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.engine = FakeEngine({f"POST /containers/{NAME}/wait": {"StatusCode": 0}})
        self.programs: list[list[str]] = []
        self.failing = ""
        self.patch(docker, "ask", self.ask)
        self.patch(initialize, "BACKUP_SETTINGS", self.path("backup.json"))
        self.run_with(self.program)
        self.declare()

    def ask(
        self, method: str, path: str, body: object = None, *, allowed: Sequence[int] = (), timeout: float = 0
    ) -> object:
        return self.engine.ask(method, path, body, allowed=allowed)

    def program(self, argv: Sequence[str], _: str | None) -> Completed:
        self.programs.append([*argv])
        if argv[0] == self.failing:
            return Completed(1, "", "")
        return Completed(0, "2026-01-01T00:00:02Z b\n", "2026-01-01T00:00:01Z a\n") if argv[0] == "docker" else OK

    def declare(self, **changes: object) -> None:
        self.patch(initialize, "SETTINGS", self.path("initialize.json", json.dumps({"api": {**STEP, **changes}})))

    def main(self, *words: str) -> tuple[int, str]:
        with contextlib.redirect_stderr(io.StringIO()) as said:
            return initialize.main(words), said.getvalue()

    def starts(self) -> int:
        return self.engine.questions().count(f"POST /containers/{NAME}/start")

    def test_one_that_succeeds_is_run_once_for_each_definition_and_its_container_is_gone(self) -> None:
        self.assertEqual(self.main("done")[0], 1)
        for _ in range(2):
            self.assertEqual(self.main("run"), (0, ""))
        self.assertEqual((self.starts(), self.main("done")), (1, (0, "")))
        self.assertEqual(self.engine.questions()[-1], f"DELETE /containers/{NAME}?v=true&force=true")
        self.assertIn((f"POST /containers/create?name={NAME}", REQUEST), self.engine.asked)
        self.declare(definition="def")
        self.assertEqual(self.main("done")[0], 1)
        self.main("run")
        self.assertEqual(self.starts(), 2)

    def test_what_it_says_is_in_its_log_in_order_and_in_no_message(self) -> None:
        self.engine.answers[f"POST /containers/{NAME}/wait"] = {"StatusCode": 3}
        code, said = self.main("run")
        self.assertEqual(code, 1)
        self.assertIn("notes: its init step ended with exit code 3 after 0 s", said)
        self.assertIn("phiward logs notes --init", said)
        with open(f"{paths.BASE}/services/api/runs/initialize.log", encoding="utf-8") as file:
            self.assertEqual(file.read(), "2026-01-01T00:00:01Z a\n2026-01-01T00:00:02Z b\n")

    def test_one_that_succeeds_while_its_output_cannot_be_kept_has_succeeded(self) -> None:
        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        self.patch(one_off, "_write_log", full)
        self.assertEqual((self.main("run"), self.main("done")[0]), ((0, ""), 0))

    def test_one_that_failed_or_was_cut_off_is_run_again(self) -> None:
        for cut in ({"StatusCode": 1}, Failed("the engine is gone"), TimeoutError()):
            self.engine.answers[f"POST /containers/{NAME}/wait"] = cut
            self.assertEqual(self.main("run")[0], 1)
            self.assertEqual(self.main("done")[0], 1)
        self.engine.answers[f"POST /containers/{NAME}/wait"] = {"StatusCode": 0}
        self.assertEqual((self.main("run")[0], self.main("done")[0]), (0, 0))

    def test_one_whose_time_is_up_is_stopped_and_failed(self) -> None:
        self.engine.answers[f"POST /containers/{NAME}/wait"] = TimeoutError()
        self.assertIn("notes: its init step did not end within 60 s, and was ended", self.main("run")[1])
        self.assertIn(f"POST /containers/{NAME}/stop?t=10", self.engine.questions())

    def test_a_later_one_comes_after_a_backup_where_there_is_one_and_not_without_it(self) -> None:
        self.path("backup.json", "{}")
        self.keep_manifest("20260101T000000Z-abcdef")
        backup = ["systemctl", "start", "phiward-backup.service"]
        self.main("run")
        self.assertNotIn(backup, self.programs)
        self.declare(definition="def", backup=False)
        self.main("run")
        self.assertNotIn(backup, self.programs)
        self.declare(definition="ghi")
        self.failing = "systemctl"
        starts = self.starts()
        self.assertIn("the backup before its init step failed, so nothing was changed", self.main("run")[1])
        self.assertEqual((self.starts(), self.programs[-1]), (starts, backup))
        self.failing = ""
        self.assertEqual((self.main("run")[0], self.starts()), (0, starts + 1))

    def test_what_of_the_service_its_backup_holds_is_on_record_and_told_where_the_step_fails(self) -> None:
        self.path("backup.json", "{}")
        self.main("run")
        self.assertNotIn("backup", self.record())
        self.declare(definition="def")
        self.assertIn("has no record in", self.main("run")[1])
        self.assertEqual(self.main("done")[0], 1)
        self.keep_manifest("20260101T000000Z-abcdef")
        self.engine.answers[f"POST /containers/{NAME}/wait"] = {"StatusCode": 3}
        self.assertIn(
            "again. Before it, the backup 20260101T000000Z-abcdef was made, with volume phiward-api.files; not in it, "
            "since the backups do not know it yet: phiward-api.new; npx phiward restore --snapshot "
            "20260101T000000Z-abcdef brings it back",
            self.main("run")[1],
        )
        self.engine.answers[f"POST /containers/{NAME}/wait"] = {"StatusCode": 0}
        self.main("run")
        self.assertEqual(
            self.record()["backup"],
            {"run": "20260101T000000Z-abcdef", "databases": [], "volumes": ["phiward-api.files"]},
        )
        self.declare(definition="ghi")
        self.write_manifest("{")
        self.assertIn("cannot be seen", self.main("run")[1])

    def record(self) -> dict[str, object]:
        return as_object(json.loads(files.read_text(f"{paths.BASE}/services/api/runs/initialize.json")), "record")

    def keep_manifest(self, run: str) -> None:
        volumes = {name: f"/var/lib/docker/volumes/{name}/_data" for name in ("phiward-api.files", "phiward-db.data")}
        found = Manifest(run, "2026-01-01T00:00:00Z", "web", {}, volumes, (), (), {}, ())
        self.write_manifest(json.dumps(found.to_json()))

    def write_manifest(self, text: str) -> None:
        files.make_directory(f"{paths.BASE}/backup")
        files.write(manifest_path(), text)

    def test_one_of_a_service_that_is_replaced_stop_first_is_left_to_the_handover(self) -> None:
        self.declare(stopFirst=True)
        self.assertEqual((self.main("run"), self.starts()), ((0, ""), 0))
        self.assertEqual(self.main("done")[0], 1)
        initialize.run("api", initialize.declared()["api"])
        self.assertEqual(self.main("done")[0], 0)

    def test_a_container_that_a_deploy_left_is_removed(self) -> None:
        self.main("clean-up")
        self.assertEqual(self.engine.questions()[-1], f"DELETE /containers/{NAME}?v=true&force=true")
        self.assertEqual(one_off.directory("api"), f"{paths.BASE}/services/api/runs")


class Nothing(InDirectory):
    def test_is_to_be_done_where_no_service_has_an_init_step(self) -> None:
        self.patch(initialize, "SETTINGS", self.path("none.json"))
        for word in ("run", "done", "clean-up"):
            self.assertEqual(initialize.main([word]), 0)
        self.patch(process, "run", None)
