"""What a host's Docker holds."""

import shutil

from phiward_host.agent.docker_objects import docker_objects
from phiward_host.common import docker
from phiward_host.common.errors import Failed
from tests.support import InDirectory

ANSWERS: dict[str, object] = {
    "/containers/json?all=true": [{"Id": "c1", "Names": ["/api"], "Status": "Up 3 minutes (healthy)"}],
    "/networks": [{"Id": "n1", "Name": "bridge"}],
    "/volumes": {"Volumes": [{"Name": "data"}]},
}


class Listing(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.installed(True)
        self.answers(ANSWERS)

    def installed(self, is_installed: bool) -> None:
        def which(name: str, path: str) -> str | None:
            return f"/usr/bin/{name}" if is_installed else None

        self.patch(shutil, "which", which)

    def answers(self, answers: dict[str, object]) -> None:
        def ask(method: str, path: str, timeout: float) -> object:
            return answers[path]

        self.patch(docker, "ask", ask)

    def test_containers_networks_and_volumes_are_listed(self) -> None:
        expected = [
            {"kind": "Container", "id": "c1", "name": "api", "status": "Up 3 minutes (healthy)"},
            {"kind": "Network", "id": "n1", "name": "bridge", "status": ""},
            {"kind": "Volume", "id": "data", "name": "data", "status": ""},
        ]
        self.assertEqual(docker_objects(), {"engine": "present", "objects": expected})

    def test_a_host_without_docker_holds_nothing(self) -> None:
        self.installed(False)
        self.assertEqual(docker_objects(), {"engine": "absent", "objects": []})

    def test_an_engine_that_does_not_answer_is_silent_which_is_not_empty(self) -> None:
        for error in (Failed("x"), ConnectionRefusedError(), FileNotFoundError(), TimeoutError()):

            def fail(method: str, path: str, timeout: float, error: Exception = error) -> object:
                raise error

            self.patch(docker, "ask", fail)
            self.assertEqual(docker_objects()["engine"], "silent")

    def test_an_engine_without_volumes_says_null(self) -> None:
        self.answers({"/containers/json?all=true": [], "/networks": [], "/volumes": {"Volumes": None}})
        self.assertEqual(docker_objects(), {"engine": "present", "objects": []})
