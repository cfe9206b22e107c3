"""Starting and removing containers by the Docker Engine's API."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from phiward_host.common import docker
from phiward_host.common.decode import Fields, as_object, list_of, optional
from phiward_host.common.errors import Failed

POLL_SECONDS = 0.2


@dataclass(frozen=True)
class _State:
    """What the Engine says of a container that was started."""

    # Docker's word, such as `healthy`; empty where there is no health check.
    health: str
    last_check: str
    restarts: int
    running: bool
    restarting: bool
    # Of a container that does not run.
    exit_code: int


def start_healthy(name: str, request: Mapping[str, object], seconds: float) -> None:
    """Creates and starts a container and waits until it is healthy, through two restarts.

    `request` is the body of POST /containers/create.

    Raises Failed where it does not become healthy within `seconds`. The container is left as it is: the caller decides.
    """
    docker.ask("POST", f"/containers/create?name={docker.quote(name)}", request)
    docker.ask("POST", f"/containers/{docker.quote(name)}/start", allowed=(304,))
    await_healthy(name, seconds)


def await_healthy(name: str, seconds: float) -> None:
    """Waits until a container is healthy. Raises Failed where it does not become that within `seconds`."""
    began = time.monotonic()
    while True:
        state = _state(name)
        waited = time.monotonic() - began
        if state.health == "healthy":
            return
        # While it runs once more nobody knows how it ended.
        if not state.running and (state.restarts >= docker.RESTARTS or not state.restarting):
            raise Failed(
                f"{name}: ended with exit code {state.exit_code} before it was healthy; see docker logs {name}"
            )
        if state.health == "unhealthy" or waited > seconds:
            restarted = f"; it ended and was started again {state.restarts} times" if state.restarts else ""
            raise Failed(
                f"{name}: not healthy within {waited:.0f} s; its last health check: exit code {state.last_check}"
                f"{restarted}; see docker logs {name}"
            )
        time.sleep(POLL_SECONDS)


def remove(name: str, grace_seconds: int) -> None:
    """Stops a container, kills it after `grace_seconds`, and removes it with the volumes that have no name.

    A container that is not there is no error.
    """
    docker.ask("POST", f"/containers/{docker.quote(name)}/stop?t={grace_seconds}", allowed=(304, 404))
    docker.ask("DELETE", f"/containers/{docker.quote(name)}?v=true&force=true", allowed=(404,))


def _state(name: str) -> _State:
    found = Fields.of(docker.ask("GET", f"/containers/{docker.quote(name)}/json"), f"container {name}")
    state = found.child("State")
    restarting = state.flag("Restarting")
    health = Fields(state.read_or("Health", optional(as_object), None) or {}, f"{state.path}.Health")
    log = health.read_or("Log", optional(list_of(as_object)), None) or [{}]
    return _State(
        # Between an end and the next start the Engine calls a container unhealthy, though its health check is off.
        health=health.text("Status") if health.has("Status") and not restarting else "",
        last_check=str(log[-1].get("ExitCode", "none yet")),
        restarts=found.integer("RestartCount"),
        running=docker.runs(state),
        restarting=restarting,
        exit_code=state.integer("ExitCode"),
    )
