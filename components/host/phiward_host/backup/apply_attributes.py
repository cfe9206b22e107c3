"""What a restored database gets beside its data: rights on what is in it and on itself, and its settings.

All of it is done with no more rights than its owner has, so it is what the owner could have done. A right of a role
that is not here, or a setting that its owner may not make, is left out, and the log has it: data never waits for that.
"""

import re
from collections.abc import Sequence

from phiward_host.backup.attributes import Attributes, Grant
from phiward_host.backup.repository import Repository
from phiward_host.backup.retention import Snapshot
from phiward_host.backup.tools import LOG, call
from phiward_host.backup.transfer import kept_list, listing, restore_some
from phiward_host.databases.session import PSQL, ApplicationSession
from phiward_host.databases.sql import identifier, literal

PRIVILEGES = ("CONNECT", "CREATE", "TEMPORARY")
SETTING = re.compile(r"([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?)=(.*)", re.DOTALL)
# Lists of quoted names: a text would become one name.
LISTS = ("search_path", "temp_tablespaces", "local_preload_libraries")
RIGHTS = re.compile(r"\d+; \d+ \d+ (DEFAULT )?ACL ")


def apply_attributes(repository: Repository, dump: Snapshot, attributes: Attributes, new: ApplicationSession) -> None:
    """See the module. Raises Failed where it cannot be tried."""
    _restore_rights(repository, dump, new)
    rights, settings = grant_statements(attributes.grants, new.database), _settings(attributes.settings, new.database)
    for statement in [*rights, *settings]:
        argv = new.argv(*PSQL, "--single-transaction")
        if call(argv, stdin=f"SET ROLE {identifier(new.owner)};\n{statement}\n").code != 0:
            LOG.write(f"database {new.database}: left out: {statement}")


def grant_statements(grants: Sequence[Grant], database: str) -> list[str]:
    """Statements that give rights on a database; one that no database has is left out."""
    return [
        f"GRANT {grant.privilege} ON DATABASE {identifier(database)} TO "
        f"{identifier(grant.role) if grant.role else 'PUBLIC'}{' WITH GRANT OPTION' if grant.grantable else ''};"
        for grant in grants
        if grant.privilege in PRIVILEGES
    ]


def _settings(settings: Sequence[str], database: str) -> list[str]:
    matches = (SETTING.fullmatch(setting) for setting in settings)
    return [setting_statement(match[1], match[2], database) for match in matches if match is not None]


def setting_statement(name: str, value: str, database: str) -> str:
    """The statements that set a database's setting as ALTER DATABASE ... SET had."""
    alter = f"ALTER DATABASE {identifier(database)} SET {'.'.join(map(identifier, name.split('.')))}"
    if name.lower() in LISTS:
        return f"SELECT pg_catalog.set_config({literal(name)}, {literal(value)}, true);\n{alter} FROM CURRENT;"
    return f"{alter} TO {literal(value)};"


def _restore_rights(repository: Repository, dump: Snapshot, new: ApplicationSession) -> None:
    """GRANT, REVOKE and ALTER DEFAULT PRIVILEGES of the dump, each by itself."""
    entries = [line for line in listing(repository, dump, new.container) if RIGHTS.match(line)]
    if not entries:
        return
    with kept_list(new.container, entries) as path:
        if not restore_some(repository, dump, new, path):
            LOG.write(f"database {new.database}: some rights were left out, as said above")
