"""The maintenance login of each role that owns databases: what dumps, restores and maintains them, and no superuser.

It is a member of the owner and of the owner's logins, sees every row whatever row-level security says, and may connect
to the owner's databases alone. It has no password and is let in over the server's socket only (pg_hba.conf), so nobody
on the network can be it. An owner's code that runs in one of its sessions could change the login's own settings, and an
owner can close its database: so the superuser puts both right before each use, from the database `postgres`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed
from phiward_host.databases import waiting
from phiward_host.databases.session import ApplicationSession, ClusterSession
from phiward_host.databases.sql import identifier, literal, one_line

ATTRIBUTES = (
    "LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS CONNECTION LIMIT -1 PASSWORD NULL"
)
# The login's sessions find a place when an application has taken all others.
RESERVED = "pg_use_reserved_connections"
FACTS = one_line("""SELECT pg_catalog.jsonb_build_object(
 'exists', EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {login}),
 'memberships', (SELECT coalesce(pg_catalog.jsonb_agg(rolname), '[]') FROM pg_catalog.pg_roles
  WHERE rolname = {owner} OR rolname ~ ('^' || {owner} || '_e[0-9]+$')),
 'members', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.pg_get_userbyid(m.member)), '[]')
  FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles r ON r.oid = m.roleid WHERE r.rolname = {login}),
 'open', coalesce((SELECT datallowconn AND datconnlimit < 0 FROM pg_catalog.pg_database
  WHERE datname = {database}), true),
 'connects', coalesce((SELECT pg_catalog.has_database_privilege(r.oid, d.oid, 'CONNECT')
  FROM pg_catalog.pg_roles r, pg_catalog.pg_database d
  WHERE r.rolname = {owner} AND d.datname = {database}), true));""")


@dataclass(frozen=True)
class _Facts:
    exists: bool
    # The owner and its logins.
    memberships: Sequence[str]
    # Roles that have been made members of the login.
    members: Sequence[str]
    # Whether the database accepts connections, without a limit.
    open: bool
    # Whether the owner may connect to it.
    connects: bool


def ensure(cluster: ClusterSession, database: str, owner: str) -> ApplicationSession:
    """A session in a database, by the owner's maintenance login, which is created or put right first. Raises Failed."""
    session = ApplicationSession(cluster.container, database, owner)
    _put_right(cluster, session, _facts(cluster, session))
    return session


def reopened(cluster: ClusterSession, database: str, owner: str) -> ApplicationSession:
    """As `ensure`, but raises Failed where the login is missing: a deploy creates it, and the rules that let it in."""
    session = ApplicationSession(cluster.container, database, owner)
    facts = _facts(cluster, session)
    if not facts.exists:
        raise Failed(
            f"database {database} in {cluster.container}: found no login {session.login}, by which databases of "
            f"{owner} are backed up; the next deploy creates it: npx phiward up"
        )
    _put_right(cluster, session, facts)
    return session


def _facts(cluster: ClusterSession, session: ApplicationSession) -> _Facts:
    values = {"login": session.login, "owner": session.owner, "database": session.database}
    query = FACTS.format(**{name: literal(value) for name, value in values.items()})
    fields = Fields.of(json.loads("".join(cluster.execute([query]))), session.login)
    return _Facts(
        exists=fields.flag("exists"),
        memberships=fields.texts("memberships"),
        members=fields.texts("members"),
        open=fields.flag("open"),
        connects=fields.flag("connects"),
    )


def _put_right(cluster: ClusterSession, session: ApplicationSession, facts: _Facts) -> None:
    login, database = identifier(session.login), identifier(session.database)
    statements = [
        *([] if facts.exists else [f"CREATE ROLE {login};"]),
        f"ALTER ROLE {login} {ATTRIBUTES};",
        f"ALTER ROLE {login} RESET ALL;",
        f"ALTER ROLE {login} IN DATABASE {database} RESET ALL;",
        f"GRANT {RESERVED} TO {login};",
        *(
            f"GRANT {identifier(role)} TO {login} WITH ADMIN FALSE, INHERIT TRUE, SET TRUE;"
            for role in facts.memberships
        ),
        *(f"REVOKE {login} FROM {identifier(role)};" for role in facts.members),
    ]
    if not facts.open:
        statements.append(f"ALTER DATABASE {database} ALLOW_CONNECTIONS true CONNECTION LIMIT -1;")
    if not facts.connects:
        statements.append(f"GRANT CONNECT ON DATABASE {database} TO {identifier(session.owner)};")
    waiting.execute(cluster, statements)
