"""Data of services that the configuration no longer declares: `service-data undeclared|declared|erased|erase SETTINGS`.

`undeclared` prints a line for each piece of data that is neither declared nor declared as removed; `declared` fails
with a sentence that names them. `erase` erases what is declared as removed with its data, but for volumes that a
container still has; `erased` tells whether nothing is left for it to do. SETTINGS is JSON, since the first two are run
before the files of a plan are in place.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from phiward_host.common import cli, docker, files
from phiward_host.common.decode import Fields, as_str, list_of, optional
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.faults import each
from phiward_host.common.log import RootLog
from phiward_host.databases import owned
from phiward_host.databases.session import ClusterSession

LOG = RootLog("service-data")
USAGE = "service-data undeclared|declared|erased|erase SETTINGS"
# Where volumes are, and what the last deploy declared of databases: for a Docker or a server that does not answer.
VOLUMES = "/var/lib/docker/volumes"
ACCOUNTS = "/etc/phiward/accounts.json"
LABEL = "phiward.service"
ANSWER_SECONDS = 30


@dataclass(frozen=True)
class Data:
    """A volume of a service, or its databases in a server, which has the name of its container."""

    kind: str
    service: str
    # Of a volume, its full name; of databases, the server's container.
    name: str

    @property
    def key(self) -> str:
        """What a `removed` entry calls it."""
        return self.name.partition(".")[2] if self.kind == "volume" else self.name

    def __str__(self) -> str:
        if self.kind == "volume":
            return f"the volume {self.name} of {self.service}"
        return f"the database of {self.service} in {self.name}"


@dataclass(frozen=True)
class Removed:
    """What is declared of data that is no longer used: all of a service, or one volume or database of it."""

    service: str
    volume: str | None
    database: str | None
    is_erased: bool

    @staticmethod
    def from_json(value: object, path: str) -> "Removed":
        """One entry of the settings."""
        fields = Fields.of(value, path)
        return Removed(
            fields.text("service"),
            fields.read("volume", optional(as_str)),
            fields.read("database", optional(as_str)),
            fields.flag("erase"),
        )

    def covers(self, data: Data) -> bool:
        """Whether it says what becomes of this."""
        if self.service != data.service:
            return False
        if self.volume is None and self.database is None:
            return True
        return data.key == (self.volume if data.kind == "volume" else self.database)


@dataclass(frozen=True)
class Settings:
    """What the configuration declares: names of volumes, and the services of each database server by its container."""

    volumes: Sequence[str]
    servers: Mapping[str, Sequence[str]]
    removed: Sequence[Removed]

    @staticmethod
    def from_json(value: object, path: str) -> "Settings":
        """The settings of the plan."""
        fields = Fields.of(value, path)
        servers = fields.items("servers", Fields.of)
        return Settings(
            fields.texts("volumes"),
            {server.text("container"): server.texts("services") for server in servers},
            fields.items("removed", Removed.from_json),
        )


def unused(settings: Settings) -> Iterator[Data]:
    """What this host holds of services, and the configuration does not use."""
    for name, service in _volumes():
        if name not in settings.volumes:
            yield Data("volume", service, name)
    for container, services in settings.servers.items():
        for service in _owners(container):
            if service not in services:
                yield Data("database", service, container)


def undeclared(settings: Settings) -> list[Data]:
    """The data of which nothing says what becomes of it."""
    return [data for data in unused(settings) if not any(entry.covers(data) for entry in settings.removed)]


def erase(settings: Settings) -> None:
    """Erases what is declared so; a volume that a container still has waits. Raises Failed, after all were tried."""
    each(_erase, _due(settings), LOG)


def _due(settings: Settings) -> list[Data]:
    """What can be erased now."""
    wanted = [entry for entry in settings.removed if entry.is_erased]
    found = [data for data in unused(settings) if any(entry.covers(data) for entry in wanted)] if wanted else []
    return [data for data in found if data.kind == "database" or not _containers({"volume": [data.name]})]


def _erase(data: Data) -> None:
    if data.kind == "volume":
        docker.ask("DELETE", f"/volumes/{docker.quote(data.name)}", allowed=(404,))
    else:
        owned.erase(ClusterSession(data.name), data.service)


def _volumes() -> list[tuple[str, str]]:
    """Name and service of each volume."""
    try:
        answer = Fields.of(_listed("/volumes?", {"label": [LABEL]}), "volumes")
    except OSError:
        named = (re.fullmatch(r"phiward-([^.]+)\.[^.]+", name) for name in files.names_if_any(VOLUMES))
        return sorted((match[0], match[1]) for match in named if match is not None)
    found = answer.read("Volumes", lambda value, path: [] if value is None else list_of(Fields.of)(value, path))
    return sorted((entry.text("Name"), entry.child("Labels").text(LABEL)) for entry in found)


def _owners(container: str) -> list[str]:
    """The services that have a database in a server. One that does not answer has those of the last deploy."""
    try:
        if not _containers({"name": [f"^/{container}$"]}):
            return []
        return list(owned.owned_databases(ClusterSession(container)))
    except (Failed, OSError):
        servers = list_of(Fields.of)(files.read_json(ACCOUNTS) or [], ACCOUNTS)
        users = [server.items("users", Fields.of) for server in servers if server.text("container") == container]
        return [user.text("service") for group in users for user in group]


def _containers(filters: Mapping[str, Sequence[str]]) -> list[Fields]:
    return list_of(Fields.of)(_listed("/containers/json?all=true&", filters), "containers")


def _listed(path: str, filters: Mapping[str, Sequence[str]]) -> object:
    return docker.ask("GET", f"{path}filters={docker.quote(json.dumps(filters))}", timeout=ANSWER_SECONDS)


def _print_undeclared(settings: Settings) -> bool:
    for data in undeclared(settings):
        print(f"{data} ({{service: {data.service}, {data.kind}: {data.key}}})")
    return True


def _declared(settings: Settings) -> bool:
    left = undeclared(settings)
    if left:
        entries = ", ".join(f"{{service: {data.service}, {data.kind}: {data.key}, data: keep}}" for data in left)
        raise Failed(
            f"the host has {', '.join(map(str, left))}, which the configuration no longer uses. A service that was "
            f"renamed says its first name in formerly; of one that was removed, say what becomes of its data: removed: "
            f"[{entries}], or data: erase"
        )
    return True


def _erase_all(settings: Settings) -> bool:
    erase(settings)
    return True


ACTIONS: Mapping[str, Callable[[Settings], bool]] = MappingProxyType(
    {
        "undeclared": _print_undeclared,
        "declared": _declared,
        "erase": _erase_all,
        "erased": lambda settings: not _due(settings),
    }
)


def main(words: Sequence[str]) -> int:
    """Exit code 0: done, or all as declared. 1: it failed, or something is not as declared."""
    return cli.main("the program for data of services", LOG, lambda: _main(words))


def _main(words: Sequence[str]) -> int:
    action, rest = cli.choose(words, ACTIONS, USAGE)
    if len(rest) != 1:
        raise Refused(f"found {len(rest)} words after {words[0]}, allowed: {USAGE}")
    try:
        return cli.DONE if action(Settings.from_json(json.loads(rest[0]), "settings")) else cli.FAILED
    except OSError as error:
        raise Failed(f"Docker does not answer ({error}), so what it holds is not known; nothing was erased") from error
