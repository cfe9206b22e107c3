"""Accounts of services in PostgreSQL.

Each service has a database and a group role of its own name, which owns the database and cannot log in. Its logins are
members of that group and become it on login, so that what they create belongs to the service and outlives the login.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from phiward_host.common.decode import Fields
from phiward_host.databases.engine import User
from phiward_host.databases.scram import verifier, verifies
from phiward_host.databases.session import ApplicationSession, ClusterSession
from phiward_host.databases.sql import identifier, literal

SALT_BYTES = 16
TERMINATE_MILLISECONDS = 5000
NO_POWERS = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
ROLES = "SELECT rolname || '|' || coalesce(rolpassword, '') FROM pg_authid"
LOGINS = f"{ROLES} WHERE rolcanlogin AND rolname <> 'postgres'"


@dataclass(frozen=True)
class PostgresAccounts:
    """The accounts in one PostgreSQL server."""

    container: str
    users: Sequence[User]

    @staticmethod
    def from_json(value: object, path: str) -> "PostgresAccounts":
        """One database of the settings."""
        fields = Fields.of(value, path)
        return PostgresAccounts(container=fields.text("container"), users=fields.items("users", User.from_json))

    def add(self) -> None:
        cluster = ClusterSession(self.container)
        roles = _roles(cluster, ROLES)
        statements = [
            "REVOKE ALL ON DATABASE postgres FROM PUBLIC;",
            "REVOKE ALL ON DATABASE template1 FROM PUBLIC;",
        ]
        for user in self.users:
            statements += _service(user.service, user.service in roles)
            statements += _login(user, roles.get(user.login))
        cluster.execute(statements)
        for user in self.users:
            _close_public_schema(ApplicationSession(self.container, user.service))

    def is_added(self) -> bool:
        cluster = ClusterSession(self.container)
        logins = _roles(cluster, LOGINS)
        databases = cluster.execute(["SELECT datname FROM pg_database;"])
        return all(
            user.service in databases and verifies(logins.get(user.login, ""), user.password()) for user in self.users
        )

    def retire(self) -> None:
        cluster = ClusterSession(self.container)
        databases = cluster.execute(["SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate;"])
        for login in sorted(set(_roles(cluster, LOGINS)) - self._declared()):
            _end_sessions(cluster, login)
            for database in databases:
                _give_away(ApplicationSession(self.container, database), login)
            cluster.execute([f"DROP ROLE {identifier(login)};"])

    def is_retired(self) -> bool:
        return set(_roles(ClusterSession(self.container), LOGINS)) == self._declared()

    def _declared(self) -> set[str]:
        return {user.login for user in self.users}


def _roles(cluster: ClusterSession, query: str) -> dict[str, str]:
    """Name of each role and what the server stores of its password; empty where it has none."""
    rows = (line.split("|", 1) for line in cluster.execute([f"{query};"]))
    return dict(rows)


def _service(group: str, exists: bool) -> list[str]:
    """Statements that create or correct a service's group role and its database."""
    create = f"CREATE DATABASE {identifier(group)} OWNER {identifier(group)}"
    return [
        *([] if exists else [f"CREATE ROLE {identifier(group)};"]),
        f"ALTER ROLE {identifier(group)} NOLOGIN {NO_POWERS} PASSWORD NULL;",
        f"SELECT {literal(create)} WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = {literal(group)}) \\gexec",
        f"ALTER DATABASE {identifier(group)} OWNER TO {identifier(group)};",
        f"REVOKE ALL ON DATABASE {identifier(group)} FROM PUBLIC;",
    ]


def _login(user: User, stored: str | None) -> list[str]:
    """Statements that create or correct a login. A stored verifier of the same password stays: its salt is random."""
    password = user.password()
    if stored is not None and verifies(stored, password):
        kept = stored
    else:
        kept = verifier(password, secrets.token_bytes(SALT_BYTES))
    login, group = identifier(user.login), identifier(user.service)
    return [
        *([f"CREATE ROLE {login};"] if stored is None else []),
        f"ALTER ROLE {login} LOGIN INHERIT {NO_POWERS} PASSWORD {literal(kept)};",
        f"GRANT {group} TO {login};",
        # What it creates belongs to the service, and not to a login that will be retired.
        f"ALTER ROLE {login} SET role TO {literal(user.service)};",
    ]


def _close_public_schema(application: ApplicationSession) -> None:
    application.execute(["REVOKE ALL ON SCHEMA public FROM PUBLIC;"])


def _end_sessions(cluster: ClusterSession, login: str) -> None:
    cluster.execute(
        [
            f"ALTER ROLE {identifier(login)} NOLOGIN;",
            f"SELECT pg_terminate_backend(pid, {TERMINATE_MILLISECONDS}) FROM pg_stat_activity "
            f"WHERE usename = {literal(login)};",
        ]
    )


def _give_away(application: ApplicationSession, login: str) -> None:
    """Gives what a login created outside its group to the group, or to the superuser where there is no such group."""
    group = literal(re.sub(r"_e[0-9]+$", "", login))
    owner = f"coalesce((SELECT rolname FROM pg_roles WHERE rolname = {group}), 'postgres')"
    application.execute(
        [
            f"SELECT format('REASSIGN OWNED BY %I TO %I', {literal(login)}, {owner}) \\gexec",
            f"DROP OWNED BY {identifier(login)};",
        ]
    )
