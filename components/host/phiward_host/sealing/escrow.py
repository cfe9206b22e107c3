"""Encrypted verification keys: each stays on its host, and a copy is left at the vault, whose clock says since when."""

import json
import re
import time
from collections.abc import Iterator

from phiward_host.common import cli, files, records
from phiward_host.common.decode import Fields
from phiward_host.journal.settings import Vault
from phiward_host.sealing import settings as sealing_settings
from phiward_host.sealing.key import LOG, directory
from phiward_host.sealing.settings import SealingSettings
from phiward_host.sessions import stored
from phiward_host.sessions.sending import MOST_AT_ONCE, PATIENCE_SECONDS, leave
from phiward_host.sessions.stored import Place

NAME = re.compile(r"[0-9]{8}T[0-9]{6}-[0-9a-f]{16}", re.ASCII)
OWN = re.compile(rf"({NAME.pattern})\.age", re.ASCII)
# The name, and the beginning of the file's SHA-256.
AT_VAULT = re.compile(rf"({NAME.pattern}\.[0-9a-f]{{16}})\.age", re.ASCII)

MOST_BYTES = 1 << 16


def send_all(vault: Vault) -> None:
    """Leaves at the vault what it does not have yet, some at a time. Raises Failed."""
    for name in waiting(vault)[:MOST_AT_ONCE]:
        leave(vault, "verification-key", name, _path(name))
        records.write_json(_state(), {"vault": _known_as(vault), "sent": [*_sent(vault), name]}, LOG)


def late(vault: Vault) -> str | None:
    """That a verification key has waited for the vault for too long; None where none has."""
    times = [found.st_mtime for name in waiting(vault) if (found := files.status(_path(name))) is not None]
    waited = time.time() - min(times, default=time.time())
    if waited <= PATIENCE_SECONDS:
        return None
    return f"{len(times)} encrypted verification keys wait for the vault, the first for {waited / 3600:.0f} hours"


def waiting(vault: Vault) -> list[str]:
    """The names of those that this vault does not have."""
    sent = _sent(vault)
    return [name for name in _own().names() if name not in sent]


def _sent(vault: Vault) -> list[str]:
    """What this vault has; another one has none of it yet."""
    known, sent = records.read_or_begin(_state(), _known, ("", []), LOG)
    return sent if known != "" and known == _known_as(vault) else []


def _known(value: object, path: str) -> tuple[str, list[str]]:
    fields = Fields.of(value, path)
    return fields.text("vault"), fields.texts("sent")


def _known_as(vault: Vault) -> str:
    return f"{vault.user}@{vault.address}:{vault.port} {files.read_text(vault.known_hosts).strip()}"


def _state() -> str:
    return f"{directory()}/sent.json"


def _path(name: str) -> str:
    return f"{directory()}/{name}.age"


def _own(host: str = "") -> Place:
    top, _, name = directory().rpartition("/")
    return Place(host, top, name, OWN)


def places() -> list[Place]:
    """This machine's own, and of a vault those of each host that may add to it."""
    own = [_own(SealingSettings.load().host)] if files.exists(sealing_settings.PATH) else []
    return [*own, *(Place(host, stored.VAULT, f"{host}/sealing", AT_VAULT) for host in stored.senders())]


def list_all() -> int:
    """Prints them as JSON as they are, encrypted, each with the time since when it is here."""
    print(json.dumps([entry for place in places() for entry in _entries(place)]), flush=True)
    return cli.DONE


def _entries(place: Place) -> Iterator[dict[str, object]]:
    for name in place.names():
        found = files.status_beneath(place.top, place.file_of(name))
        if found is not None:
            text = files.read_beneath(place.top, place.file_of(name), MOST_BYTES).decode("ascii", "replace")
            yield {"host": place.host, "name": name, "at": int(found.st_mtime), "text": text}
