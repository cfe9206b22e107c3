"""Which mounts of containers are outdated, and in what order their containers are started again."""

import contextlib
import io
import json
import tempfile
from collections.abc import Sequence
from unittest import mock

from phiward_host.common import process
from phiward_host.common.errors import Failed
from phiward_host.common.process import Completed
from phiward_host.containers import mounts
from phiward_host.containers.mounts import Container
from tests.fake_engine import EngineTest

HEALTH = {"Running": True, "Restarting": False, "ExitCode": 0, "Health": {"Status": "healthy"}}
DB, API = Container("db", "d1", 60), Container("api", "d2", 60)


def answer(definition: str, pid: int, source: str) -> object:
    return {
        "RestartCount": 0,
        "State": {**HEALTH, "Pid": pid},
        "Config": {"Labels": {"phiward.definition": definition}},
        "Mounts": [
            {"Type": "volume", "Source": "/var/lib/docker/volumes/v/_data", "Destination": "/data"},
            {"Type": "bind", "Source": source, "Destination": "/run/secrets/key"},
        ],
    }


class Mounts(EngineTest):
    def setUp(self) -> None:
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.key = f"{directory.name}/key"
        with open(self.key, "w", encoding="utf-8"):
            pass
        # What each task sees: by its number the place, the device and the path on it.
        self.seen: dict[str, list[tuple[str, str, str]]] = {"1": [("/", "8:1", "/"), (directory.name, "8:2", "/@here")]}
        for container, pid in ((DB, 11), (API, 12)):
            path = f"/containers/{container.name}/json"
            self.engine.answers[f"GET {path}"] = answer(container.definition, pid, self.key)
            self.mounted(pid, "8:2", "/@here/key")
        patch = mock.patch.object(process, "run", self.run_program)
        patch.start()
        self.addCleanup(patch.stop)

    def mounted(self, pid: int, device: str, root: str) -> None:
        # What is at one place last hides what was there before.
        self.seen[str(pid)] = [("/", "0:9", "/"), ("/run/secrets/key", "0:1", "/"), ("/run/secrets/key", device, root)]

    def run_program(self, argv: Sequence[str]) -> Completed:
        if argv[0] == "realpath":
            return Completed(0, f"{argv[-1]}\n", "")
        rows = [{"target": a, "maj:min": b, "fsroot": c} for a, b, c in self.seen[argv[-1]]]
        return Completed(0, json.dumps({"filesystems": rows}), "")

    def told(self, *containers: Container) -> str:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            mounts.tell(containers)
        return out.getvalue()

    def test_what_is_there_is_current(self) -> None:
        self.assertEqual(self.told(DB, API), "")
        mounts.restart([DB, API])
        self.assertFalse([asked for asked in self.engine.questions() if asked.startswith("POST")])

    def test_what_was_removed_moved_or_is_on_another_device_is_outdated(self) -> None:
        for device, root in (("8:2", "/@here/key//deleted"), ("8:2", "/@here/former"), ("8:1", "/@here/key")):
            self.mounted(12, device, root)
            self.assertEqual(self.told(DB, API), f"container api has an outdated mount of {self.key}\n")

    def test_what_is_not_mounted_at_all_is_outdated(self) -> None:
        self.seen["11"] = [("/", "0:9", "/")]
        self.assertEqual(self.told(DB), f"container db has an outdated mount of {self.key}\n")

    def test_one_that_is_gone_does_not_run_or_is_about_to_be_replaced_is_left_alone(self) -> None:
        for found in (None, answer("d1", 0, "/none"), answer("other", 11, "/none")):
            self.engine.answers["GET /containers/db/json"] = found
            self.assertEqual(self.told(DB), "")

    def test_they_are_started_again_in_order_each_once_the_one_before_is_healthy(self) -> None:
        self.mounted(11, "8:2", "/@here/key//deleted")
        self.mounted(12, "8:2", "/@here/key//deleted")
        mounts.restart([DB, API])
        asked = self.engine.questions()
        first, second = asked.index("POST /containers/db/restart"), asked.index("POST /containers/api/restart")
        self.assertIn("GET /containers/db/json", asked[first:second])

        self.engine.asked.clear()
        self.engine.watch = self.unhealthy
        with self.assertRaises(Failed):
            mounts.restart([DB, API])
        self.assertNotIn("POST /containers/api/restart", self.engine.questions())

    def unhealthy(self, question: str) -> None:
        if question == "POST /containers/db/restart":
            state = {"State": {**HEALTH, "Health": {"Status": "unhealthy"}}, "RestartCount": 0}
            self.engine.answers["GET /containers/db/json"] = state

    def test_one_that_could_not_start_again_is_not_stopped(self) -> None:
        self.engine.answers["GET /containers/db/json"] = answer("d1", 11, f"{self.key}-gone")
        with self.assertRaisesRegex(Failed, "missing on this host; the container was left as it is"):
            mounts.restart([DB])
        self.assertNotIn("POST /containers/db/restart", self.engine.questions())
