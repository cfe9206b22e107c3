"""The databases that services own in one PostgreSQL server, and the end of a service's: its databases, then its roles.

The role of a service cannot log in, and owns the database of its name: what a person made by hand is not found here.
"""

import re

from phiward_host.databases import people, waiting
from phiward_host.databases.session import ClusterSession, maintenance_login
from phiward_host.databases.sql import identifier, literal

# A service's name, as the configuration allows it.
NAME = re.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*")
OWNED = (
    "SELECT pg_catalog.pg_get_userbyid(d.datdba) || '|' || d.datname FROM pg_catalog.pg_database d "
    "JOIN pg_catalog.pg_roles r ON r.oid = d.datdba AND NOT r.rolcanlogin WHERE NOT d.datistemplate "
    "ORDER BY d.datname;"
)


def owned_databases(cluster: ClusterSession) -> dict[str, list[str]]:
    """The databases of each service: its own, and those that restores kept. Raises Failed."""
    found: dict[str, list[str]] = {}
    for line in cluster.execute([OWNED]):
        service, _, database = line.partition("|")
        if NAME.fullmatch(service):
            found.setdefault(service, []).append(database)
    return found


def erase(cluster: ClusterSession, service: str) -> None:
    """Drops all databases of a service, with the sessions in them, and its roles. Raises Failed.

    Each statement can be done again: a run that was cut off is resumed by the next one.
    """
    databases = owned_databases(cluster).get(service, [])
    logins = cluster.execute(
        [f"SELECT rolname FROM pg_catalog.pg_roles WHERE rolname ~ {literal(f'^{service}_e[0-9]+$')};"]
    )
    roles = [*logins, people.group_of(service), people.auditors_of(service), maintenance_login(service), service]
    waiting.execute(
        cluster,
        [
            *(f"DROP DATABASE IF EXISTS {identifier(database)} WITH (FORCE);" for database in databases),
            *(f"DROP ROLE IF EXISTS {identifier(role)};" for role in roles),
        ],
    )
