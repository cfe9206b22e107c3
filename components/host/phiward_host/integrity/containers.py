"""What Docker holds that the stack does not declare."""

import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from phiward_host.common import docker, process
from phiward_host.common.decode import Fields, as_object, as_strs, list_of, optional
from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog
from phiward_host.integrity.finding import Finding

LOG = RootLog("integrity")
# While it starts, it answers once it has all containers.
ANSWER_SECONDS = 60
SERVICE = "phiward.service"
OF_DOCKER = frozenset({"bridge", "host", "none"})
# Of containers that run once and go: jobs of services, their first step, the throw-away server of a restore; and of one
# that is never run, by which an image is looked at.
ONE_OFF = ("phiward.job", "phiward.initialize", "phiward.smoke-test", "phiward.restore", "phiward.look")


@dataclass(frozen=True)
class Names:
    """What is declared, by name."""

    containers: Collection[str]
    networks: Collection[str]
    volumes: Collection[str]


def findings(names: Names) -> Iterator[Finding]:
    """Of this host; nothing where Docker is not installed. Raises Failed, OSError."""
    if shutil.which("docker", path=process.ENVIRONMENT["PATH"]) is None:
        return
    for entry in _listed(docker.ask("GET", "/containers/json?all=true", timeout=ANSWER_SECONDS)):
        yield from of_container(entry, names.containers)
    for entry in _listed(docker.ask("GET", "/networks", timeout=ANSWER_SECONDS)):
        name = entry.text("Name")
        if name not in names.networks and name not in OF_DOCKER:
            yield Finding("network of Docker", name)
    answer = Fields.of(docker.ask("GET", "/volumes", timeout=ANSWER_SECONDS), "volumes")
    for entry in answer.read("Volumes", lambda value, _: [] if value is None else _listed(value)):
        # That of a service that is not declared any more stays, for its data.
        labels = entry.read_or("Labels", optional(as_object), None) or {}
        if entry.text("Name") not in names.volumes and SERVICE not in labels:
            yield Finding("volume of Docker", entry.text("Name"))
    for entry in _listed(docker.ask("GET", "/plugins", timeout=ANSWER_SECONDS)):
        yield Finding("plugin of Docker", entry.text("Name"))


def of_container(entry: Fields, declared: Collection[str]) -> Iterator[Finding]:
    name = entry.read("Names", as_strs)[0].lstrip("/")
    labels = entry.read_or("Labels", optional(as_object), None) or {}
    host = entry.read_or("HostConfig", optional(as_object), None) or {}
    is_one_off = any(label in labels for label in ONE_OFF) and host.get("NetworkMode") != "host"
    if name not in declared and not is_one_off:
        yield Finding("container", name, entry.text("Image"))


def _listed(value: object) -> list[Fields]:
    return list_of(Fields.of)(value, "answer")


def findings_if_it_answers(names: Names) -> Iterator[Finding]:
    """As `findings`; that Docker does not answer is a finding of its own."""
    try:
        yield from findings(names)
    except (Failed, OSError) as error:
        LOG.write(f"Docker did not answer: {error}")
        yield Finding("Docker", "it does not answer, so what it holds is not known")
