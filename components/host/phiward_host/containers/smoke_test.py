"""Starts a database's image on temporary data before it gets the real data: `smoke-test run|accepted NAME`.

An image that passed is recorded with the hash of its container's definition, and is not tested again.
"""

import os
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from phiward_host.common import cli, docker, files, records, trees
from phiward_host.common.decode import Fields, as_int, as_list, as_object, optional
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.log import RootLog
from phiward_host.containers import lifecycle

LOG = RootLog("smoke-test")
USAGE = "smoke-test run|accepted NAME"
SETTINGS = "/etc/phiward/trial.json"
ACCEPTED = "/var/lib/phiward/trials"
SCRATCH = "/run/phiward/trial"
# More than a version takes.
VERSION_BYTES = 64


@dataclass(frozen=True)
class Versions:
    """How the versions of image and data are found out, and which one is allowed."""

    # The product's own name, as messages have it.
    product: str
    major: str
    # Volume with the real data.
    volume: str
    # Prints the version of the server; it runs in a container of the image.
    command: Sequence[str]
    # File in the volume in which the server writes the version of its data.
    data_file: str
    # An image that is allowed, without its digest.
    example_image: str

    @staticmethod
    def from_json(value: object, path: str) -> "Versions":
        """`versions` of an entry of the settings."""
        fields = Fields.of(value, path)
        return Versions(
            product=fields.text("product"),
            major=fields.text("major"),
            volume=fields.text("volume"),
            command=fields.texts("command"),
            data_file=fields.text("dataFile"),
            example_image=fields.text("exampleImage"),
        )

    def judge(self, name: str, image: str, data: str | None) -> None:
        """Raises Failed unless the image is of the allowed version, and the data too if there is any."""
        if image != self.major:
            raise Failed(
                f"{name}: the image is {self.product} {image}, allowed: an image of {self.product} {self.major}, "
                f"such as {self.example_image}@sha256:..."
            )
        if data not in (None, image):
            raise Failed(
                f"{name}: its data was written by {self.product} {data} and the image is {self.product} {image}: "
                "dump with the old one, restore with the new"
            )


@dataclass(frozen=True)
class SmokeTest:
    """What one image is tested with."""

    # SHA-256 of the definition of the container that it is for.
    definition: str
    # Body of POST /containers/create.
    request: Mapping[str, object]
    # Paths in the container at which it expects secrets; it gets random ones.
    secrets: Sequence[str]
    # User and group that read the secrets.
    owner: tuple[int, int]
    seconds: int
    # None for an engine whose newer versions read the data of older ones.
    versions: Versions | None

    @staticmethod
    def from_json(value: object, path: str) -> "SmokeTest":
        """One entry of the settings."""
        fields = Fields.of(value, path)
        owner = fields.items("owner", as_int)
        if len(owner) != 2:
            raise Refused(f"{path}.owner: found {len(owner)} numbers, allowed: user and group")
        return SmokeTest(
            definition=fields.text("definition"),
            request=fields.read("request", as_object),
            secrets=fields.texts("secrets"),
            owner=(owner[0], owner[1]),
            seconds=fields.integer("seconds"),
            versions=fields.read("versions", optional(Versions.from_json)),
        )


def run(name: str, test: SmokeTest) -> None:
    """Raises Failed unless the image becomes healthy and can read the data that is there."""
    container, scratch = f"phiward-trial-{name}", f"{SCRATCH}/{name}"
    trees.remove_tree(scratch)
    files.make_directory(scratch)
    try:
        lifecycle.remove(container, 0)
        mounts = [_secret_mount(scratch, target, test.owner) for target in test.secrets]
        lifecycle.start_healthy(container, _with_mounts(test.request, mounts), test.seconds)
        if test.versions is not None:
            image = major_of_image(container, test.versions.command)
            test.versions.judge(name, image, major_of_data(test.versions))
    finally:
        lifecycle.remove(container, 0)
        trees.remove_tree(scratch)


def _secret_mount(scratch: str, target: str, owner: tuple[int, int]) -> dict[str, object]:
    """A random secret as a mount at `target`."""
    source = f"{scratch}/{os.path.basename(target)}"
    files.write(source, secrets.token_hex(16), owner=owner, mode=0o400)
    return {"Type": "bind", "Source": source, "Target": target, "ReadOnly": True}


def _with_mounts(request: Mapping[str, object], more: Sequence[object]) -> dict[str, object]:
    host = Fields.of(request.get("HostConfig"), "request.HostConfig")
    return {**request, "HostConfig": {**host.values, "Mounts": [*host.read("Mounts", as_list), *more]}}


def major_of_data(versions: Versions) -> str | None:
    """The major version of the server that wrote the volume; None if nothing did yet."""
    found = docker.ask("GET", f"/volumes/{docker.quote(versions.volume)}", allowed=(404,))
    if found is None:
        return None
    mountpoint = Fields.of(found, f"volume {versions.volume}").text("Mountpoint")
    try:
        return _major(files.read_beneath(mountpoint, versions.data_file, VERSION_BYTES).decode("ascii", "replace"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Failed(f"{mountpoint}/{versions.data_file}: {error.strerror}") from error


def major_of_image(container: str, command: Sequence[str]) -> str:
    """The major version that `command` prints in a running container."""
    request = {"Cmd": [*command], "AttachStdout": True, "Tty": True}
    created = Fields.of(docker.ask("POST", f"/containers/{docker.quote(container)}/exec", request), "exec")
    return _major(docker.ask_text("POST", f"/exec/{created.text('Id')}/start", {"Tty": True}))


def _major(text: str) -> str:
    """The first word that begins with a digit, up to its first dot; `unknown` where that is no short number."""
    first = next((word.split(".")[0] for word in text.split() if word[:1].isdigit()), "")
    return first if re.fullmatch("[0-9]{1,4}", first) else "unknown"


def _run(name: str, test: SmokeTest) -> int:
    try:
        run(name, test)
    except (Failed, OSError) as error:
        raise Failed(
            f"the image of {name} failed its smoke test on temporary data: {error}; the data was not touched"
        ) from error
    records.write(f"{ACCEPTED}/{name}", test.definition, LOG)
    return cli.DONE


def _accepted(name: str, test: SmokeTest) -> int:
    return cli.DONE if files.read_text_if_any(f"{ACCEPTED}/{name}") == test.definition else cli.FAILED


ACTIONS: Mapping[str, Callable[[str, SmokeTest], int]] = MappingProxyType({"run": _run, "accepted": _accepted})


def main(words: Sequence[str]) -> int:
    """Exit code 0: the image passed, now or before. 1: it did not."""
    cli.end_on_sigterm()
    return cli.main("the smoke test", LOG, lambda: _main(words))


def _main(words: Sequence[str]) -> int:
    action, rest = cli.choose(words, ACTIONS, USAGE)
    if len(rest) != 1:
        raise Refused(f"found {len(rest)} words after {words[0]}, allowed: {USAGE}")
    name = rest[0]
    return action(name, Fields.of(files.read_json(SETTINGS), "smoke tests").read(name, SmokeTest.from_json))
