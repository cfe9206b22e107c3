"""What the schema `phi` is in a database: the statements that make it, and what the catalog says of it where it is so.

The statements run as its owner and meet nothing of an application's: every name is the system's or of our schemas, in
which nobody else may create anything.
"""

from collections.abc import Sequence
from types import MappingProxyType

from phiward_host.databases.session import maintenance_login
from phiward_host.databases.sql import identifier, literal, one_line
from phiward_host.phi.function import CRYPTO, KEY_READER, OWNER, SCHEMA, Function
from phiward_host.phi.functions import functions
from phiward_host.phi.settings import PhiDatabase

EXTENSION = "pgcrypto"
# Columns as the catalog prints them; of the keys' file nothing is ever written.
TABLES = MappingProxyType(
    {
        "encryption_keys": "id integer,master integer,wrapped bytea,created timestamp with time zone",
        "key_file": "line text",
        "phi_access_log": "id bigint,at timestamp with time zone,login text,accessor text,subject text,reason text,"
        "key integer,seal bigint,chain bytea",
    }
)
SEQUENCE = "phi_access_log_id_seq"
MAKE_TABLES = (
    f"CREATE TABLE IF NOT EXISTS {SCHEMA}.encryption_keys (id integer PRIMARY KEY, master integer NOT NULL, "
    "wrapped bytea NOT NULL, created timestamptz NOT NULL DEFAULT clock_timestamp());",
    f"CREATE TABLE IF NOT EXISTS {SCHEMA}.phi_access_log (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
    "at timestamptz NOT NULL, login text NOT NULL, accessor text NOT NULL, subject text NOT NULL, "
    "reason text NOT NULL, key integer NOT NULL, seal bigint UNIQUE, chain bytea);",
    f"CREATE INDEX IF NOT EXISTS phi_access_log_unsealed ON {SCHEMA}.phi_access_log (id) WHERE seal IS NULL;",
    f"CREATE INDEX IF NOT EXISTS phi_access_log_at ON {SCHEMA}.phi_access_log (at);",
    f"CREATE INDEX IF NOT EXISTS phi_access_log_subject ON {SCHEMA}.phi_access_log (subject, id);",
)
# Made before ours by an application, whose functions could be called with our keys.
OTHERS = one_line(f"""SELECT 'schema ' || n.nspname || ' of ' || r.rolname FROM pg_catalog.pg_namespace n
 JOIN pg_catalog.pg_roles r ON r.oid = n.nspowner
 WHERE n.nspname IN ('{SCHEMA}', '{CRYPTO}') AND r.rolname <> '{OWNER}'
 UNION ALL SELECT 'extension {EXTENSION} of ' || r.rolname || ' in schema ' || n.nspname
 FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
 JOIN pg_catalog.pg_roles r ON r.oid = e.extowner
 WHERE e.extname = '{EXTENSION}' AND (n.nspname <> '{CRYPTO}' OR r.rolname <> '{OWNER}');""")
# Asked again once the names are taken: between the question and the statements an application could have made its own.
OURS_ALONE = one_line(f"""DO $phi$ BEGIN IF EXISTS ({OTHERS.removesuffix(";")}) THEN
 RAISE EXCEPTION 'phi: found a schema or an extension that another role has made meanwhile, allowed: none';
 END IF; END $phi$;""")
# Rights of whoever is not the owner, taken back before those that are declared are given.
STRIP = tuple(
    one_line(query) + " \\gexec"
    for query in (
        f"""SELECT pg_catalog.format('REVOKE ALL ON FUNCTION %s FROM %s', p.oid::pg_catalog.regprocedure,
 CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END)
 FROM pg_catalog.pg_proc p, pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) a
 WHERE p.pronamespace = '{SCHEMA}'::pg_catalog.regnamespace AND a.grantee <> p.proowner
 AND p.proowner = CURRENT_USER::pg_catalog.regrole""",
        f"""SELECT pg_catalog.format('REVOKE ALL ON TABLE {SCHEMA}.%I FROM %s', c.relname,
 CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END)
 FROM pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) a
 WHERE c.relnamespace = '{SCHEMA}'::pg_catalog.regnamespace AND c.relkind IN ('r', 'S') AND a.grantee <> c.relowner
 AND c.relowner = CURRENT_USER::pg_catalog.regrole""",
        f"""SELECT pg_catalog.format('REVOKE ALL ON SCHEMA %I FROM %s', n.nspname,
 CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END)
 FROM pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) a
 WHERE n.nspname IN ('{SCHEMA}', '{CRYPTO}') AND a.grantee <> n.nspowner
 AND n.nspowner = CURRENT_USER::pg_catalog.regrole""",
    )
)
ACL = """coalesce((SELECT pg_catalog.string_agg(g.who || '=' || g.what, ',' ORDER BY g.who COLLATE "C") FROM
 (SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(a.grantee)::pg_catalog.text END AS who,
 pg_catalog.string_agg(a.privilege_type, '+' ORDER BY a.privilege_type) AS what
 FROM pg_catalog.aclexplode({acl}) a WHERE a.grantee <> {owner} GROUP BY a.grantee) g), '')"""
