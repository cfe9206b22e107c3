"""The images of this host's containers, and the files by which each tells its packages. Nothing of an image is run."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from phiward_host.common import docker
from phiward_host.common.decode import Fields, as_strs, list_of
from phiward_host.common.errors import Failed
from phiward_host.common.text import ascii_of
from phiward_host.containers import lifecycle

# A stack has a dozen.
MOST_IMAGES = 64
MOST_NAME = 200
ID = re.compile(r"sha256:[0-9a-f]{64}")
# One that is created of an image and never started: the Engine reads files of a container alone.
NAME, LABEL = "phiward-look", "phiward.look"
FILES = ("/usr/lib/os-release", "/etc/os-release", "/var/lib/dpkg/status", "/var/lib/dpkg/status.d")
MOST_BYTES = 64 << 20


@dataclass(frozen=True)
class Image:
    """`name` is as the stack has it, without its digest; `containers` are those that run it."""

    id: str
    name: str
    containers: tuple[str, ...]


def used(answer: object) -> list[Image]:
    """The images of containers, as the Engine lists them; those that look at others are left out."""
    found: dict[str, Image] = {}
    for entry in list_of(Fields.of)(answer, "containers"):
        image, name = entry.text("ImageID"), entry.read("Names", as_strs)[0].lstrip("/")[:MOST_NAME]
        if ID.fullmatch(image) is None or name == NAME:
            continue
        called = entry.text("Image").partition("@")[0]
        before = found.get(image, Image(image, called_or(name, called), ()))
        found[image] = Image(image, before.name, (*before.containers, name))
    return sorted(found.values(), key=lambda image: image.name)[:MOST_IMAGES]


def called_or(container: str, image: str) -> str:
    """An image's name in printable characters; the container's where it has none but its id."""
    name = container if image == "" or image.startswith("sha256:") or re.fullmatch("[0-9a-f]{12,64}", image) else image
    return ascii_of(name, MOST_NAME)


def listed() -> Sequence[Image]:
    """Raises Failed, OSError."""
    return used(docker.ask("GET", "/containers/json?all=true"))


def archives(image: Image) -> Mapping[str, bytes]:
    """The files of an image that tell its packages, each as an archive that was not looked into. Raises Failed."""
    lifecycle.remove(NAME, 0)
    request = {
        "Image": image.id,
        "Entrypoint": ["/nothing"],
        "Labels": {LABEL: ""},
        "HostConfig": {"NetworkMode": "none", "ReadonlyRootfs": True, "CapDrop": ["ALL"]},
    }
    try:
        docker.ask("POST", f"/containers/create?name={NAME}", request)
        found = {path: docker.archive(NAME, path, MOST_BYTES) for path in FILES}
    finally:
        lifecycle.remove(NAME, 0)
    return {path: data for path, data in found.items() if data is not None}


def archives_or_why(image: Image) -> tuple[Mapping[str, bytes], str]:
    """As `archives`; where it cannot be had, nothing, and why."""
    try:
        return archives(image), ""
    except (Failed, OSError) as error:
        return {}, str(error)
