"""The sealed sessions that a machine keeps: its own, and at a vault those of other hosts. Nothing here opens one."""

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from phiward_host.common import cli, files
from phiward_host.common.errors import Refused
from phiward_host.journal import settings as journal_settings
from phiward_host.journal.settings import RemoteSettings
from phiward_host.sessions import recorded
from phiward_host.sessions.sealing import SEALED, directory
from phiward_host.sessions.settings import PATH, SessionsSettings

VAULT = "/srv/vault"
# The name, and the beginning of the file's SHA-256: what a host adds under a name that is there is beside the first.
AT_VAULT = re.compile(rf"({recorded.NAME.pattern}\.[0-9a-f]{{16}})\.age", re.ASCII)


@dataclass(frozen=True)
class Place:
    """Where a host's sealed sessions are on this machine."""

    host: str
    top: str
    relative: str
    pattern: re.Pattern[str]

    def names(self) -> list[str]:
        try:
            found = files.names_beneath(self.top, self.relative)
        except FileNotFoundError:
            return []
        return [match[1] for name in found if (match := self.pattern.fullmatch(name)) is not None]

    def file_of(self, name: str) -> str:
        return f"{self.relative}/{name}.age"


def places() -> Iterator[Place]:
    """This machine's own, and of a vault those of each host that may add to it."""
    if files.exists(PATH):
        top, _, name = directory().rpartition("/")
        yield Place(SessionsSettings.load().host, top, name, SEALED)
    for host in senders():
        yield Place(host, VAULT, f"{host}/sessions", AT_VAULT)


def senders() -> list[str]:
    """The hosts that may add to what this machine keeps."""
    return RemoteSettings.load().hosts if files.exists(journal_settings.REMOTE) else []


def list_all() -> int:
    """Prints them as JSON, the newest last of each host."""
    print(json.dumps([entry for place in places() for entry in _entries(place)]), flush=True)
    return cli.DONE


def _entries(place: Place) -> Iterator[dict[str, object]]:
    for name in place.names():
        found = files.status_beneath(place.top, place.file_of(name))
        if found is not None:
            yield {"host": place.host, "name": name, "bytes": found.st_size, "at": int(found.st_mtime)}


def show(host: str, name: str) -> int:
    """Prints one as it is, encrypted. Raises Refused where there is none of that name."""
    for place in places():
        if place.host == host and name in place.names():
            with files.reading_beneath(place.top, place.file_of(name)) as descriptor:
                shutil.copyfileobj(os.fdopen(os.dup(descriptor), "rb"), sys.stdout.buffer)
            sys.stdout.buffer.flush()
            return cli.DONE
    raise Refused("found no session of that name, allowed: one that `npx phiward session list` names")


def remove_old(host: str, before: float) -> None:
    """Removes at the vault what came before a time, by this machine's clock."""
    place = Place(host, VAULT, f"{host}/sessions", AT_VAULT)
    _remove_old(place, before)


def remove_own_old(before: float) -> None:
    """Removes on a host without a vault what was sealed before a time."""
    top, _, name = directory().rpartition("/")
    _remove_old(Place("", top, name, SEALED), before)


def _remove_old(place: Place, before: float) -> None:
    for name in place.names():
        found = files.status_beneath(place.top, place.file_of(name))
        if found is not None and found.st_mtime < before:
            files.remove_beneath(place.top, place.file_of(name))