FACTS = one_line(f"""SELECT 'function ' || pg_catalog.concat_ws('|', p.oid::pg_catalog.regprocedure,
 pg_catalog.pg_get_userbyid(p.proowner), pg_catalog.format_type(p.prorettype, NULL), l.lanname,
 CASE WHEN p.prosecdef THEN 'definer' ELSE 'invoker' END, pg_catalog.array_to_string(p.proconfig, ';'),
 pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(p.prosrc, 'UTF8')), 'hex'),
 (SELECT pg_catalog.string_agg(w.who, ',' ORDER BY w.who COLLATE "C") FROM (SELECT DISTINCT CASE a.grantee
 WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(a.grantee)::pg_catalog.text END AS who FROM
 pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) a) w))
 FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
 WHERE p.pronamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = '{SCHEMA}')
 UNION ALL SELECT 'relation ' || pg_catalog.concat_ws('|', c.relname, c.relkind, pg_catalog.pg_get_userbyid(c.relowner),
 CASE c.relkind WHEN 'S' THEN '' ELSE (SELECT pg_catalog.string_agg(t.attname || ' ' ||
 pg_catalog.format_type(t.atttypid, t.atttypmod), ',' ORDER BY t.attnum) FROM pg_catalog.pg_attribute t
 WHERE t.attrelid = c.oid AND t.attnum > 0 AND NOT t.attisdropped) END,
 c.relhasrules OR c.relhastriggers OR c.relrowsecurity, {ACL.format(acl="c.relacl", owner="c.relowner")})
 FROM pg_catalog.pg_class c WHERE c.relkind NOT IN ('i', 't')
 AND c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = '{SCHEMA}')
 UNION ALL SELECT 'schema ' || pg_catalog.concat_ws('|', n.nspname, pg_catalog.pg_get_userbyid(n.nspowner),
 {ACL.format(acl="n.nspacl", owner="n.nspowner")})
 FROM pg_catalog.pg_namespace n WHERE n.nspname IN ('{SCHEMA}', '{CRYPTO}')
 UNION ALL SELECT 'extension ' || pg_catalog.concat_ws('|', e.extname, n.nspname,
 pg_catalog.pg_get_userbyid(e.extowner))
 FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
 WHERE e.extname = '{EXTENSION}';""")


def _callers(function: Function, wanted: PhiDatabase, dumps: str) -> list[str]:
    """The roles that may call it, beside its owner."""
    match function.rights:
        case "nobody":
            return []
        case "owner":
            return [OWNER]
        case "readers":
            return sorted(wanted.readers)
        case "writers":
            return sorted(wanted.writers)
        case "both":
            return _services(wanted)
        case "maintenance":
            return [dumps]


def _services(wanted: PhiDatabase) -> list[str]:
    return sorted({*wanted.readers, *wanted.writers})


def statements(wanted: PhiDatabase, backed_up_by: str) -> list[str]:
    """What makes all of it, or puts it right, in one transaction. `backed_up_by` owns the database."""
    dumps = identifier(maintenance_login(backed_up_by))
    every = functions(wanted.epoch)
    audit = [] if wanted.auditors is None else [wanted.auditors]
    named = ", ".join(map(identifier, [*_services(wanted), maintenance_login(backed_up_by), *audit]))
    return [
        "BEGIN;",
        f"CREATE SCHEMA IF NOT EXISTS {SCHEMA};",
        f"CREATE SCHEMA IF NOT EXISTS {CRYPTO};",
        f"CREATE EXTENSION IF NOT EXISTS {EXTENSION} WITH SCHEMA {CRYPTO};",
        OURS_ALONE,
        *MAKE_TABLES,
        *STRIP,
        f"GRANT USAGE, CREATE ON SCHEMA {SCHEMA} TO {KEY_READER};",
        f"GRANT USAGE ON SCHEMA {CRYPTO} TO {KEY_READER};",
        f"SET LOCAL ROLE {KEY_READER};",
        f"CREATE TABLE IF NOT EXISTS {SCHEMA}.key_file (line text);",
        *(function.definition() for function in every if function.owner == KEY_READER),
        *STRIP,
        *_grants(wanted, every, KEY_READER, backed_up_by),
        f"GRANT SELECT ON TABLE {SCHEMA}.key_file TO {dumps};",
        "SET LOCAL ROLE NONE;",
        f"REVOKE CREATE ON SCHEMA {SCHEMA} FROM {KEY_READER};",
        *(function.definition() for function in every if function.owner == OWNER),
        *STRIP[:1],
        *_grants(wanted, every, OWNER, backed_up_by),
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO {named};",
        f"GRANT SELECT ON TABLE {SCHEMA}.encryption_keys, {SCHEMA}.phi_access_log, {SCHEMA}.{SEQUENCE} TO {dumps};",
        *(f"GRANT SELECT ON TABLE {SCHEMA}.phi_access_log TO {identifier(group)};" for group in audit),
        "COMMIT;",
    ]


