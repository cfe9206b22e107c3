"""What a deploy may have Docker make: a container that is confined as ours are. Anything else would be root's own.

Docker takes the names of fields in upper or lower case, and the last of several.
"""

import json
import re
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import cast

from phiward_host.common.errors import Refused

# Where bind mounts of ours come from: a service's configuration and its secrets.
SOURCES = ("/etc/phiward/services/", "/var/lib/phiward/services/")
USER = re.compile(r"[1-9][0-9]*(:[1-9][0-9]*)?")
# Of a container's HostConfig: no container of ours has any of these.
NEVER = (
    *("privileged", "capadd", "devices", "devicerequests", "devicecgrouprules", "volumesfrom", "sysctls"),
    *("blkiodeviceweight", "volumedriver", "groupadd", "maskedpaths", "readonlypaths", "links", "publishallports"),
)
MODES = ("networkmode", "pidmode", "ipcmode", "utsmode", "usernsmode", "cgroupnsmode")


def require_confined(target: str, body: bytes) -> None:
    """Raises Refused for a request to make what no deploy needs."""
    path, _, query = target.partition("?")
    if path.endswith("/images/create") and "fromsrc" in {
        name.casefold() for name in urllib.parse.parse_qs(query, True)
    }:
        raise Refused("found an image in a request, which no deploy needs")
    if path.endswith("/containers/create"):
        _require_container(_parsed(body))
    if path.endswith("/volumes/create"):
        _require(not _parsed(body).get("driveropts"), "a volume with options of its driver")
        _require(_parsed(body).get("driver") in (None, "", "local"), "a volume of another driver")
    if path.endswith("/update") and body:
        _require_none(_parsed(body))


def _require_container(fields: Mapping[str, object]) -> None:
    host = _object(fields.get("hostconfig"))
    user = fields.get("user")
    _require(isinstance(user, str) and USER.fullmatch(user) is not None, "a container without a number that it runs as")
    _require_none(host)
    for mode in MODES:
        words = str(host.get(mode) or "")
        _require(words != "host" and ":" not in words, f"a container with {mode} {words[:40]!r}")
    options = [str(option) for option in _list(host.get("securityopt"))]
    _require(all(option.startswith("no-new-privileges") for option in options), "a security option of another kind")
    _require("no-new-privileges:true" in options or "no-new-privileges" in options, "a container that may gain rights")
    dropped = {str(name).upper().removeprefix("CAP_") for name in _list(host.get("capdrop"))}
    _require("ALL" in dropped, "a container with capabilities")
    _require(host.get("runtime") in (None, "", "runc"), "a container of another runtime")
    for bind in _list(host.get("binds")):
        source = str(bind).partition(":")[0]
        _require(_is_ours(source) or "/" not in source, f"a container with the host's {source[:100]!r}")
    for mount in _list(host.get("mounts")):
        _require_mount(_object(mount))


def _require_mount(mount: Mapping[str, object]) -> None:
    kind, source = mount.get("type"), str(mount.get("source") or "")
    _require(kind in ("bind", "volume", "tmpfs"), f"a mount of another kind, {str(kind)[:40]!r}")
    _require(kind != "bind" or _is_ours(source), f"a container with the host's {source[:100]!r}")
    driver = _object(_object(mount.get("volumeoptions")).get("driverconfig"))
    _require(not driver.get("options"), "a volume with options of its driver")


def _require_none(host: Mapping[str, object]) -> None:
    for name in NEVER:
        # Fields that are not set are sent as well; empty lists of masked paths unmask them.
        value = host.get(name)
        _require(not value and not (name.endswith("paths") and value == []), f"a container with {name}")


def _is_ours(source: str) -> bool:
    return source.startswith(SOURCES) and ".." not in source.split("/")


def _require(holds: bool, found: str) -> None:
    if not holds:
        raise Refused(f"found {found}, which no container of ours has")


def _parsed(body: bytes) -> Mapping[str, object]:
    try:
        return _object(json.loads(body, object_pairs_hook=_once))
    except (ValueError, RecursionError):
        raise Refused("found a body that is not JSON, or has a field twice") from None


def _once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """An object with its names in lower case, as Docker compares them."""
    found = {name.casefold(): value for name, value in pairs}
    if len(found) < len(pairs):
        raise ValueError
    return found


def _object(value: object) -> Mapping[str, object]:
    if value is None:
        return {}
    _require(isinstance(value, dict), "a field of another kind")
    return cast("dict[str, object]", value)


def _list(value: object) -> Sequence[object]:
    if value is None:
        return []
    _require(isinstance(value, list), "a field of another kind")
    return cast("list[object]", value)
