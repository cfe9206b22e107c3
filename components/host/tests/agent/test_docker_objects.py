"""What a host's Docker holds, and what is removed from it."""

import shutil
from collections.abc import Sequence

from phiward_host.agent.docker_objects import containers, docker_objects, remove_object
from phiward_host.agent.request import RemoveDocker, request
from phiward_host.common import docker
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed, Refused
from tests.support import InDirectory

ID = "ab" * 32

ANSWERS: dict[str, object] = {
    "/containers/json?all=true": [{"Id": "c1", "Names": ["/api"], "Status": "Up 3 minutes (healthy)"}],
    "/networks": [{"Id": "n1", "Name": "bridge"}],
    "/volumes": {"Volumes": [{"Name": "data"}]},
}


EMPTY: dict[str, object] = {"/containers/json?all=true": [], "/networks": [], "/volumes": {"Volumes": None}}


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
        def ask(method: str, path: str, *, allowed: Sequence[int] = (), timeout: float) -> object:
            return answers[path]

        self.patch(docker, "ask", ask)

    def test_containers_networks_and_volumes_are_listed(self) -> None:
        expected = [
            {"kind": "Container", "id": "c1", "name": "api", "status": "Up 3 minutes (healthy)"},
            {"kind": "Network", "id": "n1", "name": "bridge", "status": ""},
            {"kind": "Volume", "id": "data", "name": "data", "status": ""},
        ]
        self.assertEqual(docker_objects(), {"engine": "present", "objects": expected})

    def test_what_was_made_for_a_service_has_its_name(self) -> None:
        labelled = {"Id": "n2", "Name": "phiward-api", "Labels": {"phiward.service": "api"}}
        self.answers({**EMPTY, "/networks": [labelled, {"Id": "n1", "Name": "bridge", "Labels": None}]})
        found = [
            {"kind": "Network", "id": "n2", "name": "phiward-api", "status": "", "service": "api"},
            {"kind": "Network", "id": "n1", "name": "bridge", "status": ""},
        ]
        self.assertEqual(docker_objects(), {"engine": "present", "objects": found})

    def listed_with(self, status: str, restarts: int | None, *, runs: bool = False) -> object:
        entry = {"Id": "c1", "Names": ["/api"], "Status": status, "Labels": {"phiward.service": "api"}}
        state = {"Running": True, "Restarting": not runs, "ExitCode": 0 if runs else 127}
        about = None if restarts is None else {"RestartCount": restarts, "State": state}
        self.answers({**EMPTY, "/containers/json?all=true": [entry], "/containers/c1/json": about})
        return containers()[0].get("ended")

    def test_a_container_that_was_started_again_three_times_and_is_not_healthy_is_told_with_its_exit_code(self) -> None:
        for status in ("Restarting (127) 1 second ago", "Up 1 second (health: starting)", "Up 1 minute (unhealthy)"):
            self.assertEqual(self.listed_with(status, 3), {"restarts": 3, "exitCode": 127})
        self.assertEqual(
            self.listed_with("Up 1 second (health: starting)", 3, runs=True), {"restarts": 3, "exitCode": None}
        )

    def test_one_that_is_healthy_was_started_again_less_often_or_went_meanwhile_is_listed_alone(self) -> None:
        self.assertIsNone(self.listed_with("Up 3 days (healthy)", 5))
        self.assertIsNone(self.listed_with("Up 1 second (health: starting)", 2))
        self.assertIsNone(self.listed_with("Up 1 second (health: starting)", None))

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
        self.answers(EMPTY)
        self.assertEqual(docker_objects(), {"engine": "present", "objects": []})


class Removing(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.asked: list[object] = []

        def ask(method: str, path: str, *, allowed: Sequence[int], timeout: float) -> object:
            self.asked.append((method, path, allowed))
            return {}

        self.patch(docker, "ask", ask)

    def test_a_container_goes_with_its_nameless_volumes_and_a_network_alone(self) -> None:
        remove_object("Container", ID)
        remove_object("Network", ID)
        self.assertEqual(
            self.asked,
            [
                ("DELETE", f"/containers/{ID}?v=true&force=true", (404,)),
                ("DELETE", f"/networks/{ID}", (404,)),
            ],
        )

    def test_a_live_container_is_stopped_first_in_its_own_time_where_that_is_asked_for(self) -> None:
        remove_object("Container", ID, stop=True)
        remove_object("Network", ID, stop=True)
        self.assertEqual(
            self.asked,
            [
                ("POST", f"/containers/{ID}/stop", (304, 404)),
                ("DELETE", f"/containers/{ID}?v=true&force=true", (404,)),
                ("DELETE", f"/networks/{ID}", (404,)),
            ],
        )

    def test_an_engine_that_does_not_answer_is_a_failure(self) -> None:
        def fail(method: str, path: str, *, allowed: Sequence[int], timeout: float) -> object:
            raise ConnectionRefusedError("refused")

        self.patch(docker, "ask", fail)
        with self.assertRaisesRegex(Failed, r"^Docker does not answer \(refused\)$"):
            remove_object("Network", ID)

    def test_containers_and_networks_by_their_ids_alone_are_taken(self) -> None:
        def asked(kind: str, id: str) -> object:
            return request(Fields.of({"mode": "docker-remove", "kind": kind, "id": id}, "request"))

        self.assertEqual(asked("Network", ID), RemoveDocker("Network", ID))
        for kind, id in (("Volume", ID), ("Container", "db"), ("Container", f"{ID}/../x"), ("Network", "a; reboot")):
            with self.assertRaisesRegex(Refused, "^(kind|id): found .*, allowed: "):
                asked(kind, id)
