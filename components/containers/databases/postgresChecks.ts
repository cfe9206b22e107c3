import type { Check } from "../../plan/types";
import type { DatabaseAccounts } from "./engine";
import { POSTGRES_HBA_RULES, POSTGRES_MAJOR, POSTGRES_SETTINGS } from "./postgresFiles";

type About = Pick<Check, "id" | "control" | "cites">;
type Ask = Omit<About, "id">;
type Setting = keyof typeof POSTGRES_SETTINGS;

const IDENTITY = ["164.312(d)", "GDPR 32(1)(b)"];
const MINIMUM = ["164.312(a)(1)", "GDPR 5(1)(c)"];

const LOGGING: readonly Setting[] = [
  ...(["log_connections", "log_disconnections", "log_statement", "log_min_duration_statement", "log_min_error_statement"] as const),
  ...(["log_error_verbosity", "log_parameter_max_length", "log_parameter_max_length_on_error"] as const),
];

/** What a running PostgreSQL must answer. */
export function postgresChecks(database: DatabaseAccounts): readonly Check[] {
  const check = (what: string, ask: Ask, expect: Check["expect"]): Check =>
    question(database, { ...ask, id: `postgres-${database.database}-${what}` }, expect);
  const says = (what: string, ask: Ask, lines: readonly string[]): Check => check(what, ask, { kind: "lines", lines });
  const none = (what: string, ask: Ask, pattern: string): Check => check(what, ask, { kind: "lacks", pattern });
  const settings = (what: string, ask: Ask, names: readonly Setting[]): Check =>
    says(
      what,
      ask,
      names.map((name) => `${name}=${POSTGRES_SETTINGS[name]}`),
    );
  return [
    says("version", { control: "PG-01", cites: ["164.308(a)(1)(ii)(B)"] }, [`version ${POSTGRES_MAJOR}`]),
    settings("passwords-scram", { control: "PG-02", cites: IDENTITY }, ["password_encryption"]),
    none("every-login-scram", { control: "PG-02", cites: IDENTITY }, "^login \\S+ (?!scram$)"),
    settings("ways-in-file", { control: "PG-03", cites: ["164.312(e)(1)"] }, ["hba_file"]),
    none("ways-in", { control: "PG-03", cites: ["164.312(e)(1)", "GDPR 32(1)(a)"] }, `^way-in (?!(?:${POSTGRES_HBA_RULES.join("|")})$)`),
    none("logins-without-powers", { control: "PG-05", cites: MINIMUM }, "^powerful "),
    none("nothing-for-public", { control: "PG-05", cites: MINIMUM }, "^public "),
    ...database.accounts.map(({ service, login }) =>
      says(`account-of-${service}`, { control: "PG-06", cites: ["164.312(a)(2)(i)"] }, [`login ${login} scram`]),
    ),
    settings("logs-who-and-not-what", { control: "PG-07", cites: ["164.312(b)"] }, LOGGING),
    settings("idle-sessions-end", { control: "PG-11", cites: ["164.312(a)(2)(iii)"] }, [
      "statement_timeout",
      "idle_in_transaction_session_timeout",
      "idle_session_timeout",
    ]),
    settings("keeps-what-it-acknowledged", { control: "PG-12", cites: ["164.312(c)(1)", "GDPR 32(1)(b)"] }, [
      "data_checksums",
      "fsync",
      "full_page_writes",
      "synchronous_commit",
    ]),
  ];
}

/** Asks a running PostgreSQL whether it has the declared logins and no others. */
export function postgresAccountsCheck(database: DatabaseAccounts, about: About): Check {
  const logins = database.accounts.map(({ login }) => login);
  return question(database, about, { kind: "lacks", pattern: `^login (?!(?:${logins.join("|")}) )` });
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
