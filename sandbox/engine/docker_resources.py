"""Networks, volumes and containers as the embedded engine requests them. What is as requested stays.

It arrives on a host's standard input in the agent's place (components/plan/request.ts), and nothing of it stays there.
"""

import contextlib
import json
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType

from phiward_host.common import docker
from phiward_host.common.decode import Fields, as_object, list_of, optional
from phiward_host.common.errors import Failed
from phiward_host.containers import lifecycle

# Label with the hash of what a container was requested with.
INPUTS = "phiward.inputs"
SWEEP_GRACE_SECONDS = 30
# `unchanged` or `changed`; a sweep answers the names of what it removed, several requests each of theirs.
Status = str | list[str]


def network(wanted: Fields) -> Status:
    """Creates a network; one with other settings is removed first."""
    path = f"/networks/{docker.quote(wanted.text('name'))}"
    answer = docker.ask("GET", path, allowed=(404,))
    if answer is not None:
        found = Fields.of(answer, "network").values
        if found["Internal"] == wanted.flag("internal") and found["Options"] == wanted.child("options").values:
            return "unchanged"
        docker.ask("DELETE", path)
    request = {
        "Name": wanted.text("name"),
        "Driver": wanted.text("driver"),
        "Internal": wanted.flag("internal"),
        "EnableIPv6": wanted.flag("ipv6"),
        "Options": wanted.child("options").values,
        "Labels": _labels(wanted),
    }
    docker.ask("POST", "/networks/create", request)
    return "changed"


def volume(wanted: Fields) -> Status:
    """Creates a volume unless there is one of this name."""
    if docker.ask("GET", f"/volumes/{docker.quote(wanted.text('name'))}", allowed=(404,)) is not None:
        return "unchanged"
    docker.ask("POST", "/volumes/create", {"Name": wanted.text("name"), "Labels": _labels(wanted)})
    return "changed"


def container(wanted: Fields) -> Status:
    """Keeps a healthy container that was requested with the same inputs; replaces any other of its name.

    After a restart of Docker the health of a container that went on all the time is not known for a while.
    """
    name, request = wanted.text("name"), wanted.child("request")
    answer = docker.ask("GET", f"/containers/{docker.quote(name)}/json", allowed=(404,))
    if answer is not None:
        if _is_as_requested(Fields.of(answer, f"container {name}"), wanted.text("hash")):
            with contextlib.suppress(Failed):
                lifecycle.await_healthy(name, wanted.integer("seconds"))
                return "unchanged"
        lifecycle.remove(name, wanted.integer("grace"))
    labels = {**request.child("Labels").values, INPUTS: wanted.text("hash")}
    lifecycle.start_healthy(name, {**request.values, "Labels": labels}, wanted.integer("seconds"))
    return "changed"


def sweep(wanted: Fields) -> Status:
    """Removes what the program no longer declares, as Pulumi does last of all.

    A host that has no container to keep, and whose engine was taken down or never installed, has nothing to remove.
    """
    if not wanted.texts("containers") and not _engine_runs():
        return []
    filters = docker.quote(json.dumps({"label": ["phiward.service"]}))
    containers = _listed(f"/containers/json?all=true&filters={filters}")
    names = [each.texts("Names")[0].lstrip("/") for each in containers]
    removed = [name for name in names if name not in wanted.texts("containers")]
    for name in removed:
        lifecycle.remove(name, SWEEP_GRACE_SECONDS)
    for name in [each.text("Name") for each in _listed(f"/networks?filters={filters}")]:
        if name not in wanted.texts("networks"):
            docker.ask("DELETE", f"/networks/{docker.quote(name)}")
            removed.append(name)
    return removed


def _engine_runs() -> bool:
    try:
        docker.ask_text("GET", "/_ping")
    except OSError:
        return False
    return True


def _labels(wanted: Fields) -> dict[str, str]:
    entries = wanted.items("labels", Fields.of)
    return {entry.text("label"): entry.text("value") for entry in entries}


def _is_as_requested(found: Fields, inputs: str) -> bool:
    labels = found.child("Config").read("Labels", optional(as_object)) or {}
    return labels.get(INPUTS) == inputs and found.child("State").flag("Running")


def _listed(path: str) -> list[Fields]:
    return list_of(Fields.of)(docker.ask("GET", path), path.partition("?")[0])


def together(wanted: Fields) -> Status:
    """Networks and volumes, in their order; answers the status of each."""
    return [str(KINDS[each.text("kind")](each.child("wanted"))) for each in wanted.items("requests", Fields.of)]


KINDS: Mapping[str, Callable[[Fields], Status]] = MappingProxyType(
    {"network": network, "volume": volume, "container": container, "sweep": sweep, "all": together}
)


def answer_request(body: bytes, _: str) -> int:
    """Prints `{"status": …}`. Exit code 1, with the reason on standard error, where it failed."""
    fields = Fields.of(json.loads(body), "request").child("request")
    try:
        answer = KINDS[fields.text("kind")](fields.child("wanted"))
    except (Failed, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps({"status": answer}, separators=(",", ":")))
    return 0