def _grants(wanted: PhiDatabase, every: Sequence[Function], owner: str, backed_up_by: str) -> list[str]:
    dumps = maintenance_login(backed_up_by)
    return [
        f"GRANT EXECUTE ON FUNCTION {function.signature} TO {', '.join(map(identifier, callers))};"
        for function in every
        if function.owner == owner and (callers := _callers(function, wanted, dumps))
    ]


def facts(wanted: PhiDatabase, backed_up_by: str) -> set[str]:
    """The lines that FACTS has where all is as declared."""
    dumps = maintenance_login(backed_up_by)
    audit = [] if wanted.auditors is None else [wanted.auditors]
    usage = ",".join(f"{name}=USAGE" for name in sorted((*_services(wanted), dumps, KEY_READER, *audit)))
    selects = {
        name: ",".join(f"{who}=SELECT" for who in sorted([dumps, *(audit if name == "phi_access_log" else [])]))
        for name in TABLES
    }
    tables = {
        f"relation {name}|r|{KEY_READER if name == 'key_file' else OWNER}|{columns}|f|{selects[name]}"
        for name, columns in TABLES.items()
    }
    return {
        *(function.fact(_callers(function, wanted, dumps)) for function in functions(wanted.epoch)),
        *tables,
        f"relation {SEQUENCE}|S|{OWNER}||f|{dumps}=SELECT",
        f"schema {SCHEMA}|{OWNER}|{usage}",
        f"schema {CRYPTO}|{OWNER}|{KEY_READER}=USAGE",
        f"extension {EXTENSION}|{CRYPTO}|{OWNER}",
    }


def roles(database: str) -> list[str]:
    """What the superuser does, in the database that no application owns, before the owner's session."""
    no_powers = "INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD NULL"
    statements_of = {OWNER: "LOGIN CONNECTION LIMIT 10", KEY_READER: "NOLOGIN"}
    makes = [
        statement
        for role, login in statements_of.items()
        for statement in (
            f"SELECT {literal(f'CREATE ROLE {role}')} WHERE NOT EXISTS "
            f"(SELECT FROM pg_catalog.pg_roles WHERE rolname = '{role}') \\gexec",
            f"ALTER ROLE {role} {login} {no_powers};",
            f"ALTER ROLE {role} RESET ALL;",
        )
    ]
    return [
        *makes,
        # Whoever was made a member of them by hand is none any more, nor are they of anything else.
        one_line(f"""SELECT pg_catalog.format('REVOKE %I FROM %I', r.rolname, l.rolname)
 FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles r ON r.oid = m.roleid
 JOIN pg_catalog.pg_roles l ON l.oid = m.member
 WHERE (r.rolname IN ('{OWNER}', '{KEY_READER}') OR l.rolname IN ('{OWNER}', '{KEY_READER}'))
 AND (r.rolname, l.rolname) NOT IN (('{KEY_READER}', '{OWNER}'), ('pg_read_server_files', '{KEY_READER}'))""")
        + " \\gexec",
        f"GRANT pg_read_server_files TO {KEY_READER} WITH ADMIN FALSE, INHERIT TRUE, SET FALSE;",
        f"GRANT {KEY_READER} TO {OWNER} WITH ADMIN FALSE, INHERIT FALSE, SET TRUE;",
        f"GRANT SET ON PARAMETER log_min_messages TO {OWNER};",
        # A setting of no module could be named in a function by a superuser alone.
        f"GRANT SET ON PARAMETER phi_key.line TO {KEY_READER};",
        f"GRANT CONNECT, CREATE ON DATABASE {identifier(database)} TO {OWNER};",
    ]


ROLES = one_line(f"""SELECT r.rolname || '|' || r.rolcanlogin || '|' || (r.rolsuper OR r.rolcreatedb OR r.rolcreaterole
 OR r.rolreplication OR r.rolbypassrls) || '|' || coalesce((SELECT pg_catalog.string_agg(o.rolname, ',')
 FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles o ON o.oid = m.roleid WHERE m.member = r.oid), '')
 || '|' || coalesce((SELECT pg_catalog.string_agg(o.rolname, ',')
 FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles o ON o.oid = m.member WHERE m.roleid = r.oid), '')
 || '|' || pg_catalog.has_parameter_privilege(r.oid, 'log_min_messages', 'SET')
 || '|' || pg_catalog.has_parameter_privilege(r.oid, 'phi_key.line', 'SET')
 FROM pg_catalog.pg_roles r WHERE r.rolname IN ('{OWNER}', '{KEY_READER}');""")
ROLE_FACTS = frozenset(
    {
        f"{OWNER}|true|false|{KEY_READER}||true|false",
        f"{KEY_READER}|false|false|pg_read_server_files|{OWNER}|false|true",
    }
)
