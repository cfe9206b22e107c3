"""The end of a login of a service or a person: its sessions, its rights, then itself. What it made stays, the owner's.

Each step can be done again: a run that was cut off is resumed by the next one.
"""

from phiward_host.common.errors import Failed
from phiward_host.databases import maintenance, waiting
from phiward_host.databases.session import SUPERUSER, ApplicationSession, ClusterSession
from phiward_host.databases.sql import identifier, literal, one_line

TERMINATE_MILLISECONDS = 5000
# What a role has in a database: in the catalog that all databases share, so that no database has to be entered for it.
_SHARED = one_line("""pg_catalog.pg_shdepend s JOIN pg_catalog.pg_roles r ON r.oid = s.refobjid AND r.rolname = {login}
 AND s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass""")
# Default privileges and user mappings count as owned there; they hold no data, and only DROP OWNED removes them.
_IS_OWNED = one_line("""s.deptype = 'o' AND s.classid NOT IN ('pg_catalog.pg_default_acl'::pg_catalog.regclass,
 'pg_catalog.pg_user_mapping'::pg_catalog.regclass)""")


def retire(cluster: ClusterSession, login: str, service: str) -> None:
    """Gives what a login owns to its service and removes the login. Raises Failed, with the login there, otherwise."""
    end_sessions(cluster, login)
    for database, owner in _databases(cluster, login):
        if owner != service:
            raise Failed(
                f"{cluster.container}: {login} has something in the database {database}, which belongs to {owner}; "
                f"it cannot log in any more. In that database, REASSIGN OWNED BY it or revoke its rights, then deploy"
            )
        _give_away(maintenance.ensure(cluster, database, service), login)
    _drop(cluster, login)


def remove(cluster: ClusterSession, login: str) -> None:
    """Gives what a person's login owns to the owners of its databases and removes the login. Raises as `retire`."""
    end_sessions(cluster, login)
    for database, owner in _databases(cluster, login):
        if owner == SUPERUSER:
            raise Failed(
                f"{cluster.container}: {login} has something in the database {database}, which no service owns; it "
                "cannot log in any more. In that database, DROP OWNED BY it, then deploy"
            )
        application = maintenance.ensure(cluster, database, owner)
        # Whoever takes a role's rights has to be a member of it.
        waiting.execute(cluster, [f"GRANT {identifier(login)} TO {identifier(application.login)};"])
        _give_away(application, login)
    # What is left: rights on databases themselves.
    waiting.execute(cluster, [f"DROP OWNED BY {identifier(login)};"])
    _drop(cluster, login)


def _drop(cluster: ClusterSession, login: str) -> None:
    owned = cluster.execute(
        [f"SELECT pg_catalog.count(*) FROM {_SHARED.format(login=literal(login))} WHERE {_IS_OWNED};"]
    )
    if owned != ["0"]:
        raise Failed(
            f"{cluster.container}: {login} still owns something, so it was not removed; it cannot log in any more. "
            "Deploy again; if that does not help, look for it in pg_shdepend"
        )
    waiting.execute(cluster, [f"DROP ROLE IF EXISTS {identifier(login)};"])


def end_sessions(cluster: ClusterSession, login: str) -> None:
    """Ends all that a role has open, which cannot log in from then on. Raises Failed."""
    waiting.execute(
        cluster,
        [
            f"ALTER ROLE {identifier(login)} NOLOGIN;",
            f"SELECT pg_catalog.pg_terminate_backend(pid, {TERMINATE_MILLISECONDS}) FROM pg_catalog.pg_stat_activity "
            f"WHERE usename = {literal(login)};",
        ],
    )


def _databases(cluster: ClusterSession, login: str) -> list[tuple[str, str]]:
    """The databases in which a login has something, each with its owner."""
    query = (
        "SELECT DISTINCT d.datname || '|' || pg_catalog.pg_get_userbyid(d.datdba) FROM "
        f"{_SHARED.format(login=literal(login))} JOIN pg_catalog.pg_database d ON d.oid = s.dbid;"
    )
    rows = (line.rpartition("|") for line in cluster.execute([query]))
    return [(database, owner) for database, _, owner in rows]


def _give_away(application: ApplicationSession, login: str) -> None:
    """Gives what a login owns to its service, and only if nothing is left of that removes its rights, at once."""
    nothing_owned = (
        f"NOT EXISTS (SELECT FROM {_SHARED.format(login=literal(login))} JOIN pg_catalog.pg_database d "
        f"ON d.oid = s.dbid AND d.datname = pg_catalog.current_database() WHERE {_IS_OWNED})"
    )
    waiting.execute(
        application,
        [
            "BEGIN;",
            f"REASSIGN OWNED BY {identifier(login)} TO {identifier(application.owner)};",
            # DROP OWNED removes what is owned as well as rights.
            f"SELECT {literal(f'DROP OWNED BY {identifier(login)}')} WHERE {nothing_owned} \\gexec",
            "COMMIT;",
        ],
    )
