import type { ControlId } from "../../compliance/controls";
import { programCommand } from "../../plan/programs";
import type { Check } from "../../plan/types";
import type { DatabaseAccounts } from "./engine";
import { redisHostSecret, redisSettings } from "./redisFiles";

type About = Pick<Check, "id" | "control">;

// One of each kind that would harm: reading settings, throwing all away, seeing other sessions, giving oneself rights.
const DENIED = [["config", "get", "*"], ["flushall"], ["client", "list"], ["acl", "setuser", "x"]] as const;

export function redisChecks(database: DatabaseAccounts): readonly Check[] {
  const named = (what: string, control: ControlId): About => ({ control, id: `redis-${database.database}-${what}` });
  const settings = (what: string, control: ControlId, names: readonly string[]): Check =>
    question(database, named(what, control), ["CONFIG", "GET", ...names], {
      kind: "set",
      lines: Object.entries(redisSettings(database.memoryMegabytes)).flatMap(([name, value]) =>
        names.includes(name) ? [name, value] : [],
      ),
    });
  return [
    {
      ...named("no-anonymous", "RDS-01"),
      argv: ["docker", "exec", database.container, "redis-cli", "ping"],
      expect: { kind: "matches", pattern: "^NOAUTH " },
    },
    // Of the list of users the check sees no more than whether such a line is there.
    question(database, named("every-user-has-a-password", "RDS-01"), ["ACL", "LIST"], {
      kind: "lacks",
      pattern: "^user (?!default off )(?!.* #[0-9a-f]{64} )|^user (?!default off ).* nopass ",
    }),
    ...["phiward", "default", "health"].map(
      (user): Check => ({
        ...named(`${user}-not-without-password`, "RDS-01"),
        argv: ["docker", "exec", database.container, "redis-cli", "--no-auth-warning", "--user", user, "--pass", "none", "ping"],
        expect: { kind: "matches", pattern: "^NOAUTH " },
      }),
    ),
    ...database.accounts.flatMap(({ service, login }) =>
      DENIED.map((command) =>
        question(database, named(`${service}-not-${command.slice(0, 2).join("-")}`, "RDS-02"), ["ACL", "DRYRUN", login, ...command], {
          kind: "matches",
          pattern: "has no permissions to run",
        }),
      ),
    ),
    settings("protected", "RDS-03", ["protected-mode"]),
    settings("keeps-what-it-acknowledged", "RDS-05", ["appendfsync", "appendonly"]),
    settings("memory-limited", "RDS-04", ["maxmemory", "maxmemory-policy"]),
    settings("keeps-no-arguments", "RDS-04", ["slowlog-log-slower-than"]),
  ];
}

/** Asks a running Redis whether it has the declared users and no others. */
export function redisAccountsCheck(database: DatabaseAccounts, about: About): Check {
  const logins = database.accounts.map(({ login }) => login);
  return question(database, about, ["ACL", "USERS"], { kind: "set", lines: ["default", "phiward", ...logins] });
}

// Asked as the user that may ask how it is set and who its users are.
function question({ container, database }: DatabaseAccounts, about: About, command: readonly string[], expect: Check["expect"]): Check {
  return { ...about, argv: programCommand("redis", "ask", container, redisHostSecret(database), ...command), expect };
}
