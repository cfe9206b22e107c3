"""What bodies of Docker's API ask for, held against what the program declares (services/dockerArguments.ts).

Each field of a body is one that declared resources set, with a value that they set it to, or is empty, as providers
send the fields that they leave alone: whatever else Docker knows, now or later, is refused. Docker reads names without
regard to case, so another spelling of a field is refused too. Messages name fields and repeat no value, which may be
a secret.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import cast
from urllib.parse import parse_qsl

from phiward_host.common.errors import Refused

Judge = Callable[[object], bool]

# As names.ts, containerIds.ts and config/names.ts have them.
_NETWORK = r"phiward-[a-z0-9-]+(\.internet)?"
_BRIDGE = "com.docker.network.bridge."
_CONTAINER_ID = r"[12][0-9]{4}"
_BIND = r"/(etc/phiward/services|var/lib/phiward/services)(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+"
# As containers/secrets/launcher.ts has it.
_LAUNCHER = ["/run/phiward/busybox", "sh", "/run/phiward/launch"]
_TEMPORARY = r"rw,noexec,nosuid,nodev(,(mode|uid|gid)=[0-9]+|,size=[0-9]+[km]?)*"


def judge(path: str, query: str, body: bytes) -> None:
    """Refuses a POST to `path`, without its version, by which something would be as no declared resource is.

    Raises Refused.
    """
    shape, words = _asked(path)
    found = parse_qsl(query, keep_blank_values=True, strict_parsing=query != "")
    for name, _ in found:
        if name not in words:
            raise _refused(f"?{name}")
    if path == "/images/create" and "fromImage" not in dict(found):
        raise _refused("no ?fromImage")
    if shape is None:
        if body:
            raise _refused("a body")
        return
    value = _read(body)
    if not shape(value):
        raise _refused("a body other than an object")


def _asked(path: str) -> tuple[Judge | None, tuple[str, ...]]:
    for pattern, shape, words in _BODIES:
        if re.fullmatch(pattern, path):
            return shape, words
    return None, ("t", "signal", "condition", "name", "fromImage", "tag", "platform")


def _refused(what: str) -> Refused:
    return Refused(f"found {what[:80]} for Docker, allowed: what declared containers, networks and volumes have")


def _read(body: bytes) -> object:
    try:
        return json.loads(body.decode(), object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise _refused("a body that is not JSON") from None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({name.casefold() for name, _ in pairs}) < len(pairs):
        raise _refused("a field twice")
    return dict(pairs)


def _is_empty(value: object) -> bool:
    return value in (None, False, 0, "") or value == [] or value == {}


def _object(fields: Mapping[str, Judge], needed: tuple[str, ...] = ()) -> Judge:
    """An object with these fields, and else empty ones. Raises Refused with the name of the first that is not."""
    folded = {name.casefold() for name in fields}

    def judged(value: object) -> bool:
        members = _members(value)
        for name, member in (members or {}).items():
            otherwise_spelled = name not in fields and name.casefold() in folded
            if otherwise_spelled or not fields.get(name, _is_empty)(member):
                raise _refused(f"the field {name}")
        for name in needed:
            if name not in (members or {}):
                raise _refused(f"no field {name}")
        return members is not None

    return judged


def _members(value: object) -> dict[str, object] | None:
    # JSON's names are strings.
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def _text(pattern: str) -> Judge:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _is(*allowed: object) -> Judge:
    return lambda value: any(type(value) is type(each) and value == each for each in allowed)


def _or_empty(judged: Judge) -> Judge:
    return lambda value: _is_empty(value) or judged(value)


def _each(judged: Judge) -> Judge:
    return lambda value: isinstance(value, list) and all(map(judged, cast("list[object]", value)))


def _map(names: str, judged: Judge) -> Judge:
    def all_are(value: object) -> bool:
        members = _members(value)
        return members is not None and all(
            re.fullmatch(names, name) is not None and judged(member) for name, member in members.items()
        )

    return all_are


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _limits(value: object) -> bool:
    """Memory without swap: a limit of its own for swap would lift that of memory."""
    members = _members(value) or {}
    return members.get("MemorySwap", 0) == members.get("Memory", 0)


def _both(first: Judge, second: Judge) -> Judge:
    return lambda value: first(value) and second(value)


_texts = _each(_text(r"(?s).*"))
_labels = _or_empty(_map(r"(?s).*", _text(r"(?s).*")))
_restart = _or_empty(_object({"Name": _is("unless-stopped", "no", "")}))
_volume_options = _or_empty(_object({"NoCopy": _is(True), "DriverConfig": _or_empty(_object({}))}))
_bind = _object(
    {"Type": _is("bind"), "Source": _text(_BIND), "Target": _text("/.+"), "ReadOnly": _is(True)},
    ("Type", "Source", "Target", "ReadOnly"),
)
_volume = _object(
    {
        "Type": _is("volume"),
        "Source": _text(r"phiward-[a-z0-9.-]+"),
        "Target": _text("/.+"),
        "VolumeOptions": _volume_options,
    },
    ("Type", "Source", "Target"),
)


def _mount(value: object) -> bool:
    return (_bind if (_members(value) or {}).get("Type") == "bind" else _volume)(value)


_endpoint = _or_empty(_object({"IPAMConfig": _or_empty(_object({})), "Aliases": _or_empty(_texts)}))
_published = _each(_object({"HostIp": _is("127.0.0.1"), "HostPort": _text(r"2[0-9]{4}")}, ("HostIp", "HostPort")))
_host = _object(
    {
        "ReadonlyRootfs": _is(True),
        "CapDrop": _is(["ALL"]),
        "SecurityOpt": _is(["no-new-privileges:true"]),
        "Mounts": _or_empty(_each(_mount)),
        "Tmpfs": _or_empty(_map("/.+", _text(_TEMPORARY))),
        "ShmSize": _is_count,
        "Memory": _is_count,
        "MemorySwap": _is_count,
        "NanoCpus": _is_count,
        "CgroupParent": _text(r"(phiward-[a-z0-9_]+\.slice)?"),
        "NetworkMode": _text(rf"{_NETWORK}|none"),
        "Dns": _or_empty(_is(["127.0.0.1"])),
        "PortBindings": _or_empty(_map(r"[0-9]+/tcp", _published)),
        "Init": _or_empty(_is(True)),
        "RestartPolicy": _restart,
        "LogConfig": _or_empty(_object({})),
        "ConsoleSize": _is([0, 0]),
        # Empty, these would uncover what Docker covers of /proc and /sys.
        "MaskedPaths": _is(None),
        "ReadonlyPaths": _is(None),
    },
    ("ReadonlyRootfs", "CapDrop", "SecurityOpt", "NetworkMode"),
)
_container = _object(
    {
        "Image": _text("[A-Za-z0-9][A-Za-z0-9_.:/@-]*"),
        "User": _text(f"{_CONTAINER_ID}:{_CONTAINER_ID}"),
        "Cmd": _or_empty(_texts),
        "Entrypoint": _or_empty(_is(_LAUNCHER)),
        "Env": _or_empty(_texts),
        "Labels": _labels,
        # It runs in the container, as its user.
        "Healthcheck": _or_empty(lambda value: _members(value) is not None),
        "StopSignal": _text("[A-Z0-9+-]*"),
        "StopTimeout": _or_empty(_is_count),
        "ExposedPorts": _or_empty(_map("[0-9]+/tcp", _is({}))),
        "HostConfig": _both(_host, _limits),
        "NetworkingConfig": _or_empty(_object({"EndpointsConfig": _or_empty(_map(_NETWORK, _endpoint))})),
    },
    ("Image", "User", "HostConfig"),
)
_options = _map(
    rf"{re.escape(_BRIDGE)}(enable_ip_masquerade|name)",
    _text(r"true|false|br-inet-[0-9a-f]{6}"),
)
_network = _object(
    {
        "Name": _text(_NETWORK),
        "Driver": _is("bridge"),
        "Internal": _is(True, False),
        "EnableIPv4": _is(None, True),
        "CheckDuplicate": _is(True, False),
        "IPAM": _or_empty(_object({"Driver": _is("default", "")})),
        "Options": _or_empty(_options),
        "Labels": _labels,
    },
    ("Name", "Driver"),
)
_change = _object(
    {"Memory": _is_count, "MemorySwap": _is_count, "RestartPolicy": _restart},
)
# Of each path: its body, and the words of its query.
_BODIES: tuple[tuple[str, Judge, tuple[str, ...]], ...] = (
    ("/containers/create", _container, ("name", "platform")),
    ("/containers/[^/]+/update", _both(_change, _limits), ()),
    ("/networks/create", _network, ()),
    (f"/networks/{_NETWORK}/connect", _object({"Container": _text("[^/]+"), "EndpointConfig": _endpoint}), ()),
    ("/networks/[^/]+/disconnect", _object({"Container": _text("[^/]+"), "Force": _is(True, False)}), ()),
    (
        "/volumes/create",
        _object({"Name": _text(r"phiward-[a-z0-9.-]+"), "Driver": _is("", "local"), "Labels": _labels}, ("Name",)),
        (),
    ),
)
