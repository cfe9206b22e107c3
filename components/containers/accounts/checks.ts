import type { Check } from "../../plan/types";
import { POSTGRES_MAJOR, POSTGRES_SETTINGS, redisSettings } from "../services/databaseFiles";
import { postgresCheck, redisCheck } from "./ask";
import type { AccountsState, DatabaseAccounts } from "./settings";

type Ask = Pick<Check, "control" | "cites">;
type Setting = keyof typeof POSTGRES_SETTINGS;

const IDENTITY = ["164.312(d)", "GDPR 32(1)(b)"];
const MINIMUM = ["164.312(a)(1)", "GDPR 5(1)(c)"];

/** What the running databases must answer. */
export function accountsChecks({ databases }: AccountsState): readonly Check[] {
  return databases.flatMap((database) => (database.kind === "postgres" ? postgresChecks(database) : redisChecks(database)));
}

const LOGGING: readonly Setting[] = [
  ...(["log_connections", "log_disconnections", "log_statement", "log_min_duration_statement", "log_min_error_statement"] as const),
  ...(["log_error_verbosity", "log_parameter_max_length", "log_parameter_max_length_on_error"] as const),
];
const WAYS_IN = [
  "local all postgres peer",
  "host all postgres all reject",
  "host all all samenet scram-sha-256",
  "host all all all reject",
];

function postgresChecks(database: DatabaseAccounts): readonly Check[] {
  const check = (what: string, ask: Ask, expect: Check["expect"]): Check =>
    postgresCheck(database, { ...ask, id: `postgres-${database.database}-${what}` }, expect);
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
    none("ways-in", { control: "PG-03", cites: ["164.312(e)(1)", "GDPR 32(1)(a)"] }, `^way-in (?!(?:${WAYS_IN.join("|")})$)`),
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

// One of each kind that would harm: reading settings, throwing all away, seeing other sessions, giving oneself rights.
const DENIED = [["config", "get", "*"], ["flushall"], ["client", "list"], ["acl", "setuser", "x"]] as const;

function redisChecks(database: DatabaseAccounts): readonly Check[] {
  const named = (what: string, ask: Ask): Ask & { id: string } => ({ ...ask, id: `redis-${database.database}-${what}` });
  const settings = (what: string, ask: Ask, names: readonly string[]): Check =>
    redisCheck(database, named(what, ask), ["CONFIG", "GET", ...names], {
      kind: "set",
      lines: Object.entries(redisSettings(database.memoryMegabytes)).flatMap(([name, value]) =>
        names.includes(name) ? [name, value] : [],
      ),
    });
  return [
    {
      ...named("no-anonymous", { control: "RDS-01", cites: IDENTITY }),
      argv: ["docker", "exec", database.container, "redis-cli", "ping"],
      expect: { kind: "matches", pattern: "^NOAUTH " },
    },
    ...database.accounts.flatMap(({ service, login }) =>
      DENIED.map((command) =>
        redisCheck(
          database,
          named(`${service}-not-${command.slice(0, 2).join("-")}`, { control: "RDS-02", cites: ["164.312(a)(1)"] }),
          ["ACL", "DRYRUN", login, ...command],
          { kind: "matches", pattern: "has no permissions to run" },
        ),
      ),
    ),
    settings("protected", { control: "RDS-03", cites: ["164.312(e)(1)"] }, ["protected-mode"]),
    settings("keeps-what-it-acknowledged", { control: "RDS-04", cites: ["164.312(c)(1)"] }, ["appendfsync", "appendonly"]),
    settings("memory-limited", { control: "RDS-04", cites: ["GDPR 5(1)(e)"] }, ["maxmemory", "maxmemory-policy"]),
    settings("keeps-no-arguments", { control: "RDS-04", cites: ["GDPR 5(1)(e)"] }, ["slowlog-log-slower-than"]),
  ];
}
