import type { ControlId } from "../../compliance/controls";
import { literal } from "../../plan/patterns";
import { programCommand } from "../../plan/programs";
import type { Check } from "../../plan/types";
import type { DatabaseAccounts } from "./engine";
import { redisHostSecret, redisSettings } from "./redisFiles";

// Between commands that are asked in one session (components/host/phiward_host/databases/redis_session.py).
const AND = ",";

type About = Pick<Check, "id" | "control">;

// One of each kind that would harm: reading settings, throwing all away, seeing other sessions, giving oneself rights.
const DENIED = [["config", "get", "*"], ["flushall"], ["client", "list"], ["acl", "setuser", "x"]] as const;

export function redisChecks(database: DatabaseAccounts): readonly Check[] {
  const named = (what: string, control: ControlId): About => ({ control, id: `redis-${database.database}-${what}` });
  const declared = redisSettings(database.memoryMegabytes);
  // All are asked at once, and each check finds its own lines.
  const settings = (what: string, control: ControlId, names: readonly string[]): Check => ({
    ...named(what, control),
    argv: hostSession(database, "settings", Object.keys(declared)),
    expect: { kind: "lines", lines: names.map((name) => `${name} ${declared[name] ?? ""}`) },
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
    ...database.accounts.flatMap(({ service, login }) => {
      const tries = DENIED.flatMap((command, index) => [...(index > 0 ? [AND] : []), "ACL", "DRYRUN", login, ...command]);
      return DENIED.map(([verb, ...words]) => {
        const [subcommand] = words;
        const name = subcommand === undefined ? verb : `${verb}|${subcommand}`;
        return question(database, named(`${service}-not-${name.replace("|", "-")}`, "RDS-02"), tries, {
          kind: "matches",
          pattern: `has no permissions to run the '${literal(name)}' command`,
        });
      });
    }),
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
function question(database: DatabaseAccounts, about: About, command: readonly string[], expect: Check["expect"]): Check {
  return { ...about, argv: hostSession(database, "ask", command), expect };
}

function hostSession({ container, database }: DatabaseAccounts, verb: "ask" | "settings", words: readonly string[]): readonly string[] {
  return programCommand("redis", verb, container, redisHostSecret(database), ...words);
}
