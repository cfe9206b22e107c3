"""The queries that tell what a database holds. None of them calls code of the application's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from phiward_host.backup.attributes import ColumnOrder
from phiward_host.common.decode import Fields, as_str, optional
from phiward_host.databases.sql import identifier, one_line

# An owner may have taken its own rights from itself; as a member of it one can give them to oneself.
READABLE = one_line("""SELECT pg_catalog.format('GRANT USAGE ON SCHEMA %I TO %I', nspname, CURRENT_USER)
 FROM pg_catalog.pg_namespace
 WHERE NOT pg_catalog.has_schema_privilege(oid, 'USAGE') AND pg_catalog.pg_has_role(nspowner, 'USAGE')
 UNION ALL SELECT pg_catalog.format('GRANT SELECT ON TABLE %I.%I TO %I', n.nspname, c.relname, CURRENT_USER)
 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'S') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'
 AND NOT pg_catalog.has_table_privilege(c.oid, 'SELECT') AND pg_catalog.pg_has_role(c.relowner, 'USAGE')
 UNION ALL SELECT pg_catalog.format('GRANT SELECT ON LARGE OBJECT %s TO %I', l.oid, CURRENT_USER)
 FROM pg_catalog.pg_largeobject_metadata l
 WHERE l.lomacl IS NOT NULL AND pg_catalog.pg_has_role(l.lomowner, 'USAGE')
 AND NOT EXISTS (SELECT FROM pg_catalog.aclexplode(l.lomacl) a WHERE a.privilege_type = 'SELECT'
 AND (a.grantee = 0 OR pg_catalog.pg_has_role(a.grantee, 'USAGE'))) \\gexec""")
TABLES = one_line("""SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
 'schema', n.nspname, 'table', c.relname, 'name', pg_catalog.format('%I.%I', n.nspname, c.relname),
 'owner', pg_catalog.pg_get_userbyid(c.relowner),
 'readable', pg_catalog.has_table_privilege(c.oid, 'SELECT'),
 'extension', (SELECT e.extname FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
 WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.objsubid = 0
 AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e' LIMIT 1),
 'columns', ARRAY(SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
 AND NOT a.attisdropped ORDER BY a.attnum),
 'generated', ARRAY(SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
 AND NOT a.attisdropped AND a.attgenerated <> '')) ORDER BY n.nspname, c.relname), '[]')
 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_';""")
# Neither a cast nor an operator nor a function of the application's is called: `record_out` calls the types' own output
# functions. The sum does not depend on the order of the rows, which a restore may change.
ROWS = one_line("""SELECT pg_catalog.jsonb_build_array(pg_catalog.count(*),
 coalesce(pg_catalog.sum(pg_catalog.hashtextextended(
 pg_catalog.textin(pg_catalog.record_out(ROW({columns}))) COLLATE "C", 0)), 0)::pg_catalog.text)
 FROM ONLY {table} AS "phiward row";""")
# Members: an extension's script makes them the superuser's, so one with another owner was put there by ALTER EXTENSION.
# A dump leaves it out, and what needs it cannot be restored.
ABOUT = one_line("""SELECT pg_catalog.jsonb_build_object(
 'largeObjects', (SELECT pg_catalog.count(*) FROM pg_catalog.pg_largeobject_metadata),
 'bytes', pg_catalog.pg_database_size(d.oid), 'version', pg_catalog.current_setting('server_version'),
 'encoding', pg_catalog.pg_encoding_to_char(d.encoding), 'collate', d.datcollate, 'ctype', d.datctype,
 'settings', coalesce((SELECT s.setconfig FROM pg_catalog.pg_db_role_setting s
 WHERE s.setdatabase = d.oid AND s.setrole = 0), ARRAY[]::pg_catalog.text[]),
 'members', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.format(
 '%s (%s)', pg_catalog.pg_describe_object(m.classid, m.objid, 0), e.extname) ORDER BY m.classid, m.objid), '[]')
 FROM pg_catalog.pg_depend m JOIN pg_catalog.pg_extension e ON e.oid = m.refobjid AND m.deptype = 'e'
 AND m.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
 JOIN pg_catalog.pg_shdepend o ON o.dbid = d.oid AND o.classid = m.classid AND o.objid = m.objid AND o.deptype = 'o'
 JOIN pg_catalog.pg_available_extension_versions v ON v.name = e.extname AND v.version = e.extversion AND v.superuser),
 'grants', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(
 CASE a.grantee WHEN 0 THEN '' ELSE pg_catalog.pg_get_userbyid(a.grantee) END, a.privilege_type, a.is_grantable)), '[]')
 FROM pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) a WHERE a.grantee <> d.datdba))
 FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database();""")


@dataclass(frozen=True)
class ListedTable:
    """A table as the database lists it."""

    schema: str
    table: str
    # Schema and name, quoted where they have to be.
    name: str
    owner: str
    readable: bool
    # The extension that it is a member of: a dump leaves its rows out.
    extension: str | None
    # In their order in the table.
    columns: Sequence[str]
    # Those whose values the database computes, also at a restore.
    generated: Sequence[str]

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(
            schema=fields.text("schema"),
            table=fields.text("table"),
            name=fields.text("name"),
            owner=fields.text("owner"),
            readable=fields.flag("readable"),
            extension=fields.read("extension", optional(as_str)),
            columns=fields.texts("columns"),
            generated=fields.texts("generated"),
        )


def rows_query(table: ListedTable, order: ColumnOrder) -> str:
    """The query for the number of rows of a table and the checksum of their content.

    By `name` the checksum does not depend on the order of columns, which a restore changes in a child of INHERITS.
    """
    if order == "position":
        columns: Sequence[str] = table.columns
    else:
        columns = sorted(set(table.columns) - set(table.generated))
    values = ", ".join(f'"phiward row".{identifier(column)}' for column in columns)
    return ROWS.format(columns=values, table=f"{identifier(table.schema)}.{identifier(table.table)}")
