import type { ControlId } from "../../compliance/controls";
import { anyOf } from "../../plan/patterns";
import type { Check } from "../../plan/types";
import type { DatabaseAccounts } from "./engine";
import { POSTGRES_HBA_RULES, POSTGRES_MAJOR, POSTGRES_SETTINGS } from "./postgresFiles";

type About = Pick<Check, "id" | "control">;
type Setting = keyof typeof POSTGRES_SETTINGS;

const LOGGING: readonly Setting[] = [
  ...(["log_connections", "log_disconnections", "log_statement", "log_min_duration_statement", "log_min_error_statement"] as const),
  ...(["log_error_verbosity", "log_parameter_max_length", "log_parameter_max_length_on_error"] as const),
];

export function postgresChecks(database: DatabaseAccounts): readonly Check[] {
  const check = (what: string, control: ControlId, expect: Check["expect"]): Check =>
    question(database, { control, id: `postgres-${database.database}-${what}` }, expect);
  const says = (what: string, control: ControlId, lines: readonly string[]): Check => check(what, control, { kind: "lines", lines });
  const none = (what: string, control: ControlId, pattern: string): Check => check(what, control, { kind: "lacks", pattern });
  const settings = (what: string, control: ControlId, names: readonly Setting[]): Check =>
    says(
      what,
      control,
      names.map((name) => `${name}=${POSTGRES_SETTINGS[name]}`),
    );
  return [
    says("version", "PG-01", [`version ${POSTGRES_MAJOR}`]),
    settings("passwords-scram", "PG-02", ["password_encryption"]),
    none("every-login-scram", "PG-02", "^login \\S+ (?!scram$)"),
    settings("hba-file", "PG-03", ["hba_file"]),
    none("hba-rules", "PG-03", `^way-in (?!${anyOf(POSTGRES_HBA_RULES)}$)`),
    none("logins-without-powers", "PG-05", "^powerful "),
    none("nothing-for-public", "PG-05", "^public "),
    ...database.accounts.map(({ service, login }) => says(`account-of-${service}`, "PG-06", [`login ${login} scram`])),
    settings("logs-who-and-not-what", "PG-07", LOGGING),
    settings("idle-sessions-end", "PG-11", ["statement_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout"]),
    settings("keeps-what-it-acknowledged", "PG-12", ["data_checksums", "fsync", "full_page_writes", "synchronous_commit"]),
  ];
}

/** Asks a running PostgreSQL whether it has the declared logins and no others. */
export function postgresAccountsCheck(database: DatabaseAccounts, about: About): Check {
  const logins = database.accounts.map(({ login }) => login);
  return question(database, about, { kind: "lacks", pattern: `^login (?!${anyOf(logins)} )` });
}

// One question for all checks of a PostgreSQL: facts, one a line.
const FACTS = [
  "SELECT 'version ' || current_setting('server_version_num')::int / 10000",
  `SELECT name || '=' || current_setting(name) FROM unnest(ARRAY[${Object.keys(POSTGRES_SETTINGS)
    .map((name) => `'${name}'`)
    .join(",")}]) AS name`,
  "SELECT 'way-in ' || concat_ws(' ', type, array_to_string(database, ','), array_to_string(user_name, ','), address, auth_method) FROM pg_hba_file_rules",
  "SELECT 'login ' || rolname || CASE WHEN rolpassword LIKE 'SCRAM-SHA-256$%' THEN ' scram' ELSE ' other' END FROM pg_authid WHERE rolcanlogin AND rolname <> 'postgres'",
  "SELECT 'powerful ' || rolname FROM pg_roles WHERE rolname <> 'postgres' AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)",
  "SELECT 'public ' || datname FROM pg_database WHERE datallowconn AND (has_database_privilege('public', oid, 'CONNECT') OR has_database_privilege('public', oid, 'TEMP'))",
].join(" UNION ALL ");

// Asked over the socket, as the superuser.
function question({ container }: DatabaseAccounts, about: About, expect: Check["expect"]): Check {
  const options = ["--no-psqlrc", "--tuples-only", "--no-align", "--host=/run/postgresql", "--username=postgres", "--dbname=postgres"];
  return { ...about, argv: ["docker", "exec", container, "psql", ...options, `--command=${FACTS}`], expect };
}
