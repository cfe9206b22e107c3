"""Restored databases: loaded beside the old one, compared, and put in its place."""

import re

from phiward_host.backup.apply_attributes import apply_attributes
from phiward_host.backup.manifest import DatabaseManifest, differences
from phiward_host.backup.patients import fill_database
from phiward_host.backup.postgres import (
    LOCK_SECONDS,
    analyse,
    ask_cluster,
    ask_database,
    cluster_accepts,
    manifest_of,
)
from phiward_host.backup.repository import Repository
from phiward_host.backup.retention import Snapshot
from phiward_host.common.errors import Failed, Refused
from phiward_host.databases import maintenance
from phiward_host.databases.guard import under_guard
from phiward_host.databases.session import ApplicationSession, ClusterSession
from phiward_host.databases.sql import identifier, literal
from phiward_host.databases.waiting import Limits, limited

SWAP_ATTEMPTS = 10
# Whoever restores is waiting, and so is who holds a lock on the databases' own rows: somebody's open session of the
# superuser.
SWAP_LOCK_SECONDS = 60
# Names of encodings and locales, as PostgreSQL and the C library have them.
LOCALE_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")


def load(
    repository: Repository, dump: Snapshot, expected: DatabaseManifest, new: ApplicationSession, role: str
) -> None:
    """Fills a new database from a dump and compares it with its manifest.

    Raises Failed, and drops it, unless it holds what was backed up.
    """
    # What it had to do is on record.
    under_guard(new.container, [], lambda: _load(repository, dump, expected, new, role))


def _load(
    repository: Repository, dump: Snapshot, expected: DatabaseManifest, new: ApplicationSession, role: str
) -> None:
    cluster = ClusterSession(new.container)
    _create(cluster, new.database, role, expected)
    try:
        filled = maintenance.ensure(cluster, new.database, role)
        with limited(filled, Limits(LOCK_SECONDS)):
            fill_database(repository, dump, expected, filled, role)
            _give_to_owner(filled)
            analyse(filled)
            wrong = differences(expected, manifest_of(filled, expected.attributes.column_order))
            if wrong:
                raise Failed(
                    f"database {new.database}: what was restored is not what was backed up: {'; '.join(wrong)}; "
                    "nothing was replaced. Try another backup with --snapshot"
                )
            apply_attributes(repository, dump, expected.attributes, filled)
    except BaseException:
        _drop(cluster, new.database)
        raise


def drop_database(cluster: ClusterSession, database: str) -> None:
    """Drops a database and ends its sessions; one that is not there is no error."""
    # It waits for every session of the server, and one of an application's may never answer.
    under_guard(cluster.container, [], lambda: _drop(cluster, database))


def _drop(cluster: ClusterSession, database: str) -> None:
    cluster_accepts(cluster, f"DROP DATABASE IF EXISTS {identifier(database)} WITH (FORCE);\n")


def swap(cluster: ClusterSession, database: str, restored: str, before: str) -> str | None:
    """Puts a restored database in the place of the old one, in one transaction; the old one stays beside it.

    Returns the old one's new name, `before`; None if there was none. Raises Failed.
    """
    with limited(cluster, Limits(SWAP_LOCK_SECONDS)):
        return _swap(cluster, database, restored, before)


def _swap(cluster: ClusterSession, database: str, restored: str, before: str) -> str | None:
    query = f"SELECT count(*) FROM pg_database WHERE datname = {literal(database)};"
    exists = ask_cluster(cluster, f"{cluster.container}: it does not answer", query).strip() == "1"
    aside = f"ALTER DATABASE {identifier(database)} RENAME TO {identifier(before)};" if exists else ""
    for _ in range(SWAP_ATTEMPTS):
        # A client that connects again between the two lines makes the rename fail, and with it the transaction.
        if cluster_accepts(
            cluster,
            "BEGIN; SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            f"WHERE datname IN ({literal(database)}, {literal(restored)}); {aside} "
            f"ALTER DATABASE {identifier(restored)} RENAME TO {identifier(database)}; COMMIT;\n",
        ):
            return before if exists else None
    raise Failed(
        f"database {database}: it still has active connections; the old one is in place. "
        "Stop the service that uses it, then try again"
    )


def _create(cluster: ClusterSession, database: str, role: str, like: DatabaseManifest) -> None:
    for field, value in (("encoding", like.encoding), ("collate", like.collate), ("ctype", like.ctype)):
        if LOCALE_WORD.fullmatch(value) is None:
            raise Refused(
                f"database {database}: {field} of the backup's manifest: found another text, allowed: the name of an "
                "encoding or a locale; nothing was replaced. Try another backup with --snapshot"
            )
    name, owner = identifier(database), identifier(role)
    ask_cluster(
        cluster,
        f"database {database}: it cannot be created",
        f"DROP DATABASE IF EXISTS {name} WITH (FORCE);\n"
        f"CREATE DATABASE {name} OWNER {owner} TEMPLATE template0 ENCODING {literal(like.encoding)} "
        f"LC_COLLATE {literal(like.collate)} LC_CTYPE {literal(like.ctype)};\n"
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC;\n",
    )


def _give_to_owner(new: ApplicationSession) -> None:
    # Code of the application's that ran meanwhile can have undone SET ROLE: what came after is the login's own.
    ask_database(
        new,
        "what was restored cannot be given to its owner",
        f"REASSIGN OWNED BY {identifier(new.login)} TO {identifier(new.owner)};\n",
    )
