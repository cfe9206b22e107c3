import type { ControlId } from "../../compliance/controls";
import { roleLimits } from "../../config/sections/postgresKeys";
import { anyOf } from "../../plan/patterns";
import type { Check } from "../../plan/types";
import { TLS_IN_CONTAINER } from "../names";
import type { DatabaseAccounts, DatabaseReader } from "./engine";
import {
  MAINTENANCE_PREFIX,
  METRICS_LOGIN,
  maintenanceLogin,
  PERSON_PREFIX,
  POSTGRES_HBA_RULES,
  POSTGRES_MAJOR,
  POSTGRES_PLAIN_RULE,
  POSTGRES_RECORDED,
  POSTGRES_SESSION_LOGGING,
  POSTGRES_SETTINGS,
} from "./postgresFiles";
import { tunedSettings } from "./postgresTuning";

type About = Pick<Check, "id" | "control">;
type Setting = keyof typeof SETTINGS;

const SETTINGS = { ...POSTGRES_SETTINGS, ...POSTGRES_RECORDED };

const LOGGING: readonly Setting[] = [
  "log_connections",
  ...(["log_min_messages", "log_statement", "log_min_duration_statement", "log_min_error_statement"] as const),
  ...(["log_error_verbosity", "log_parameter_max_length", "log_parameter_max_length_on_error"] as const),
];

export function postgresChecks(database: DatabaseAccounts): readonly Check[] {
  const people = database.people ?? [];
  const tuned = tunedSettings(database.settings);
  const declared: Readonly<Record<string, string>> = { ...SETTINGS, ...tuned };
  const check = (what: string, control: ControlId, expect: Check["expect"]): Check =>
    question(database, { control, id: `postgres-${database.database}-${what}` }, expect);
  const says = (what: string, control: ControlId, lines: readonly string[]): Check => check(what, control, { kind: "lines", lines });
  const none = (what: string, control: ControlId, pattern: string): Check => check(what, control, { kind: "lacks", pattern });
  const settings = (what: string, control: ControlId, names: readonly string[]): Check =>
    says(
      what,
      control,
      names.map((name) => `${name}=${declared[name] ?? ""}`),
    );
  return [
    says("version", "PG-01", [`version ${POSTGRES_MAJOR}`]),
    settings("passwords-scram", "PG-02", ["password_encryption"]),
    none("every-login-scram", "PG-02", "^login \\S+ (?!scram$)"),
    settings("hba-file", "PG-03", ["hba_file", "ident_file"]),
    none("hba-rules", "PG-03", `^way-in (?!${anyOf([...POSTGRES_HBA_RULES, POSTGRES_PLAIN_RULE])}$)`),
    settings("encrypts", "PG-04", ["ssl", "ssl_min_protocol_version", "ssl_cert_file", "ssl_key_file"]),
    // A client that takes no other server gets as far as its password; by another name it does not.
    encrypted(
      database,
      { control: "PG-04", id: `postgres-${database.database}-known-by-its-name` },
      database.database,
      "no password supplied",
    ),
    encrypted(
      database,
      { control: "PG-04", id: `postgres-${database.database}-by-no-other-name` },
      "another.invalid",
      'server certificate for ".*" .*does not match host name "another\\.invalid"',
    ),
    none("logins-without-powers", "PG-05", "^powerful "),
    none("nothing-for-public", "PG-05", "^public "),
    ...database.accounts.map(({ service, login }) => says(`account-of-${service}`, "PG-06", [`login ${login} scram`])),
    ...database.accounts.map(({ service }) =>
      says(`maintenance-of-${service}`, "PG-05", [`maintenance ${maintenanceLogin(service)} of ${service} unprivileged without-password`]),
    ),
    ...database.accounts.map(({ service, login }) => says(`limits-of-${service}`, "PG-11", [limitsFact(login, database.settings)])),
    ...people.map((person) => says(`person-${person.name}`, "PG-06", [personFact(person)])),
    none("people-declared", "PG-06", `^person (?!${anyOf(people.map((person) => personFact(person).slice(7)))}$)`),
    says("metrics-login-reads-no-data", "PG-05", ["metrics pg_monitor,pg_use_reserved_connections unprivileged without-password"]),
    settings("logs-who-and-not-what", "PG-07", LOGGING),
    says("sessions-log-no-errors", "PG-07", [`sessions ${POSTGRES_SESSION_LOGGING}`]),
    none("logging-not-overruled", "PG-07", "^logging-overruled "),
    none("errors-not-made-fatal", "PG-07", "^fatal-errors "),
    settings("idle-sessions-end", "PG-11", ["statement_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout"]),
    settings("keeps-what-it-acknowledged", "PG-12", ["data_checksums", "fsync", "full_page_writes", "synchronous_commit"]),
    ...(Object.keys(tuned).length === 0 ? [] : [settings("settings-as-chosen", "PG-11", Object.keys(tuned))]),
  ];
}

