"""The master keys that this host has, and whether they open the keys of a database, by their bytes and by no server."""

import hmac
from dataclasses import dataclass

from phiward_host.agent.kept_values import secret_path
from phiward_host.common import files, paths
from phiward_host.common.errors import Failed
from phiward_host.databases.session import ClusterSession
from phiward_host.databases.sql import literal
from phiward_host.phi.function import SCHEMA
from phiward_host.phi.install import owner_session
from phiward_host.phi.settings import PhiDatabase, PhiSettings

IS_THERE = f"SELECT pg_catalog.to_regclass('{SCHEMA}.encryption_keys') IS NOT NULL;"
KEYS = (
    "SELECT pg_catalog.concat_ws('|', k.id, k.master, pg_catalog.encode(k.wrapped, 'hex')) "
    f"FROM {SCHEMA}.encryption_keys k WHERE k.id NOT BETWEEN 1 AND {{retired}} ORDER BY k.id;"
)
# Behind the IV and one block at least, HMAC-SHA256 over all that comes before it.
SEAL = 32


@dataclass(frozen=True)
class WrappedKey:
    """A data key of a database, as the master key `master` has locked it."""

    number: int
    master: int
    box: bytes

    def is_opened_by(self, value: str | None) -> bool:
        """Whether a master key is the one that has locked it. None is no key."""
        if value is None or len(self.box) <= SEAL:
            return False
        key = hmac.digest(value.encode(), b"authenticate", "sha256")
        return hmac.compare_digest(hmac.digest(key, self.box[:-SEAL], "sha256"), self.box[-SEAL:])


def master_name(epoch: int) -> str:
    """The id of an epoch's master key among the secrets of a host; its own epoch is always 1."""
    return f"phi-master-{epoch}"


def held(epoch: int) -> str | None:
    """The master key of an epoch that this host has; None where it has none."""
    return files.read_text_if_any(secret_path(master_name(epoch), 1)) or None


def given_files(epoch: int, databases: list[PhiDatabase]) -> list[str]:
    """The files by which servers have it."""
    containers = sorted({database.container for database in databases})
    return [f"{paths.BASE}/services/{container}/secrets/{master_name(epoch)}.1" for container in containers]


def keys_of(wanted: PhiDatabase, database: str) -> list[WrappedKey]:
    """The data keys in a database that may be needed; none where it, or its schema, is not there. Raises Failed."""
    there = ClusterSession(wanted.container).execute(
        [f"SELECT pg_catalog.count(*) FROM pg_catalog.pg_database WHERE datname = {literal(database)};"]
    )
    session = owner_session(wanted.container, database)
    if there != ["1"] or session.execute([IS_THERE]) != ["t"]:
        return []
    lines = [line.split("|") for line in session.execute([KEYS.format(retired=wanted.retired)])]
    return [WrappedKey(int(number), int(master), bytes.fromhex(box)) for number, master, box in lines]


def require_unused(settings: PhiSettings | None, epoch: int) -> None:
    """Raises Failed, with what to do, where a database of this host has keys that this master key has locked.

    Where this host knows of no such databases, none has.
    """
    for database in settings.databases if settings is not None else ():
        try:
            locked = any(key.master == epoch for key in keys_of(database, database.database))
        except (Failed, OSError) as error:
            raise Failed(
                f"{database.where}: whether it has keys that master key {epoch} has locked cannot be asked: {error}. "
                "Start the server, or put the master key back from its escrow, see docs/data-protection.md"
            ) from error
        if locked:
            raise Failed(
                f"{database.where}: it has keys that master key {epoch} has locked, and another one opens none of "
                "them. Put it back from its escrow, see docs/data-protection.md; or, where all that it has encrypted "
                f"is given up, set phi.epoch to {epoch + 1} or more, and phi.retired to {epoch}"
            )
