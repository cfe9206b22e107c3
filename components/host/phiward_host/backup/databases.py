"""Restored databases: loaded beside the old one, compared, and put in its place."""

import subprocess

from phiward_host.backup.manifest import DatabaseManifest, differences
from phiward_host.backup.postgres import (
    analyse,
    ask_cluster,
    cluster_accepts,
    drop_database,
    manifest_of,
    restore_argv,
)
from phiward_host.backup.repository import Repository
from phiward_host.backup.retention import Snapshot
from phiward_host.backup.tools import LOG
from phiward_host.common import process
from phiward_host.common.errors import Failed
from phiward_host.databases.session import ApplicationSession, ClusterSession
from phiward_host.databases.sql import identifier, literal

SWAP_ATTEMPTS = 10


def load(
    repository: Repository, dump: Snapshot, expected: DatabaseManifest, new: ApplicationSession, role: str
) -> None:
    """Fills a new database from a dump and compares it with its manifest.

    Raises Failed, and drops it, unless it holds what was backed up.
    """
    cluster = ClusterSession(new.container)
    _create(cluster, new.database, role, expected)
    try:
        _fill(repository, dump, new, role)
        analyse(new)
        wrong = differences(expected, manifest_of(new))
        if wrong:
            raise Failed(
                f"database {new.database}: what was restored is not what was backed up: {'; '.join(wrong)}; "
                "nothing was replaced. Try another backup with --snapshot"
            )
    except BaseException:
        drop_database(cluster, new.database)
        raise


def swap(cluster: ClusterSession, database: str, restored: str, before: str) -> str | None:
    """Puts a restored database in the place of the old one, in one transaction; the old one stays beside it.

    Returns the old one's new name, `before`; None if there was none.
    """
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
    name, owner = identifier(database), identifier(role)
    ask_cluster(
        cluster,
        f"database {database}: it cannot be created",
        f"DROP DATABASE IF EXISTS {name} WITH (FORCE);\n"
        f"CREATE DATABASE {name} OWNER {owner} TEMPLATE template0 ENCODING {literal(like.encoding)} "
        f"LC_COLLATE {literal(like.collate)} LC_CTYPE {literal(like.ctype)};\n"
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC;\n",
    )


def _fill(repository: Repository, dump: Snapshot, new: ApplicationSession, role: str) -> None:
    environment = process.environment()
    with LOG.open() as output:
        source = subprocess.Popen(
            repository.argv("dump", dump.id, dump.paths[0]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            env=environment,
            cwd="/",
            pass_fds=repository.password.descriptors,
        )
        target = subprocess.Popen(
            restore_argv(new, role), stdin=source.stdout, stdout=output, stderr=output, env=environment, cwd="/"
        )
        if source.stdout is not None:
            # So that restic ends where pg_restore does.
            source.stdout.close()
        restored, dumped = target.wait(), source.wait()
    if (restored, dumped) != (0, 0):
        raise Failed(
            f"database {new.database}: the dump cannot be restored (pg_restore exited with status {restored}, "
            f"restic with status {dumped}); their output is in {LOG.path} on the host"
        )