/** Asks a running PostgreSQL whether it has the declared logins and no others. */
export function postgresAccountsCheck(database: DatabaseAccounts, about: About): Check {
  const logins = database.accounts.map(({ login }) => login);
  return question(database, about, { kind: "lacks", pattern: `^login (?!${anyOf(logins)} )` });
}

/** Asks it for a connection without TLS, over its own network. */
export function postgresPlainRefused(database: DatabaseAccounts, about: About): Check {
  const pattern = "rejects connection for host .*, no encryption$";
  return connecting(database, about, `host=${database.database} sslmode=disable`, pattern);
}

function encrypted(database: DatabaseAccounts, about: About, name: string, pattern: string): Check {
  const trust = `sslmode=verify-full sslrootcert=${TLS_IN_CONTAINER}/authority.pem`;
  return connecting(database, about, `host=${name} hostaddr=127.0.0.1 ${trust}`, pattern);
}

// By a name that no login has: where it is let in as far as that, it is asked for a password and has none.
function connecting({ container }: DatabaseAccounts, about: About, how: string, pattern: string): Check {
  const connection = `user=health dbname=postgres connect_timeout=10 ${how}`;
  return {
    ...about,
    argv: ["docker", "exec", container, "psql", "--no-psqlrc", "--no-password", "--command=SELECT 1", connection],
    expect: { kind: "refused", code: 2, pattern },
  };
}

// What FACTS of phiward_host/databases/people.py says as well.
function personFact({ name, databases, audits = [] }: DatabaseReader): string {
  const groups = [...databases.map((database) => `${database}__readonly`), ...audits.map((database) => `${database}__auditor`)];
  return `person ${PERSON_PREFIX}${name} reads ${groups.toSorted().join(",")} unprivileged`;
}

function limitsFact(login: string, settings: DatabaseAccounts["settings"]): string {
  const { connections, lockSeconds } = roleLimits(settings);
  return `limits ${login} ${String(connections)} lock_timeout=${String(lockSeconds)}s`;
}

const LIMITS = `SELECT 'limits ' || r.rolname || ' ' || r.rolconnlimit || ' ' || coalesce((SELECT pg_catalog.string_agg(c, ',') FROM pg_catalog.pg_db_role_setting s,
 pg_catalog.unnest(s.setconfig) c WHERE s.setrole = r.oid AND pg_catalog.starts_with(c, 'lock_timeout=')), '') FROM pg_catalog.pg_roles r WHERE r.rolname ~ '_e[0-9]+$'`;

const READERS = `SELECT 'person ' || p.rolname || ' reads ' || pg_catalog.array_to_string(ARRAY(SELECT g.rolname FROM pg_catalog.pg_auth_members m
 JOIN pg_catalog.pg_authid g ON g.oid = m.roleid WHERE m.member = p.oid ORDER BY 1), ',')
 || CASE WHEN p.rolsuper OR p.rolcreatedb OR p.rolcreaterole OR p.rolreplication OR p.rolbypassrls OR p.rolconnlimit < 0
 OR p.rolpassword IS NOT NULL AND coalesce(p.rolvaliduntil > pg_catalog.now() + interval '1 minute', true)
 OR EXISTS (SELECT FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_auth_members o ON o.member = m.roleid WHERE m.member = p.oid)
 THEN ' privileged' ELSE ' unprivileged' END FROM pg_catalog.pg_authid p WHERE pg_catalog.starts_with(p.rolname, '${PERSON_PREFIX}')`;

const IS_MAINTENANCE = `starts_with(rolname, '${MAINTENANCE_PREFIX}')`;
const IS_PERSON = `starts_with(rolname, '${PERSON_PREFIX}')`;
// A maintenance login sees all rows of its databases, and that is all that it may do which a service's login may not.
const POWERS = `(rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls AND NOT pg_catalog.${IS_MAINTENANCE})`;
const MAINTAINED = `SELECT 'maintenance ' || l.rolname || ' of ' || o.rolname
 || CASE WHEN l.rolsuper OR l.rolcreatedb OR l.rolcreaterole OR l.rolreplication OR NOT l.rolbypassrls THEN ' privileged' ELSE ' unprivileged' END
 || CASE WHEN l.rolpassword IS NULL THEN ' without-password' ELSE ' with-password' END
 FROM pg_catalog.pg_authid l JOIN pg_catalog.pg_auth_members m ON m.member = l.oid JOIN pg_catalog.pg_authid o ON o.oid = m.roleid
 WHERE l.rolname = '${MAINTENANCE_PREFIX}' || o.rolname`;

const MEASURED = `SELECT 'metrics ' || pg_catalog.array_to_string(ARRAY(SELECT r.rolname FROM pg_catalog.pg_auth_members m
 JOIN pg_catalog.pg_authid r ON r.oid = m.roleid WHERE m.member = l.oid ORDER BY 1), ',')
 || CASE WHEN l.rolsuper OR l.rolcreatedb OR l.rolcreaterole OR l.rolreplication OR l.rolbypassrls THEN ' privileged' ELSE ' unprivileged' END
 || CASE WHEN l.rolpassword IS NULL THEN ' without-password' ELSE ' with-password' END
 FROM pg_catalog.pg_authid l WHERE l.rolname = '${METRICS_LOGIN}'`;

