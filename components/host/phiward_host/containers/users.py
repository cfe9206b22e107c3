"""Users that containers run as: nobody else's on this host, and the owners of their volumes.

`container-users settle|settled SETTINGS.json`. A number that was given to a service is on record here for as long as
data of that service exists: no other service gets it. Volumes are made for their user, and handed over, once, where
another owned them: by an earlier version a server ran as its image says, by a number that the host's accounts may have.
"""

import grp
import json
import pwd
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from phiward_host.common import cli, docker, files, records, trees
from phiward_host.common.decode import Fields, as_str, dict_of, list_of, optional
from phiward_host.common.errors import Damaged, Failed, Refused
from phiward_host.common.log import RootLog

LOG = RootLog("container-users")
USAGE = "container-users settle|settled SETTINGS.json"
RECORD = "/var/lib/phiward/container-users.json"
LOGIN_DEFS = "/etc/login.defs"
SUBORDINATE = ("/etc/subuid", "/etc/subgid")
STOP_SECONDS = 120
VOLUME_MODE = 0o700
# What Debian has where the file does not say (login.defs(5)).
DEFAULT_LAST_ID = 60_000


@dataclass(frozen=True)
class Service:
    """A service, its numbers, and its volumes."""

    name: str
    uid: int
    gid: int
    volumes: Sequence[str]

    @staticmethod
    def from_json(value: object, path: str) -> "Service":
        """One service of the settings."""
        fields = Fields.of(value, path)
        return Service(
            name=fields.text("name"),
            uid=fields.integer("uid"),
            gid=fields.integer("gid"),
            volumes=fields.texts("volumes"),
        )

    @property
    def owner(self) -> str:
        """`uid:gid`."""
        return f"{self.uid}:{self.gid}"


@dataclass(frozen=True)
class Settings:
    """The services of this host, and the numbers that containers may have."""

    first: int
    last: int
    services: Sequence[Service]

    @staticmethod
    def from_json(value: object, path: str) -> "Settings":
        """The file that the plan writes."""
        fields = Fields.of(value, path)
        return Settings(fields.integer("first"), fields.integer("last"), fields.items("services", Service.from_json))


def recorded() -> dict[str, str]:
    """The numbers of each service that this host has data of, as `uid:gid` by its name.

    Where the record was lost or damaged, the volumes themselves tell whose they are.
    """
    try:
        found = records.read(RECORD, dict_of(as_str), None)
    except Damaged:
        found = None
    return _owners() if found is None else found


def _owners() -> dict[str, str]:
    found: dict[str, str] = {}
    filters = docker.quote(json.dumps({"label": ["phiward.service"]}))
    volumes = Fields.of(docker.ask("GET", f"/volumes?filters={filters}"), "volumes")
    for volume in volumes.read("Volumes", optional(list_of(Fields.of))) or []:
        owner = files.status(volume.text("Mountpoint"))
        if owner is not None:
            found[volume.child("Labels").text("phiward.service")] = f"{owner.st_uid}:{owner.st_gid}"
    return found


def faults(settings: Settings, record: Mapping[str, str], existing: Callable[[str], bool]) -> Iterator[str]:
    """A sentence for each number that is not the containers' own. `existing` tells whether a service has volumes."""
    for service in settings.services:
        numbers = {service.uid, service.gid}
        told = f"{service.name} runs as {service.owner}, which"
        for account in pwd.getpwall():
            if {account.pw_uid, account.pw_gid} & numbers:
                yield (
                    f"{told} the account {account.pw_name} has ({account.pw_uid}:{account.pw_gid}): give the account "
                    "another number (usermod(8)), or the service another `user`"
                )
        for group in grp.getgrall():
            if group.gr_gid in numbers:
                yield (
                    f"{told} the group {group.gr_name} has ({group.gr_gid}): give the group another number "
                    "(groupmod(8)), or the service another `user`"
                )
        for name, owner in record.items():
            if name != service.name and {int(number) for number in owner.split(":")} & numbers and existing(name):
                yield (
                    f"{told} was the number of {name}, whose volumes are still here (docker volume ls --filter "
                    f"label=phiward.service={name}): remove them if they are not needed any more, or give "
                    f"{service.name} another name or `user`"
                )
    yield from _ranges(settings)


