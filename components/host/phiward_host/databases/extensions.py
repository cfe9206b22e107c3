"""Extensions of PostgreSQL in a service's database.

They are trusted ones (`trusted` in their control files): whoever may create objects in a database may create them, so
that no superuser enters it. They are the service's own, which may use, update and drop them. One that is not declared
any more stays: columns and indexes may be made of it.
"""

from collections.abc import Sequence

from phiward_host.common.errors import Failed
from phiward_host.databases import waiting
from phiward_host.databases.session import ApplicationSession
from phiward_host.databases.sql import identifier, literal

PRESENT = "SELECT extname FROM pg_catalog.pg_extension"
AVAILABLE = "SELECT name FROM pg_catalog.pg_available_extensions"


def missing(application: ApplicationSession, extensions: Sequence[str]) -> list[str]:
    """Those of the extensions that the database does not have. Raises Failed."""
    if not extensions:
        return []
    present = set(application.execute([f"{PRESENT} WHERE {_named(extensions, 'extname')};"]))
    return [extension for extension in extensions if extension not in present]


def create(application: ApplicationSession, extensions: Sequence[str]) -> None:
    """Creates those that the database does not have, as its owner. Raises Failed where its image has none of a name."""
    wanted = missing(application, extensions)
    if not wanted:
        return
    available = set(application.execute([f"{AVAILABLE} WHERE {_named(wanted, 'name')};"]))
    absent = [extension for extension in wanted if extension not in available]
    if absent:
        raise Failed(
            f"database {application.database} in {application.container}: its image has no extension "
            f"{', '.join(absent)}; choose an image with PostgreSQL's contrib, or take it out of extensions"
        )
    statements = [f"CREATE EXTENSION IF NOT EXISTS {identifier(extension)} WITH SCHEMA public;" for extension in wanted]
    waiting.execute(application, [f"SET ROLE {identifier(application.owner)};", *statements])


def _named(extensions: Sequence[str], column: str) -> str:
    return f"{column} IN ({', '.join(literal(extension) for extension in extensions)})"