// What ALTER ROLE and ALTER DATABASE have set, one a row: `setdatabase` and `setrole` 0 is what holds for all.
const SET_LATER = "pg_catalog.pg_db_role_setting CROSS JOIN pg_catalog.unnest(setconfig) AS setting";
const FOR_ALL = "setdatabase = 0 AND setrole = 0";

// Of what another value holds for in every session, this one among them: what the server took from its configuration.
const BEFORE_LOGIN = "(SELECT name, setting FROM pg_catalog.pg_file_settings WHERE applied AND name = 'log_min_messages')";

// What records an access to patients' data writes one line of its own; no session of a service is one of these roles.
const OF_PHI = `, pg_catalog.aclexplode(paracl) a WHERE a.grantee <> 10 AND (a.is_grantable OR a.privilege_type <> 'SET' OR (parname, pg_catalog.pg_get_userbyid(a.grantee)) NOT IN (('log_min_messages', '${MAINTENANCE_PREFIX}_phi'), ('phi_key.line', '${MAINTENANCE_PREFIX}_key')))`;

// One question for all checks of a PostgreSQL: facts, one a line.
const facts = (names: readonly string[], phi: boolean): string =>
  [
    "SELECT 'version ' || pg_catalog.current_setting('server_version_num')::int / 10000",
    `SELECT s.name || '=' || coalesce(f.setting, pg_catalog.current_setting(s.name)) FROM pg_catalog.unnest(ARRAY[${names
      .map((name) => `'${name}'`)
      .join(",")}]) AS s(name) LEFT JOIN ${BEFORE_LOGIN} f ON f.name = s.name`,
    "SELECT 'way-in ' || pg_catalog.concat_ws(' ', type, pg_catalog.array_to_string(database, ','), pg_catalog.array_to_string(user_name, ','), address, netmask, auth_method, pg_catalog.array_to_string(options, ' ')) FROM pg_catalog.pg_hba_file_rules",
    `SELECT 'login ' || rolname || CASE WHEN rolpassword LIKE 'SCRAM-SHA-256$%' THEN ' scram' ELSE ' other' END FROM pg_catalog.pg_authid WHERE rolcanlogin AND rolname <> 'postgres' AND NOT pg_catalog.${IS_MAINTENANCE} AND NOT pg_catalog.${IS_PERSON}`,
    MAINTAINED,
    MEASURED,
    READERS,
    LIMITS,
    `SELECT 'powerful ' || rolname FROM pg_catalog.pg_roles WHERE rolname <> 'postgres' AND ${POWERS}`,
    // Predefined roles, such as one that reads all data or runs programs; they are members of each other.
    `SELECT 'powerful ' || rolname || ' by ' || m.roleid::pg_catalog.regrole FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles r ON r.oid = m.member WHERE m.roleid < 16384 AND r.oid >= 16384 AND NOT pg_catalog.${IS_MAINTENANCE}`,
    "SELECT 'public ' || datname FROM pg_catalog.pg_database WHERE datallowconn AND (pg_catalog.has_database_privilege('public', oid, 'CONNECT') OR pg_catalog.has_database_privilege('public', oid, 'TEMP'))",
    "SELECT 'public ' || spcname FROM pg_catalog.pg_tablespace WHERE pg_catalog.has_tablespace_privilege('public', oid, 'CREATE')",
    `SELECT 'sessions ' || setting FROM ${SET_LATER} WHERE ${FOR_ALL}`,
    `SELECT 'logging-overruled ' || setdatabase || ' ' || setrole FROM ${SET_LATER} WHERE setting LIKE 'log\\_%' AND NOT (${FOR_ALL})`,
    `SELECT 'logging-overruled by grant of ' || parname FROM pg_catalog.pg_parameter_acl${phi ? OF_PHI : ""}`,
    // Every way to write that it is on, see parse_bool of PostgreSQL.
    `SELECT 'fatal-errors ' || setdatabase || ' ' || setrole FROM ${SET_LATER} WHERE setting ~* '^exit_on_error=(on|t|y|1)'`,
  ].join(" UNION ALL ");

// Asked over the socket, as the superuser, in the database that no application owns.
function question({ container, settings, phi }: DatabaseAccounts, about: About, expect: Check["expect"]): Check {
  const names = [...new Set([...Object.keys(SETTINGS), ...Object.keys(tunedSettings(settings))])];
  const options = ["--no-psqlrc", "--tuples-only", "--no-align"];
  const connection = "--dbname=host=/run/postgresql user=postgres dbname=postgres options='-c search_path=pg_catalog,pg_temp'";
  return {
    ...about,
    argv: ["docker", "exec", container, "psql", ...options, connection, `--command=${facts(names, phi === true)}`],
    expect,
  };
}
