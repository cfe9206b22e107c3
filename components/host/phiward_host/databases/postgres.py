"""Accounts of services in PostgreSQL.

Each service has a database and a group role of its own name, which owns the database and cannot log in. Its logins are
members of that group and become it on login, so that what they create belongs to the service and outlives the login.
"""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType

from phiward_host.common import contained
from phiward_host.common.decode import Fields, as_int, list_of
from phiward_host.common.errors import Failed
from phiward_host.common.faults import each
from phiward_host.databases import extensions, maintenance, metrics_login, people, retirement, waiting
from phiward_host.databases.engine import LOG, User
from phiward_host.databases.scram import verifier, verifies
from phiward_host.databases.session import MAINTENANCE_PREFIX, ApplicationSession, ClusterSession, maintenance_login
from phiward_host.databases.sql import identifier, literal, one_line
from phiward_host.phi.function import OWNER

SALT_BYTES = 16
# Of a host whose last deploy said none: postgresKeys.ts has the reasons.
CONNECTIONS, LOCK_SECONDS = 80, 60
NO_POWERS = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
ROLES = "SELECT rolname || '|' || coalesce(rolpassword, '') FROM pg_catalog.pg_authid"
LOGINS = f"{ROLES} WHERE rolcanlogin AND rolname <> 'postgres'"
# Beside the configuration's file (postgresFiles.ts).
RECORDED = MappingProxyType({"log_connections": "on", "log_min_messages": "log"})
CLUSTER = (
    "REVOKE ALL ON DATABASE postgres FROM PUBLIC;",
    "REVOKE ALL ON DATABASE template1 FROM PUBLIC;",
    # Whoever is logged in can have the text of each error logged as what ended the session (exit_on_error). Logins that
    # are refused stay on record: they come before settings of roles.
    "ALTER ROLE ALL SET log_min_messages TO 'panic';",
    # After that: who connects is on record, beside the configuration that the container has.
    *(f"ALTER SYSTEM SET {name} TO '{value}';" for name, value in RECORDED.items()),
    "SELECT pg_catalog.pg_reload_conf();",
)
RECORDED_NOW = (
    "SELECT name || '=' || setting FROM pg_catalog.pg_file_settings WHERE applied AND error IS NULL "
    f"AND name IN ({', '.join(map(literal, RECORDED))});"
)
# What each login of a service has of these: where it has another value, or none, it is not as declared.
LIMITED = one_line("""SELECT 'limits|' || r.rolname || '|' || r.rolconnlimit || '|' || coalesce((SELECT
 pg_catalog.string_agg(c, ',') FROM pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) c
 WHERE s.setrole = r.oid AND pg_catalog.starts_with(c, 'lock_timeout=')), '') FROM pg_catalog.pg_roles r
 WHERE r.rolname ~ '_e[0-9]+$';""")
CLOSE_PUBLIC_SCHEMA = (
    "SELECT 'REVOKE ALL ON SCHEMA public FROM PUBLIC' FROM pg_catalog.pg_namespace WHERE nspname = 'public' \\gexec"
)


