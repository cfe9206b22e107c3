"""Containers: as Docker says, if it answers; as its files and the kernel have them in any case."""

import json
import time

from phiward_host.common import docker
from phiward_host.common.decode import as_list, as_object
from phiward_host.common.errors import Failed
from phiward_host.evidence import proc, reading
from phiward_host.evidence.asked import Asked
from phiward_host.evidence.sink import Sink

TOP = "/var/lib/docker"
ANSWER_SECONDS, ALL_SECONDS = 4.0, 25.0
LISTS = ("/version", "/info", "/images/json?all=true", "/networks", "/volumes", "/plugins")
# A container's own files, whose names are its id.
SETTINGS = ("config.v2.json", "hostconfig.json")
MOST_CONTAINERS, MOST_CHANGED = 300, 20_000
# Containers' engines, by what their scopes are called; an id has 64 hexadecimal digits.
ID_DIGITS = 64


def without_values(value: object) -> object:
    """The same without the values of an environment, at any depth that an engine writes: they may be secrets."""
    text = json.dumps(value)
    found: object = json.loads(text, object_hook=_named)
    return found


def _named(found: dict[str, object]) -> dict[str, object]:
    env = found.get("Env")
    if isinstance(env, list):
        return found | {"Env": [str(row).partition("=")[0] for row in as_list(found["Env"], "Env")]}
    return found


def containers(sink: Sink, _: Asked) -> None:
    """What Docker answers within a bound, then the same without it."""
    sink.item("containers", f"Docker's API, each answer within {ANSWER_SECONDS:.0f} s: inspect, changes, top")
    limit = time.monotonic() + ALL_SECONDS
    ids = _listed(sink)
    outcome = "whole" if ids is not None else "Docker does not answer: the next item is by its files"
    for path in LISTS if ids is not None else ():
        sink.line({"path": path, "answer": without_values(_asked(path))})
    for number in ids or ():
        if time.monotonic() > limit:
            outcome = f"cut off: not all within {ALL_SECONDS:.0f} s"
            break
        for word in ("json", "changes", "top"):
            sink.line(
                {
                    "path": f"/containers/{number}/{word}",
                    "answer": without_values(_asked(f"/containers/{number}/{word}")),
                }
            )
    sink.end(outcome)
    sink.trace(asked="Docker's API, which logs nothing of it", socket=docker.SOCKET)


def _listed(sink: Sink) -> list[str] | None:
    try:
        answer = docker.ask("GET", "/containers/json?all=true", timeout=ANSWER_SECONDS)
    except (Failed, OSError, ValueError) as error:
        sink.line({"path": "/containers/json", "failed": str(error) or type(error).__name__})
        return None
    sink.line({"path": "/containers/json", "answer": answer})
    rows = [as_object(row, "container") for row in as_list(answer, "containers")]
    return [str(row.get("Id", "")) for row in rows][:MOST_CONTAINERS]


def _asked(path: str) -> object:
    try:
        return docker.ask("GET", path, timeout=ANSWER_SECONDS)
    except (Failed, OSError, ValueError) as error:
        return {"failed": str(error) or type(error).__name__}


def on_disk() -> list[dict[str, object]]:
    """Each container by the engine's own files: its name, image and whether it is said to run."""
    found: list[dict[str, object]] = []
    for number in reading.names(f"{TOP}/containers")[:MOST_CONTAINERS]:
        row: dict[str, object] = {"id": number}
        for name in SETTINGS:
            try:
                row[name] = without_values(json.loads(reading.content(f"{TOP}/containers/{number}/{name}", 4 << 20)))
            except (OSError, ValueError) as error:
                row[name] = {"failed": type(error).__name__}
        found.append(row)
    return found


def by_kernel() -> dict[str, list[int]]:
    """Processes by the container that their control group is of: what runs, whatever an engine says."""
    found: dict[str, list[int]] = {}
    for pid in proc.pids():
        for word in reading.text(f"/proc/{pid}/cgroup").replace("/", " ").replace("-", " ").replace(".", " ").split():
            if len(word) == ID_DIGITS and all(digit in "0123456789abcdef" for digit in word):
                found.setdefault(word, []).append(pid)
    return found


def container_files(sink: Sink, _: Asked) -> None:
    """The same without Docker, and what containers wrote over their images: paths and times, no contents."""
    sink.item("container-files", f"{TOP}/containers, control groups")
    for row in on_disk():
        sink.line(row)
    for number, pids in by_kernel().items():
        sink.line({"id": number, "pids": pids})
    sink.end()
    sink.item("container-changes", f"{TOP}: what is in the topmost layers, at most {MOST_CHANGED} paths")
    count = 0
    for layers in (
        f"{TOP}/overlay2",
        f"{TOP}/rootfs/overlayfs",
        "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots",
    ):
        for layer in reading.names(layers):
            # Only what is mounted to be written has a directory for the work of it.
            top = next(
                (f"{layers}/{layer}/{name}" for name in ("diff", "fs") if reading.status(f"{layers}/{layer}/{name}")),
                "",
            )
            if top == "" or reading.status(f"{layers}/{layer}/work") is None:
                continue
            for path, status in reading.walk([top], most=2000):
                count += 1
                if count <= MOST_CHANGED:
                    sink.line(reading.described(path, status))
    sink.end("whole" if count <= MOST_CHANGED else f"cut off at {MOST_CHANGED} paths", paths=count)