def _ranges(settings: Settings) -> Iterator[str]:
    """A sentence for each range that useradd(8) takes numbers from and that meets the containers' range."""
    for key in ("UID_MAX", "GID_MAX"):
        last = _login_def(key)
        if last >= settings.first:
            yield f"{LOGIN_DEFS}: found {key} {last}, allowed: less than {settings.first}, where containers' begin"
    for path in SUBORDINATE:
        for line in _lines(path):
            start, count = [int(word) if word.isdigit() else 0 for word in ([*line.split(":"), "", "", ""])[1:3]]
            if start <= settings.last and start + count > settings.first:
                yield f"{path}: found a range from {start}, allowed: one above {settings.last}, where containers' end"


def _login_def(key: str) -> int:
    found = [words[1] for words in map(str.split, _lines(LOGIN_DEFS)) if len(words) > 1 and words[0] == key]
    return int(found[-1]) if found and found[-1].isdigit() else DEFAULT_LAST_ID


def _lines(path: str) -> list[str]:
    try:
        return files.read_text(path).splitlines()
    except FileNotFoundError:
        return []


def settle(settings: Settings) -> bool:
    """Makes volumes and hands them over. A run that was cut off is done again from its volume on. Raises Failed."""
    record = recorded()
    found = list(faults(settings, record, _has_volumes))
    if found:
        raise Failed("; ".join(found))
    kept = {name: owner for name, owner in record.items() if _has_volumes(name)}
    records.write_json(RECORD, {**kept, **{service.name: service.owner for service in settings.services}}, LOG)
    for service in settings.services:
        for volume in service.volumes:
            path = _mountpoint(volume) or _create(volume, service)
            if not _is_owned(path, service):
                _hand_over(volume, path, service)
    return True


def settled(settings: Settings) -> bool:
    """Whether numbers are the containers' own and each volume is its service's. Why not goes to standard error."""
    record = recorded()
    found = list(faults(settings, record, _has_volumes))
    for service in settings.services:
        for volume in service.volumes:
            path = _mountpoint(volume)
            if path is None or not _is_owned(path, service):
                found.append(f"the volume {volume} is not owned by {service.owner}")
        if record.get(service.name) != service.owner:
            found.append(f"{service.name} is not on record as {service.owner}")
    for sentence in found:
        cli.complain(sentence)
    return not found


def _has_volumes(service: str) -> bool:
    filters = docker.quote(json.dumps({"label": [f"phiward.service={service}"]}))
    found = Fields.of(docker.ask("GET", f"/volumes?filters={filters}"), "volumes")
    return bool(found.values.get("Volumes"))


def _mountpoint(volume: str) -> str | None:
    found = docker.ask("GET", f"/volumes/{docker.quote(volume)}", allowed=(404,))
    return None if found is None else Fields.of(found, f"volume {volume}").text("Mountpoint")


def _create(volume: str, service: Service) -> str:
    """A volume as Pulumi's provider creates it, which then finds it: so it has its owner before the first start."""
    request = {"Name": volume, "Labels": {"phiward.service": service.name}}
    path = Fields.of(docker.ask("POST", "/volumes/create", request), f"volume {volume}").text("Mountpoint")
    files.set_directory(path, None, VOLUME_MODE)
    return path


def _is_owned(path: str, service: Service) -> bool:
    found = files.status(path)
    return found is not None and (found.st_uid, found.st_gid) == (service.uid, service.gid)


def _hand_over(volume: str, path: str, service: Service) -> None:
    """Gives a volume to its service. No link is followed, and what might plant one is stopped before."""
    filters = docker.quote(json.dumps({"volume": [volume]}))
    for container in list_of(Fields.of)(docker.ask("GET", f"/containers/json?filters={filters}"), "containers"):
        docker.ask(
            "POST", f"/containers/{docker.quote(container.text('Id'))}/stop?t={STOP_SECONDS}", allowed=(304, 404)
        )
    trees.give(path, service.uid, service.gid)


ACTIONS: Mapping[str, Callable[[Settings], bool]] = MappingProxyType({"settle": settle, "settled": settled})


def main(words: Sequence[str]) -> int:
    """Exit code 0: done, or all as declared. 1: it failed, or something is not as declared."""
    return cli.main("the program for containers' users", LOG, lambda: _main(words))


def _main(words: Sequence[str]) -> int:
    action, rest = cli.choose(words, ACTIONS, USAGE)
    if len(rest) != 1:
        raise Refused(f"found {len(rest)} words after {words[0]}, allowed: {USAGE}")
    try:
        return cli.DONE if action(Settings.from_json(files.read_json(rest[0]), "settings")) else cli.FAILED
    except OSError as error:
        raise Failed(f"{error.filename or 'container-users'}: {error.strerror}") from error
