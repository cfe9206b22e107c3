"""Sessions in PostgreSQL, one type for each kind: a function that takes one kind cannot be given the other.

Code that an application put into its database (triggers, operators, casts, ...) runs with the rights of whoever touches
it. So what concerns the cluster takes a `ClusterSession`, which never enters an application's database, and what has to
be done inside such a database takes an `ApplicationSession`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from phiward_host.databases import client


@dataclass(frozen=True)
class ClusterSession:
    """A superuser session in the database `postgres`, which no application owns: for roles, databases and sessions."""

    container: str

    def execute(self, statements: Sequence[str]) -> list[str]:
        """Runs statements in order up to the first error. Returns the rows as lines. Raises Failed."""
        return _psql(self.container, "postgres", statements)


@dataclass(frozen=True)
class ApplicationSession:
    """A session in one database that an application owns: for what is inside it, such as the owners of its tables."""

    container: str
    database: str

    def execute(self, statements: Sequence[str]) -> list[str]:
        """Runs statements in order up to the first error. Returns the rows as lines. Raises Failed."""
        return _psql(self.container, self.database, statements)


def _psql(container: str, database: str, statements: Sequence[str]) -> list[str]:
    options = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]
    connection = ["--host=/run/postgresql", "--username=postgres", f"--dbname={database}"]
    return client.execute(container, ["psql", *options, *connection], "\n".join(statements) + "\n")