@dataclass(frozen=True)
class PostgresAccounts:
    """The accounts in one PostgreSQL server."""

    container: str
    users: Sequence[User]
    readers: Sequence[people.Reader] = ()
    # Of each login of a service: sessions at once, and seconds that it waits for a lock.
    connections: int = CONNECTIONS
    lock_seconds: int = LOCK_SECONDS

    @staticmethod
    def from_json(value: object, path: str) -> "PostgresAccounts":
        """One database of the settings."""
        fields = Fields.of(value, path)
        declared = fields.read_or("people", list_of(people.Reader.from_json), [])
        locked = contained.known().people
        return PostgresAccounts(
            container=fields.text("container"),
            users=fields.items("users", User.from_json),
            readers=[replace(one, is_locked=one.name in locked) for one in declared],
            connections=fields.read_or("connections", as_int, CONNECTIONS),
            lock_seconds=fields.read_or("lockSeconds", as_int, LOCK_SECONDS),
        )

    def add(self) -> None:
        cluster = ClusterSession(self.container)
        roles = _roles(cluster, ROLES)
        waiting.execute(cluster, [*CLUSTER, *metrics_login.statements()])

        def add(user: User) -> None:
            service, login = _service(user.service, user.service in roles), _login(user, roles.get(user.login))
            waiting.execute(cluster, [*service, *login, *self._limits(user.login)])
            application = maintenance.ensure(cluster, user.service, user.service)
            _close_public_schema(application)
            extensions.create(application, user.extensions)

        # First who may not any more. Whatever one service holds in its database, the others get theirs.
        work: list[Callable[[], None]] = [
            *(partial(people.remove, cluster, role) for role in people.former([*roles], self.readers)),
            *(partial(add, user) for user in self.users),
            *(partial(people.add, cluster, reader, *reader.databases) for reader in self.readers),
        ]
        each(lambda one: one(), work, LOG)

    def is_added(self) -> bool:
        cluster = ClusterSession(self.container)
        logins = _roles(cluster, LOGINS)
        databases = cluster.execute(["SELECT datname FROM pg_catalog.pg_database;"])
        recorded = cluster.execute([RECORDED_NOW, metrics_login.AS_DECLARED, people.FACTS, LIMITED])
        settings = {f"{name}={value}" for name, value in RECORDED.items()} | {metrics_login.DECLARED}
        persons = {line for line in recorded if line.startswith("person|")}
        as_declared = settings <= set(recorded) and persons == {reader.fact for reader in self.readers}
        return as_declared and all(
            user.service in databases
            and user.service not in logins
            and maintenance_login(user.service) in logins
            and verifies(logins.get(user.login, ""), user.password())
            and f"limits|{user.login}|{self.connections}|lock_timeout={self.lock_seconds}s" in recorded
            and not extensions.missing(ApplicationSession(self.container, user.service), user.extensions)
            for user in self.users
        )

    def retire(self) -> None:
        cluster = ClusterSession(self.container)
        roles = set(_roles(cluster, ROLES))
        declared, epochs = self._declared(), _epochs(roles)
        old = [login for login in sorted(epochs) if login not in declared]
        each(lambda login: retirement.retire(cluster, login, epochs[login]), old, LOG)
        # Who made them, and what their data is to become, is not known here.
        strangers = set(_roles(cluster, LOGINS)) - declared - set(epochs) - _maintenance(roles)
        if strangers:
            raise Failed(
                f"{self.container}: found the logins {', '.join(sorted(strangers))}, allowed: those of services, "
                "SERVICE_eNUMBER; they were left as they are, with what they own. Whoever made them removes them: "
                "REASSIGN OWNED, then DROP ROLE; or ALTER ROLE ... NOLOGIN"
            )

    def is_retired(self) -> bool:
        cluster = ClusterSession(self.container)
        roles = set(_roles(cluster, ROLES))
        logins = set(_roles(cluster, LOGINS))
        # An earlier epoch that cannot log in any more is what a retirement left that was cut off.
        return (logins | set(_epochs(roles))) - _maintenance(roles) == self._declared()

    def _limits(self, login: str) -> list[str]:
        """No service takes all places of the others, nor makes all wait that come after it for a lock."""
        return [
            f"ALTER ROLE {identifier(login)} CONNECTION LIMIT {self.connections};",
            f"ALTER ROLE {identifier(login)} SET lock_timeout TO '{self.lock_seconds}s';",
        ]

    def _declared(self) -> set[str]:
        return {user.login for user in self.users}


def _roles(cluster: ClusterSession, query: str) -> dict[str, str]:
    """Name of each role and what the server stores of its password; empty where it has none."""
    rows = (line.rsplit("|", 1) for line in cluster.execute([f"{query};"]))
    return dict(rows)


def _epochs(roles: set[str]) -> dict[str, str]:
    """The logins of services' epochs among the roles, each with its service: a role of that name is there as well."""
    found = ((role, re.fullmatch(r"([a-z][a-z0-9-]*)_e[0-9]+", role)) for role in roles)
    return {role: match[1] for role, match in found if match is not None and match[1] in roles}


def _maintenance(roles: set[str]) -> set[str]:
    """Logins of maintenance, of numbers, of the owner of patients' keys, and people's, which `add` sees to."""
    kept = {role for role in roles if role.startswith(MAINTENANCE_PREFIX) and role[len(MAINTENANCE_PREFIX) :] in roles}
    persons = {role for role in roles if role.startswith(people.PREFIX)}
    return kept | persons | (roles & {metrics_login.LOGIN, OWNER})


def _service(group: str, exists: bool) -> list[str]:
    """Statements that create or correct a service's group role and its database."""
    create = f"CREATE DATABASE {identifier(group)} OWNER {identifier(group)}"
    absent = f"NOT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = {literal(group)})"
    return [
        *([] if exists else [f"CREATE ROLE {identifier(group)};"]),
        f"ALTER ROLE {identifier(group)} NOLOGIN {NO_POWERS} PASSWORD NULL;",
        f"SELECT {literal(create)} WHERE {absent} \\gexec",
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
    waiting.execute(application, [CLOSE_PUBLIC_SCHEMA])
