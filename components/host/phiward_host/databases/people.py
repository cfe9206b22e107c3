"""People in PostgreSQL: whoever the stack's file lets read databases has a role of their own in their server.

It is a member of the groups of these databases, and of nothing else, none of which can log in: `DATABASE__readonly`
reads what the database's owner has made; `DATABASE__auditor` no table of it, but who may do what there (the catalog,
which everybody in a database reads) and the record of accesses to patients' columns (phi/objects.py). No name of a
service or a person has an underscore, and no login of a service has two: none of them is called so. The role has no
password that lasts: `person_session` makes one for each session, which is good for seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from phiward_host.common.decode import Fields, as_strs
from phiward_host.databases import maintenance, retirement, waiting
from phiward_host.databases.session import ApplicationSession, ClusterSession
from phiward_host.databases.sql import identifier, literal, one_line

PREFIX = "person__"
# Of several windows of one person; more would take places that services need.
CONNECTIONS = 3
ATTRIBUTES = f"INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT {CONNECTIONS}"
GROUP_ATTRIBUTES = "NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD NULL"
# For what is typed by mistake, or forgotten. The person may set all but the last otherwise: the grants are the barrier.
SETTINGS = {
    "default_transaction_read_only": "on",
    "statement_timeout": "1min",
    # What waits for a lock makes others wait behind it.
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "1min",
    "transaction_timeout": "10min",
    "idle_session_timeout": "15min",
    # Sorting and joining by a mistake does not fill the disk of the services.
    "temp_file_limit": "1GB",
}
# The schemas and tables of the owner, and what it makes later; what an extension keeps for itself is its own.
GRANTS = (
    one_line("""SELECT pg_catalog.format('GRANT USAGE ON SCHEMA %I TO %I', n.nspname, {group})
 FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 AND pg_catalog.pg_has_role(CURRENT_USER, n.nspowner, 'USAGE') \\gexec"""),
    one_line("""SELECT pg_catalog.format('GRANT SELECT ON TABLE %I.%I TO %I', n.nspname, c.relname, {group})
 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 AND pg_catalog.pg_has_role(CURRENT_USER, c.relowner, 'USAGE')
 AND NOT pg_catalog.has_table_privilege({group}, c.oid, 'SELECT') \\gexec"""),
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE ON SCHEMAS TO {named};",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT ON TABLES TO {named};",
)
# One line for each role of a person: whether it has more or less than it should, and the groups that it is in.
FACTS = one_line(f"""SELECT 'person|' || p.rolname || '|' || CASE WHEN p.rolinherit
 AND NOT (p.rolsuper OR p.rolcreatedb OR p.rolcreaterole OR p.rolreplication OR p.rolbypassrls)
 AND p.rolconnlimit = {CONNECTIONS}
 THEN CASE WHEN p.rolcanlogin THEN 'reads' ELSE 'locked' END ELSE 'differs' END || '|' || pg_catalog.array_to_string(
 ARRAY(SELECT g.rolname::text FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
 WHERE m.member = p.oid ORDER BY 1), ',')
 FROM pg_catalog.pg_roles p WHERE pg_catalog.starts_with(p.rolname, {literal(PREFIX)});""")


@dataclass(frozen=True)
class Reader:
    """A person, and the databases of one server that they may read, and those whose rights and records alone.

    Who is locked keeps the role, which cannot log in then.
    """

    name: str
    databases: Sequence[str]
    audits: Sequence[str] = ()
    is_locked: bool = False

    @staticmethod
    def from_json(value: object, path: str) -> "Reader":
        """One person of the settings."""
        fields = Fields.of(value, path)
        return Reader(fields.text("name"), fields.texts("databases"), fields.read_or("audits", as_strs, []))

    @property
    def role(self) -> str:
        """The person's role."""
        return PREFIX + self.name

    @property
    def fact(self) -> str:
        """What FACTS says of a role that is as declared."""
        word = "locked" if self.is_locked else "reads"
        return f"person|{self.role}|{word}|{','.join(sorted(self.groups.values()))}"

    @property
    def groups(self) -> Mapping[str, str]:
        """The group that the person is in, by database."""
        return {
            **{database: group_of(database) for database in self.databases},
            **{database: auditors_of(database) for database in self.audits},
        }


def group_of(database: str) -> str:
    """The group whose members read a database."""
    return f"{database}__readonly"


def auditors_of(database: str) -> str:
    """The group whose members read its rights and the record of accesses."""
    return f"{database}__auditor"


def former(roles: Sequence[str], readers: Sequence[Reader]) -> list[str]:
    """The roles of people who may read nothing any more."""
    declared = {reader.role for reader in readers}
    return sorted(role for role in roles if role.startswith(PREFIX) and role not in declared)


def add(cluster: ClusterSession, reader: Reader, *databases: str) -> None:
    """Makes a person's role, or puts it right, with what it may read in these databases. Raises Failed."""
    waiting.execute(cluster, statements(reader))
    for database in (database for database in databases if database in reader.databases):
        _let_read(maintenance.ensure(cluster, database, database))


def remove(cluster: ClusterSession, role: str) -> None:
    """Ends the sessions of a person's role, then its rights, then the role. Raises Failed."""
    retirement.remove(cluster, role)


def statements(reader: Reader) -> list[str]:
    """By which the superuser makes a person's role, or puts it right. Its password stays as it is."""
    groups = [*reader.groups.values()]
    name, listed = identifier(reader.role), ", ".join(map(literal, groups))
    # Whatever else it was made a member of by hand, or the groups were.
    others = (
        "SELECT pg_catalog.format('REVOKE %I FROM %I', g.rolname, p.rolname) FROM pg_catalog.pg_auth_members m "
        "JOIN pg_catalog.pg_roles g ON g.oid = m.roleid JOIN pg_catalog.pg_roles p ON p.oid = m.member "
        f"WHERE p.rolname = {literal(reader.role)} AND g.rolname NOT IN ({listed}) OR p.rolname IN ({listed}) \\gexec"
    )
    return [
        *(_created(role) for role in [*groups, reader.role]),
        *(f"ALTER ROLE {identifier(group)} {GROUP_ATTRIBUTES};" for group in groups),
        *(
            f"GRANT CONNECT ON DATABASE {identifier(database)} TO {identifier(group)};"
            for database, group in reader.groups.items()
        ),
        f"ALTER ROLE {name} {'NOLOGIN' if reader.is_locked else 'LOGIN'} {ATTRIBUTES};",
        f"ALTER ROLE {name} RESET ALL;",
        *(f"ALTER ROLE {name} IN DATABASE {identifier(database)} RESET ALL;" for database in reader.groups),
        *(f"ALTER ROLE {name} SET {setting} TO {literal(value)};" for setting, value in SETTINGS.items()),
        others,
        *(f"GRANT {identifier(group)} TO {name} WITH ADMIN FALSE, INHERIT TRUE, SET FALSE;" for group in groups),
    ]


def _created(role: str) -> str:
    absent = f"NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {literal(role)})"
    return f"SELECT {literal(f'CREATE ROLE {identifier(role)}')} WHERE {absent} \\gexec"


def _let_read(application: ApplicationSession) -> None:
    group = group_of(application.database)
    words = {"group": literal(group), "named": identifier(group), "owner": identifier(application.owner)}
    waiting.execute(application, [statement.format(**words) for statement in GRANTS])
