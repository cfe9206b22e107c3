"""Whether earlier master keys may leave this host: no row of any database needs them, by a pass of today."""

import time

from phiward_host.common import files, paths
from phiward_host.common.errors import Failed, Refused
from phiward_host.databases.session import ClusterSession
from phiward_host.phi import progress
from phiward_host.phi.function import SCHEMA
from phiward_host.phi.install import owner_session
from phiward_host.phi.rotate import DAY, database_oid
from phiward_host.phi.settings import PhiDatabase, PhiSettings

# The timer's run of a day may be an hour late, and takes its time.
FRESH_SECONDS = DAY + 4 * 3600
WRAPPED = f"SELECT pg_catalog.count(*) FROM {SCHEMA}.encryption_keys k WHERE k.id NOT BETWEEN 1 AND {{epoch}} " + (
    "AND k.master <= {epoch};"
)


def require_unneeded(settings: PhiSettings | None, epoch: int) -> None:
    """Raises Failed, with what to do, where a key up to `epoch` is still needed. Where none is here, none is."""
    held = files.names_if_any(f"{paths.BASE}/secrets")
    if not any(f"phi-master-{number}.1" in held for number in range(1, epoch + 1)):
        return
    if settings is None or not settings.databases:
        raise Refused(
            "phi.retired: found a number while this host knows of no patients' columns, whose rows could be counted, "
            "allowed: 0 for this deploy"
        )
    for database in settings.databases:
        _require(database, epoch)


def _require(database: PhiDatabase, epoch: int) -> None:
    if database.epoch <= epoch:
        raise Refused(
            f"phi.retired: found {epoch}, while {database.where} writes with key {database.epoch}, allowed: keys "
            "before that; raise phi.epoch, deploy, and wait until no row needs them (npx phiward phi status)"
        )
    known = progress.load(database)
    oid = database_oid(ClusterSession(database.container), database)
    if (
        known is None
        or (known.oid, known.epoch) != (oid, database.epoch)
        or known.clean is None
        or not 0 <= time.time() - known.clean < FRESH_SECONDS
    ):
        raise Failed(
            f"{database.where}: whether rows need a key up to {epoch} was not counted in the last day, or some do: "
            "npx phiward phi rotate brings them to the present key; then deploy again. Nothing was changed"
        )
    wrapped = owner_session(database.container, database.database).execute([WRAPPED.format(epoch=epoch)])
    if wrapped != ["0"]:
        raise Failed(f"{database.where}: the key of look-ups still needs an earlier one: npx phiward phi rotate")
