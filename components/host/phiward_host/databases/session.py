"""Sessions in PostgreSQL, one type for each kind: a function that takes one kind cannot be given the other.

Code that an application put into its database (triggers, casts, defaults, policies, ...) runs with the rights of the
session that meets it, and can undo SET ROLE and SET SESSION AUTHORIZATION. So the superuser's session, a
`ClusterSession`, is in the database `postgres` alone, where no application may create anything; and what has to be done
inside an application's database is done by an `ApplicationSession`, whose login has no more rights than the database's
owner. pg_hba.conf refuses the superuser in any other database.

Both read no configuration of psql, and set by themselves what ALTER DATABASE or ALTER ROLE could have set for them:
options of a connection win over those.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from phiward_host.common import docker
from phiward_host.databases import client

SUPERUSER = "postgres"
# Where the superuser's sessions are.
CLUSTER_DATABASE = "postgres"
# No service's name has an underscore in it: no service can have such a login.
MAINTENANCE_PREFIX = "phiward_"
CONNECT_SECONDS = 30
QUOTE = "'"
# By which one run of a program finds its own sessions, and no other's: see `waiting`.
APPLICATION_NAME = f"phiward-{secrets.token_hex(4)}"
# Names are looked up among the system's own, and temporary ones come last.
PINNED = {"search_path": "pg_catalog, pg_temp", "standard_conforming_strings": "on"}
# Limits of time are for applications; only waiting for a lock ends, since an application can hold one for ever.
UNLIMITED = {
    "statement_timeout": "0",
    "transaction_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "lock_timeout": "10min",
}
# What an owner can set for all sessions in its database, as far as it would stop ours or change what they read.
NEUTRAL = {
    "role": "none",
    "row_security": "off",
    "default_transaction_read_only": "off",
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
    "default_tablespace": "",
    "temp_tablespaces": "",
    "default_table_access_method": "heap",
    "local_preload_libraries": "",
    "exit_on_error": "off",
    "client_min_messages": "warning",
    "transform_null_equals": "off",
    "array_nulls": "on",
    "vacuum_cost_delay": "0",
    # The form of values and names as text.
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "3",
    "lc_monetary": "C",
    "xmloption": "content",
    "quote_all_identifiers": "off",
}
PSQL = (
    "psql",
    "--no-psqlrc",
    "--quiet",
    "--tuples-only",
    "--no-align",
    "--set=ON_ERROR_STOP=1",
    "--set=VERBOSITY=terse",
)


@dataclass(frozen=True)
class ClusterSession:
    """A superuser session in the database `postgres`, which no application owns: for roles, databases and sessions."""

    container: str

    @property
    def database(self) -> str:
        """Where it is."""
        return CLUSTER_DATABASE

    def argv(self, *program: str) -> list[str]:
        """The command that runs a client program, which takes a connection by `--dbname`, in this kind of session."""
        return docker.exec_argv(self.container, self._client(*program))

    def execute(self, statements: Sequence[str]) -> list[str]:
        """Runs statements in order up to the first error. Returns the rows as lines. Raises Failed."""
        return client.execute(self.container, self._client(*PSQL), "\n".join(statements) + "\n")

    def _client(self, *program: str) -> list[str]:
        return [*program, connection_by(SUPERUSER, CLUSTER_DATABASE, {**PINNED, **UNLIMITED})]


@dataclass(frozen=True)
class ApplicationSession:
    """A session in one database, by the maintenance login of the role that owns it (`maintenance` puts that right)."""

    container: str
    database: str
    # The role that owns the database; empty: the one of its name.
    owned_by: str = ""

    @property
    def owner(self) -> str:
        """The role that owns the database."""
        return self.owned_by or self.database

    @property
    def login(self) -> str:
        """Who logs in."""
        return maintenance_login(self.owner)

    def argv(self, *program: str) -> list[str]:
        """The command that runs a client program, which takes a connection by `--dbname`, in this kind of session."""
        return docker.exec_argv(self.container, self._client(*program))

    def execute(self, statements: Sequence[str]) -> list[str]:
        """Runs statements in order up to the first error. Returns the rows as lines. Raises Failed."""
        return client.execute(self.container, self._client(*PSQL), "\n".join(statements) + "\n")

    def _client(self, *program: str) -> list[str]:
        return [*program, connection_by(self.login, self.database, {**PINNED, **UNLIMITED, **NEUTRAL})]


def maintenance_login(owner: str) -> str:
    """Name of the login by which databases of a role are dumped, restored and maintained."""
    return MAINTENANCE_PREFIX + owner


def connection_by(login: str, database: str, settings: Mapping[str, str], seconds: int = CONNECT_SECONDS) -> str:
    """The option by which every client program of PostgreSQL takes a connection string."""
    words = {
        "host": "/run/postgresql",
        "user": login,
        "dbname": database,
        "connect_timeout": str(seconds),
        "application_name": APPLICATION_NAME,
        "client_encoding": "UTF8",
        "options": " ".join(f"-c {name}={_escaped(value, ' ')}" for name, value in settings.items()),
    }
    return "--dbname=" + " ".join(f"{name}='{_escaped(value, QUOTE)}'" for name, value in words.items())


def _escaped(text: str, separator: str) -> str:
    """With a backslash before what separates words, and before backslashes: in `options`, and in connection strings."""
    return text.replace("\\", "\\\\").replace(separator, f"\\{separator}")
