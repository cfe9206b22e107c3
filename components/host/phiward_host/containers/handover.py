"""Services of which one container runs at a time: `handover settled|begin SERVICES`, `handover watch HANDOVER`.

`begin` stops the container that runs, before the deploy makes the next one, and runs its init step. A unit of its own
watches for the next one (`watch`): the former one is started again unless that becomes healthy, whatever became of the
deploy. Docker starts the former one itself at a boot in between. `settled` tells whether no container but the declared
one runs, and whether that is initialized.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from phiward_host.common import cli, docker, paths, process
from phiward_host.common.decode import Fields, as_int, as_str, list_of, optional
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.log import RootLog
from phiward_host.containers import initialize, lifecycle, one_off

LOG = RootLog("handover")
USAGE = "handover settled|begin SERVICES or handover watch HANDOVER"
POLL_SECONDS = 1.0
# Until a deploy has made the next container: others may have to become healthy before.
APPEAR_SECONDS = 300
# What whoever deploys may take longer to see that a container is healthy than it takes.
SPARE_SECONDS = 15
RESTART_POLICY = "unless-stopped"
ENDING_TRIES = 5


@dataclass(frozen=True)
class Service:
    """A service, the container that is declared for it, and how long that may take to become healthy."""

    service: str
    name: str
    seconds: int
    # How long its init step may take; 0 where it has none.
    initializing: int = 0

    @staticmethod
    def from_json(value: object, path: str) -> "Service":
        """One entry of SERVICES."""
        fields = Fields.of(value, path)
        initializing = fields.read_or("initializing", as_int, 0)
        return Service(fields.text("service"), fields.text("name"), fields.integer("seconds"), initializing)


@dataclass(frozen=True)
class Handover:
    """What `watch` is told."""

    service: Service
    # Ids of the containers that were stopped.
    former: Sequence[str]
    # Id of a container of the declared name that was not healthy before: the deploy makes another, or that one
    # becomes healthy now.
    unhealthy: str | None

    @staticmethod
    def from_json(value: object, path: str) -> "Handover":
        """As `to_json` has it."""
        fields = Fields.of(value, path)
        return Handover(
            fields.read("service", Service.from_json),
            fields.texts("former"),
            fields.read("unhealthy", optional(as_str)),
        )

    def to_json(self) -> dict[str, object]:
        """For the words of the unit."""
        return {"service": vars(self.service), "former": [*self.former], "unhealthy": self.unhealthy}


def running_beside(service: Service) -> list[str]:
    """Ids of the running containers of a service but for the declared one."""
    filters = docker.quote(json.dumps({"label": [f"phiward.service={service.service}"]}))
    found = list_of(Fields.of)(docker.ask("GET", f"/containers/json?filters={filters}"), "containers")
    return [entry.text("Id") for entry in found if f"/{service.name}" not in entry.texts("Names")]


def begin(services: Sequence[Service]) -> int:
    """Stops what runs in the place of a declared container. Raises Failed, and it runs again then."""
    for service in services:
        former = running_beside(service)
        if former:
            _begin(service, former)
        else:
            _initialize(service)
    return cli.DONE


def _initialize(service: Service) -> None:
    if service.initializing:
        initialize.run(service.service, initialize.declared()[service.service])


def _begin(service: Service, former: Sequence[str]) -> None:
    declared = _inspect(service.name)
    unhealthy = None if declared is None or _verdict(declared) == "healthy" else declared.text("Id")
    handover = Handover(service, former, unhealthy)
    unit = f"phiward-handover-{service.service}"
    # An earlier one, of a deploy that was cut off.
    process.run(["systemctl", "stop", f"{unit}.service"])
    for id in former:
        _restart_policy(id, "always")
    try:
        _start_watch(unit, handover)
        for id in former:
            # In the time that it was given to stop.
            docker.ask("POST", f"/containers/{docker.quote(id)}/stop", allowed=(304, 404))
        _initialize(service)
    except BaseException:
        process.run(["systemctl", "stop", f"{unit}.service"])
        give_back(handover)
        raise


def _start_watch(unit: str, handover: Handover) -> None:
    program = ["/usr/bin/python3", "-I", paths.ARCHIVE, "handover", "watch", json.dumps(handover.to_json())]
    about = f"--description=Watch the new container of {handover.service.service}"
    retried = ["--property=Restart=on-failure", "--property=RestartSec=5"]
    done = process.run(["systemd-run", "--quiet", "--collect", f"--unit={unit}", about, *retried, *program])
    if done.code != 0:
        raise Failed(f"{unit}: could not be started: {done.stderr.strip()}")


def watch(handover: Handover) -> None:
    """Waits until the declared container is healthy; the former ones run again where it does not become that."""
    service, began = handover.service, time.monotonic()
    limit = began + APPEAR_SECONDS + service.initializing
    seen = False
    while True:
        state = _inspect(service.name)
        verdict = None if state is None else _verdict(state)
        if verdict == "healthy":
            # They go at the end of the deploy; until then no boot starts them.
            for id in handover.former:
                _restart_policy(id, "no")
            print(f"{service.name} is healthy")
            return
        if state is not None and state.text("Id") != handover.unhealthy:
            if verdict is not None:
                break
            if not seen:
                seen, limit = True, time.monotonic() + service.seconds + SPARE_SECONDS
        if time.monotonic() > limit:
            break
        time.sleep(POLL_SECONDS)
    print(
        f"{service.name} {'did not become healthy' if seen else 'was not made'}: the former container is started again"
    )
    give_back(handover)


def _verdict(found: Fields) -> str | None:
    """`healthy` or `failed`; None while that is to be seen."""
    state = found.child("State")
    if found.integer("RestartCount") >= docker.RESTARTS and not docker.runs(state):
        return "failed"
    if state.flag("Restarting") or state.text("Status") == "created":
        return None
    health = state.child("Health").text("Status") if state.has("Health") else ""
    if not state.flag("Running") or health == "unhealthy":
        return "failed"
    return "healthy" if health == "healthy" else None


def give_back(handover: Handover) -> None:
    """Starts the former containers again, once the declared one and its init step are stopped."""
    if handover.service.initializing:
        lifecycle.remove(initialize.container_of(handover.service.service), one_off.GRACE_SECONDS)
    docker.ask("POST", f"/containers/{docker.quote(handover.service.name)}/stop", allowed=(304, 404))
    for id in handover.former:
        _restart_policy(id, RESTART_POLICY)
        docker.ask("POST", f"/containers/{docker.quote(id)}/start", allowed=(304, 404))


def _restart_policy(id: str, policy: str) -> None:
    """Raises Failed. The Engine refuses it in the moment in which a container ends, and takes it in the next one."""
    path, wanted = f"/containers/{docker.quote(id)}/update", {"RestartPolicy": {"Name": policy}}
    for left in reversed(range(ENDING_TRIES)):
        try:
            docker.ask("POST", path, wanted, allowed=(404,))
            return
        except Failed as error:
            if left == 0 or "not running" not in str(error):
                raise
            time.sleep(POLL_SECONDS)


def _inspect(name: str) -> Fields | None:
    found = docker.ask("GET", f"/containers/{docker.quote(name)}/json", allowed=(404,))
    return None if found is None else Fields.of(found, f"container {name}")


def settled(services: Sequence[Service]) -> int:
    """Whether of each service none but the declared container runs. Which does goes to standard error."""
    beside = [service for service in services if running_beside(service)]
    for service in beside:
        cli.complain(f"a container of {service.service} runs that is not {service.name}")
    waiting = [service for service in services if not _is_initialized(service)]
    for service in waiting:
        cli.complain(f"the init step of {service.service} has not succeeded for {service.name}")
    return cli.FAILED if beside or waiting else cli.DONE


def _is_initialized(service: Service) -> bool:
    step = initialize.declared().get(service.service) if service.initializing else None
    return step is None or initialize.is_done(service.service, step)


ACTIONS: Mapping[str, Callable[[Sequence[Service]], int]] = MappingProxyType({"settled": settled, "begin": begin})


def main(words: Sequence[str]) -> int:
    """Exit code 0: done, or nothing is to be done. 1: it failed, or a former container runs."""
    return cli.main("the program for handovers", LOG, lambda: _main(words))


def _main(words: Sequence[str]) -> int:
    action, rest = cli.choose(words, {**ACTIONS, "watch": None}, USAGE)
    if len(rest) != 1:
        raise Refused(f"found {len(rest)} words after {words[0]}, allowed: {USAGE}")
    try:
        if action is None:
            watch(Handover.from_json(json.loads(rest[0]), "handover"))
            return cli.DONE
        return action(list_of(Service.from_json)(json.loads(rest[0]), "services"))
    except OSError as error:
        raise Failed(f"Docker does not answer ({error})") from error
