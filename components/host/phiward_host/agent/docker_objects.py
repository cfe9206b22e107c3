"""What this host's Docker holds: a deploy compares it with what Pulumi believes, and removes what it left half done."""

import shutil

from phiward_host.common import docker, process
from phiward_host.common.decode import Fields, as_object, as_str, as_strs, list_of, optional
from phiward_host.common.errors import Failed

ANSWER_SECONDS = 30
# More than the longest time that a container is given to stop.
STOP_SECONDS = 300
LABEL = "phiward.service"


def docker_objects() -> dict[str, object]:
    """The containers, networks and volumes of the engine.

    `engine` is `absent` where Docker is not installed, `silent` where it does not answer, which says nothing about what
    it holds, else `present`.
    """
    if shutil.which("docker", path=process.ENVIRONMENT["PATH"]) is None:
        return {"engine": "absent", "objects": []}
    try:
        return {"engine": "present", "objects": [*containers(), *networks(), *volumes()]}
    except (Failed, OSError, ValueError):
        return {"engine": "silent", "objects": []}


def remove_object(kind: str, id: str, *, stop: bool = False) -> None:
    """Removes a container, which is killed, with the volumes that have no name; or a network that has nobody in it.

    With `stop` a container is first stopped as it asks for, in the time that it was given.

    What is not there is no error. Raises Failed with Docker's own sentence.
    """
    where = docker.quote(id)
    path = f"/containers/{where}?v=true&force=true" if kind == "Container" else f"/networks/{where}"
    try:
        if stop and kind == "Container":
            docker.ask("POST", f"/containers/{where}/stop", allowed=(304, 404), timeout=STOP_SECONDS)
        docker.ask("DELETE", path, allowed=(404,), timeout=ANSWER_SECONDS)
    except OSError as error:
        raise Failed(f"Docker does not answer ({error})") from error


def containers() -> list[dict[str, object]]:
    found = listed(docker.ask("GET", "/containers/json?all=true", timeout=ANSWER_SECONDS), "containers")
    return [container(entry) for entry in found]


def container(entry: Fields) -> dict[str, object]:
    """One container; `ended` is there where it was started again so often, and is not healthy, that it will not be.

    Its `exitCode` is None while it runs once more.
    """
    id, status = entry.text("Id"), entry.text("Status")
    object = described("Container", id, entry.read("Names", as_strs)[0].lstrip("/"), entry, status)
    answer = None
    if "service" in object and "(healthy)" not in status:
        answer = docker.ask("GET", f"/containers/{docker.quote(id)}/json", allowed=(404,), timeout=ANSWER_SECONDS)
    if answer is None:
        return object
    found = Fields.of(answer, f"container {id}")
    restarts = found.integer("RestartCount")
    if restarts < docker.RESTARTS:
        return object
    state = found.child("State")
    exit_code = None if docker.runs(state) else state.integer("ExitCode")
    return {**object, "ended": {"restarts": restarts, "exitCode": exit_code}}


def networks() -> list[dict[str, object]]:
    found = listed(docker.ask("GET", "/networks", timeout=ANSWER_SECONDS), "networks")
    return [described("Network", entry.text("Id"), entry.text("Name"), entry) for entry in found]


def volumes() -> list[dict[str, object]]:
    answer = Fields.of(docker.ask("GET", "/volumes", timeout=ANSWER_SECONDS), "volumes")
    found = answer.read("Volumes", lambda value, path: [] if value is None else listed(value, path))
    return [described("Volume", entry.text("Name"), entry.text("Name"), entry) for entry in found]


def listed(value: object, path: str) -> list[Fields]:
    return list_of(Fields.of)(value, path)


def described(kind: str, id: str, name: str, entry: Fields, status: str = "") -> dict[str, object]:
    """One object; one that was made for a service has the service's name."""
    service = (entry.read_or("Labels", optional(as_object), None) or {}).get(LABEL)
    own = {} if service is None else {"service": as_str(service, LABEL)}
    return {"kind": kind, "id": id, "name": name, "status": status, **own}
