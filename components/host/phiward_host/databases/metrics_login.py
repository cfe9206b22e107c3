"""The login by which a database is asked for numbers about itself: it sees nothing that a service keeps there.

In PostgreSQL it is a member of pg_monitor, and of what keeps a place for it, alone; it has no password, and is let in
over the server's socket only, to the database that no application owns. In Redis it may say INFO and PING. No service's
name has an underscore in it: none can have such a login, nor can it be a role's maintenance login.
"""

from phiward_host.databases.session import CLUSTER_DATABASE, PINNED, connection_by
from phiward_host.databases.sql import identifier, literal

LOGIN = "phiward_host_metrics"
REDIS_RIGHTS = "-@all +info +ping"
ATTRIBUTES = (
    "LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 3 PASSWORD NULL"
)
# A place is kept for it where applications have taken all others, which is when one has to know.
MEMBERSHIPS = ("pg_monitor", "pg_use_reserved_connections")
CONNECT_SECONDS = 5
# The client is ended later (figures.CLIENT_SECONDS).
LIMITS = {"statement_timeout": "8s", "lock_timeout": "2s", "idle_session_timeout": "10s"}
EXISTS = f"SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = {literal(LOGIN)}"
DECLARED = f"{LOGIN} is as declared"
# One row with DECLARED, or none.
AS_DECLARED = (
    f"SELECT {literal(DECLARED)} FROM pg_catalog.pg_roles l WHERE "
    f"l.rolname = {literal(LOGIN)} AND l.rolcanlogin AND NOT (l.rolsuper OR l.rolcreatedb OR l.rolcreaterole "
    "OR l.rolreplication OR l.rolbypassrls) AND ARRAY(SELECT r.rolname::text FROM pg_catalog.pg_auth_members m "
    "JOIN pg_catalog.pg_roles r ON r.oid = m.roleid WHERE m.member = l.oid ORDER BY 1) = "
    f"ARRAY[{', '.join(map(literal, MEMBERSHIPS))}] "
    f"AND pg_catalog.has_database_privilege(l.oid, {literal(CLUSTER_DATABASE)}, 'CONNECT');"
)


def statements() -> list[str]:
    """By which the superuser makes it or puts it right."""
    name = identifier(LOGIN)
    # A role of it that was granted by hand is taken from it.
    others = (
        f"SELECT pg_catalog.format('REVOKE %I FROM {name}', r.rolname) FROM pg_catalog.pg_auth_members m "
        "JOIN pg_catalog.pg_roles r ON r.oid = m.roleid JOIN pg_catalog.pg_roles l ON l.oid = m.member "
        f"WHERE l.rolname = {literal(LOGIN)} AND r.rolname NOT IN ({', '.join(map(literal, MEMBERSHIPS))}) \\gexec"
    )
    return [
        f"SELECT {literal(f'CREATE ROLE {name}')} WHERE NOT EXISTS ({EXISTS}) \\gexec",
        f"ALTER ROLE {name} {ATTRIBUTES};",
        f"ALTER ROLE {name} RESET ALL;",
        f"GRANT {', '.join(MEMBERSHIPS)} TO {name} WITH ADMIN FALSE, INHERIT TRUE, SET FALSE;",
        others,
        f"GRANT CONNECT ON DATABASE {CLUSTER_DATABASE} TO {name};",
    ]


def connection() -> str:
    """The option by which psql connects as it."""
    return connection_by(LOGIN, CLUSTER_DATABASE, {**PINNED, **LIMITS}, CONNECT_SECONDS)
