"""Puts the schema `phi` into a database, and says whether it is there as declared, byte for byte.

The superuser makes two roles, in the database that no application owns, and enters none of an application's: there the
schema's owner works, which may do nothing else. What an application made under our names is refused, and never used.
"""

from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog
from phiward_host.databases import waiting
from phiward_host.databases.session import ApplicationSession, ClusterSession
from phiward_host.databases.sql import identifier
from phiward_host.phi import objects
from phiward_host.phi.function import OWNER, SCHEMA
from phiward_host.phi.settings import PhiDatabase

LOG = RootLog("phi")
# By what the schema's owner logs in: `phiward_` and this, which is no service's name.
LOGIN_OF = "_phi"
KEYS_OPEN = (
    f"SELECT pg_catalog.count({SCHEMA}.data_key(k.id, false)) FROM {SCHEMA}.encryption_keys k "
    "WHERE k.id NOT BETWEEN 1 AND {retired};"
)


def owner_session(container: str, database: str) -> ApplicationSession:
    """A session of the schema's owner."""
    return ApplicationSession(container, database, LOGIN_OF)


def install(wanted: PhiDatabase, owner: str) -> None:
    """Makes the schema, or puts it right; `owner` owns the database. Raises Failed, also of an application's own."""
    cluster = ClusterSession(wanted.container)
    waiting.execute(cluster, objects.roles(wanted.database))
    session = owner_session(wanted.container, wanted.database)
    try:
        others = session.execute([objects.OTHERS])
        if others:
            raise Failed(
                f"{wanted.where}: found {', '.join(others)}, allowed: none before phiward makes its own for patients' "
                "columns; whoever made it renames or drops it (ALTER SCHEMA ... RENAME TO, DROP EXTENSION), then again"
            )
        waiting.execute(session, objects.statements(wanted, owner))
    finally:
        cluster.execute([f"REVOKE CREATE ON DATABASE {identifier(wanted.database)} FROM {OWNER};"])


def require_keys(wanted: PhiDatabase) -> None:
    """Raises Failed, with what to do, where a key of the database is not opened by the master keys of this host."""
    try:
        owner_session(wanted.container, wanted.database).execute([KEYS_OPEN.format(retired=wanted.retired)])
    except Failed as failure:
        raise Failed(
            f"{wanted.where}: its keys are not opened: {failure}. What they have encrypted needs the master key that "
            "was there before: put it back from its escrow, see docs/data-protection.md"
        ) from None


def differences(wanted: PhiDatabase, owner: str) -> list[str]:
    """What is not as declared: names of what is missing or another one. Raises Failed where it cannot be asked."""
    cluster = ClusterSession(wanted.container)
    wrong = objects.ROLE_FACTS ^ set(cluster.execute([objects.ROLES]))
    if wrong:
        return sorted({f"role {line.partition('|')[0]}" for line in wrong})
    found = set(owner_session(wanted.container, wanted.database).execute([objects.FACTS]))
    return sorted({line.partition("|")[0] for line in found ^ objects.facts(wanted, owner)})
