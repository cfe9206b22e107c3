/** Questions to running databases, for checks. */
import type { Check } from "../../plan/types";
import { POSTGRES_SETTINGS } from "../services/databaseFiles";
import type { DatabaseAccounts } from "./settings";

type About = Pick<Check, "id" | "control" | "cites">;

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

/** A question about a PostgreSQL, asked over the socket as the superuser. */
export function postgresCheck({ container }: DatabaseAccounts, about: About, expect: Check["expect"]): Check {
  const options = ["--no-psqlrc", "--tuples-only", "--no-align", "--host=/run/postgresql", "--username=postgres", "--dbname=postgres"];
  return { ...about, argv: ["docker", "exec", container, "psql", ...options, `--command=${FACTS}`], expect };
}

/** A question to Redis, asked as the account that may ask how it is set and who its users are. */
export function redisCheck({ container }: DatabaseAccounts, about: About, command: readonly string[], expect: Check["expect"]): Check {
  const login = ["--no-auth-warning", "--user", "phiward", "--pass", "none"];
  return { ...about, argv: ["docker", "exec", container, "redis-cli", ...login, ...command], expect };
}
