import type { Check } from "../../plan/types";
import type { DatabaseAccounts } from "./engine";
import { redisSettings } from "./redisFiles";

type About = Pick<Check, "id" | "control" | "cites">;
type Ask = Omit<About, "id">;

const IDENTITY = ["164.312(d)", "GDPR 32(1)(b)"];

// One of each kind that would harm: reading settings, throwing all away, seeing other sessions, giving oneself rights.
const DENIED = [["config", "get", "*"], ["flushall"], ["client", "list"], ["acl", "setuser", "x"]] as const;

/** What a running Redis must answer. */
export function redisChecks(database: DatabaseAccounts): readonly Check[] {
  const named = (what: string, ask: Ask): Ask & { id: string } => ({ ...ask, id: `redis-${database.database}-${what}` });
  const settings = (what: string, ask: Ask, names: readonly string[]): Check =>
    question(database, named(what, ask), ["CONFIG", "GET", ...names], {
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
        question(
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

/** Asks a running Redis whether it has the declared users and no others. */
export function redisAccountsCheck(database: DatabaseAccounts, about: About): Check {
  const logins = database.accounts.map(({ login }) => login);
  return question(database, about, ["ACL", "USERS"], { kind: "set", lines: ["default", "health", "phiward", ...logins] });
}

// Asked as the account that may ask how it is set and who its users are.
function question({ container }: DatabaseAccounts, about: About, command: readonly string[], expect: Check["expect"]): Check {
  const login = ["--no-auth-warning", "--user", "phiward", "--pass", "none"];
  return { ...about, argv: ["docker", "exec", container, "redis-cli", ...login, ...command], expect };
}
