"""What containers have mounted of this host and is there no more: `container-mounts outdated|restart CONTAINERS`.

A container keeps the file that was there when it started. One that was removed or replaced since, such as a password,
is not what the container reads, until it is started again. `outdated` prints a sentence for each such mount;
`restart` starts their containers again, one after the other and in the order given, each once the one before is
healthy. CONTAINERS is JSON: a container of another definition is about to be replaced, and is left alone.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from phiward_host.common import cli, docker, files, process
from phiward_host.common.decode import Fields, list_of
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.log import RootLog
from phiward_host.containers import lifecycle

LOG = RootLog("container-mounts")
USAGE = "container-mounts outdated|restart CONTAINERS"
# The first process of the host, which sees what Docker sees.
SYSTEM = "1"


@dataclass(frozen=True)
class Container:
    """A declared container."""

    name: str
    # SHA-256 of its definition, as its label has it.
    definition: str
    # How long it may take to become healthy.
    seconds: int

    @staticmethod
    def from_json(value: object, path: str) -> "Container":
        """One entry of CONTAINERS."""
        fields = Fields.of(value, path)
        return Container(fields.text("name"), fields.text("definition"), fields.integer("seconds"))


@dataclass(frozen=True)
class Mounted:
    """What is mounted: a device, by its numbers, and a path in its file system, which says so of what was removed."""

    device: str
    root: str


def outdated(container: Container) -> list[str]:
    """The paths on this host that a running container has mounted as they no longer are."""
    found = docker.ask("GET", f"/containers/{docker.quote(container.name)}/json", allowed=(404,))
    if found is None:
        return []
    fields = Fields.of(found, f"container {container.name}")
    labels = fields.child("Config").child("Labels").values
    pid = fields.child("State").integer("Pid")
    # One that does not run mounts what is there when it starts.
    if labels.get("phiward.definition") != container.definition or pid == 0:
        return []
    binds = [mount for mount in fields.items("Mounts", Fields.of) if mount.text("Type") == "bind"]
    inside = mounts_of(str(pid))
    here = mounts_of(SYSTEM)
    return [
        source
        for source, target in ((mount.text("Source"), mount.text("Destination")) for mount in binds)
        if inside.get(target) != expected(here, real_path(source))
    ]


def mounts_of(task: str) -> dict[str, Mounted]:
    """What a process sees mounted, by where: of several at one place the last, which hides the others."""
    argv = ["findmnt", "--list", "--json", "--output=TARGET,MAJ:MIN,FSROOT", "--task", task]
    done = process.run(argv)
    if done.code != 0:
        raise Failed(f"findmnt: {done.stderr.strip() or f'exit code {done.code}'}")
    entries = Fields.of(json.loads(done.stdout), "findmnt").items("filesystems", Fields.of)
    return {entry.text("target"): Mounted(entry.text("maj:min"), entry.text("fsroot")) for entry in entries}


def real_path(path: str) -> str:
    """A path without symbolic links, whether anything is there or not."""
    return process.run(["realpath", "--canonicalize-missing", "--", path]).stdout.removesuffix("\n")


def expected(here: Mapping[str, Mounted], path: str) -> Mounted:
    """What a mount of what is at `path` now is."""
    beneath = [place for place in here if place == "/" or f"{path}/".startswith(f"{place}/")]
    place = max(beneath, key=len, default="/")
    mounted = here[place]
    rest = path.removeprefix(place.rstrip("/"))
    return Mounted(mounted.device, f"{mounted.root.rstrip('/')}{rest}" or "/")


def sentences(containers: Sequence[Container]) -> Iterator[str]:
    for container in containers:
        for path in outdated(container):
            yield f"container {container.name} has an outdated mount of {path}"


def tell(containers: Sequence[Container]) -> int:
    """Prints what is outdated."""
    for sentence in sentences(containers):
        print(sentence)
    return cli.DONE


def restart(containers: Sequence[Container]) -> int:
    """Starts containers again whose mounts are outdated. Raises Failed where one does not become healthy."""
    for container in containers:
        paths = outdated(container)
        missing = [path for path in paths if not files.exists(path)]
        if missing:
            # It would be stopped and could not start.
            raise Failed(
                f"{container.name}: {', '.join(missing)}: missing on this host; the container was left as it is"
            )
        if paths:
            docker.ask("POST", f"/containers/{docker.quote(container.name)}/restart")
            lifecycle.await_healthy(container.name, container.seconds)
    return cli.DONE


ACTIONS: Mapping[str, Callable[[Sequence[Container]], int]] = MappingProxyType({"outdated": tell, "restart": restart})


def main(words: Sequence[str]) -> int:
    """Exit code 0: told, or none is outdated any more. 1: it could not be told, or a container is not healthy."""
    return cli.main("the program for containers' mounts", LOG, lambda: _main(words))


def _main(words: Sequence[str]) -> int:
    action, rest = cli.choose(words, ACTIONS, USAGE)
    if len(rest) != 1:
        raise Refused(f"found {len(rest)} words after {words[0]}, allowed: {USAGE}")
    try:
        return action(list_of(Container.from_json)(json.loads(rest[0]), "containers"))
    except OSError as error:
        raise Failed(f"{error.filename or 'container-mounts'}: {error.strerror}") from error
