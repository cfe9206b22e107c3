"""Master keys of patients' columns in a restore: from the escrow in the backup, opened by who has the recovery key.

This host cannot open an escrow. It hands out those that it has other ones of, and gets the keys back with the request;
none takes the place of one here before it is seen to open what was restored.
"""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

from phiward_host.agent.kept_values import fingerprint_path, secret_path
from phiward_host.agent.secret_store import escrow_path, record_path
from phiward_host.backup.repository import Repository
from phiward_host.backup.retention import FILES
from phiward_host.backup.runs import Found
from phiward_host.backup.tools import LOG
from phiward_host.common import files
from phiward_host.common.errors import Failed, Refused
from phiward_host.phi.install import require_keys
from phiward_host.phi.masters import given_files, held, keys_of, master_name
from phiward_host.phi.settings import PhiSettings, declared

# An armoured escrow of 43 characters has less than one thousand bytes.
MOST_BYTES = 1 << 14


def concern(databases: Mapping[str, str]) -> bool:
    """Whether one of these databases, by name with their servers, has patients' columns."""
    return any(declared(service, database) is not None for database, service in databases.items())


def sealed_in(repository: Repository, found: Found) -> dict[str, str]:
    """The escrows in a backup of the master keys that this host is to have, where it has not the very same ones."""
    settings = PhiSettings.load_if_any()
    snapshot = found.run.parts.get(FILES)
    if settings is None or snapshot is None or not settings.databases:
        return {}
    sealed: dict[str, str] = {}
    for epoch in range(settings.databases[0].retired + 1, settings.databases[0].epoch + 1):
        path = escrow_path(master_name(epoch), 1)
        # A backup of an earlier epoch has none of a later one: what needs one says so.
        with contextlib.suppress(Failed):
            text = repository.read_bounded(snapshot.id, path, MOST_BYTES)
            if text != files.read_text_if_any(path):
                sealed[master_name(epoch)] = text
    return sealed


class Handed:
    """The master keys that came with a request, by their names, and those of them that the restored databases need."""

    def __init__(self, given: Mapping[str, str], databases: Mapping[str, str]) -> None:
        self._given = given
        self._databases = databases
        self._wanted: dict[int, str] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Those that are put in place."""
        return tuple(master_name(epoch) for epoch in sorted(self._wanted))

    def judge(self, service: str, database: str) -> None:
        """Raises Failed where neither this host nor the request has what opens the keys of a restored database."""
        entry = declared(service, database)
        if entry is None:
            return
        for key in keys_of(replace(entry, container=service), f"{database}_restored"):
            if key.is_opened_by(held(key.master)):
                continue
            given = self._given.get(master_name(key.master))
            if given is None or not key.is_opened_by(given):
                raise Failed(
                    f"database {database}: its key {key.number} is not opened by the master key {key.master} of this "
                    f"host{'' if given is None else ', nor by that of the escrow'}; nothing was replaced. With "
                    "--recovery-key FILE the master key comes from the escrow in the backup, see "
                    "docs/data-protection.md; or, where all that it has encrypted is given up, raise phi.epoch and "
                    f"set phi.retired to {key.master}"
                )
            self._wanted[key.master] = given

    def put(self) -> None:
        """Puts them where the servers read them. Raises Failed where another database needs the ones that are here."""
        settings = PhiSettings.load_if_any()
        databases = [] if settings is None else list(settings.databases)
        others = [entry for entry in databases if self._databases.get(entry.database) != entry.container]
        for entry in others if self._wanted else ():
            for key in keys_of(entry, entry.database):
                if key.master in self._wanted and key.is_opened_by(held(key.master)):
                    raise Refused(
                        f"{entry.where}: it is encrypted by another master key {key.master} than the backup; nothing "
                        "was replaced. Restore all databases with --what all"
                    )
        for epoch, value in self._wanted.items():
            _put(epoch, value, given_files(epoch, databases))

    def require_open(self) -> None:
        """Raises Failed where a server does not read them yet."""
        for database, service in self._databases.items() if self._wanted else ():
            entry = declared(service, database)
            if entry is not None:
                require_keys(replace(entry, container=service))


def _put(epoch: int, value: str, copies: Iterable[str]) -> None:
    """In an order in which an end at any point leaves a value that the next restore, or deploy, goes on with."""
    name = master_name(epoch)
    own = held(epoch)
    # The next deploy escrows what it finds, beside the escrow of the one before.
    for record in (fingerprint_path(f"{name}.1"), record_path(f"{name}.1")):
        files.remove(record)
    for copy in copies if own is not None else ():
        text = files.read_text_if_any(copy) or ""
        # In its place: the server has this very file, and reads it at each use.
        if own is not None and text.endswith(own) and len(own) == len(value):
            files.patch(copy, len(text.encode()) - len(own.encode()), value.encode())
    files.write(secret_path(name, 1), value)
    LOG.write(f"{name} came back from its escrow")
