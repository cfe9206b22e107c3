import type { ControlId } from "../../compliance/controls";
import type { RedisProfile } from "../../config/sections/redisKeys";
import { literal } from "../../plan/patterns";
import { programCommand } from "../../plan/programs";
import type { Check } from "../../plan/types";
import type { DatabaseAccounts } from "./engine";
import { METRICS_LOGIN } from "./postgresFiles";
import { REDIS_CLIENT, REDIS_PLAIN_PORT, redisHostSecret, redisSettings } from "./redisFiles";

// Between commands that are asked in one session (components/host/phiward_host/databases/redis_session.py).
const AND = ",";

type About = Pick<Check, "id" | "control">;

type Command = readonly [string, ...string[]];

// One of each kind that would harm: reading settings, throwing all away, seeing all keys and other sessions, giving oneself rights.
const DENIED: readonly Command[] = [
  ["config", "get", "*"],
  ["flushall"],
  ["flushdb"],
  ["keys", "*"],
  ["client", "list"],
  ["acl", "setuser", "x"],
];

// Commands that consist of subcommands (container commands, as Redis calls them).
const CONTAINERS: readonly string[] = ["acl", "client", "config"];

// Commands that programs need for what a profile is for, though Redis counts them as dangerous (phiward_host/databases/redis_profiles.py).
const ALLOWED: Readonly<Record<RedisProfile, readonly Command[]>> = {
  sessions: [],
  cache: [["keys", "*"], ["sort", "x"], ["flushdb"], ["config", "get", "*"]],
  queue: [
    ["keys", "*"],
    ["sort", "x"],
    ["client", "list"],
  ],
};

export function redisChecks(database: DatabaseAccounts): readonly Check[] {
  const named = (what: string, control: ControlId): About => ({ control, id: `redis-${database.database}-${what}` });
  const { profile = "sessions" } = database;
  const declared = redisSettings(database.memoryMegabytes, profile);
  const allowed = ALLOWED[profile];
  const denied = DENIED.filter((command) => !allowed.some((other) => other.join(" ") === command.join(" ")));
  // All are asked at once, and each check finds its own lines.
  const settings = (what: string, control: ControlId, names: readonly string[]): Check => ({
    ...named(what, control),
    argv: hostSession(database, "settings", Object.keys(declared)),
    expect: { kind: "lines", lines: names.map((name) => `${name} ${declared[name] ?? ""}`) },
  });
  return [
    {
      ...named("no-anonymous", "RDS-01"),
      argv: ["docker", "exec", database.container, ...REDIS_CLIENT, "ping"],
      expect: { kind: "matches", pattern: "^NOAUTH " },
    },
    // Of the list of users the check sees no more than whether such a line is there.
    question(database, named("every-user-has-a-password", "RDS-01"), ["ACL", "LIST"], {
      kind: "lacks",
      pattern: "^user (?!default off )(?!.* #[0-9a-f]{64} )|^user (?!default off ).* nopass ",
    }),
    ...["phiward", METRICS_LOGIN, "default", "health"].map(
      (user): Check => ({
        ...named(`${user.replaceAll("_", "-")}-not-without-password`, "RDS-01"),
        argv: ["docker", "exec", database.container, ...REDIS_CLIENT, "--no-auth-warning", "--user", user, "--pass", "none", "ping"],
        expect: { kind: "matches", pattern: "^NOAUTH " },
      }),
    ),
    ...database.accounts.flatMap(({ service, login }) => {
      const tries = dryRuns(login, denied);
      const may: Check = question(database, named(`${service}-may-what-a-${profile}-needs`, "RDS-02"), dryRuns(login, allowed), {
        kind: "equals",
        text: allowed.map(() => "OK").join("\n"),
      });
      const mayNot = denied.map(([verb, ...words]) => {
        const [subcommand] = words;
        // Redis names a command with its subcommand, where it has any; all else are keys.
        const name = subcommand === undefined || !CONTAINERS.includes(verb) ? verb : `${verb}|${subcommand}`;
        return question(database, named(`${service}-not-${name.replace("|", "-")}`, "RDS-02"), tries, {
          kind: "matches",
          pattern: `has no permissions to run the '${literal(name)}' command`,
        });
      });
      return allowed.length === 0 ? mayNot : [...mayNot, may];
    }),
    question(
      database,
      named("metrics-login-reads-no-data", "RDS-02"),
      dryRuns(METRICS_LOGIN, [["info"], ["get", "x"], ["config", "get", "*"]]),
      {
        kind: "lines",
        lines: ["OK", ...["get", "config|get"].map((name) => `User ${METRICS_LOGIN} has no permissions to run the '${name}' command`)],
      },
    ),
    settings("encrypts", "RDS-06", ["tls-port", "tls-protocols", "tls-cert-file", "tls-key-file"]),
    settings("protected", "RDS-03", ["protected-mode"]),
    settings("keeps-what-it-acknowledged", "RDS-05", ["appendfsync", "appendonly"]),
    settings("memory-limited", "RDS-04", ["maxmemory", "maxmemory-policy"]),
    settings("keeps-no-arguments", "RDS-04", ["slowlog-log-slower-than"]),
  ];
}

/** Asks it at the port without TLS, over its own network. */
export function redisPlainRefused({ container, database }: DatabaseAccounts, about: About): Check {
  return {
    ...about,
    argv: ["docker", "exec", container, "redis-cli", "-h", database, "-p", String(REDIS_PLAIN_PORT), "ping"],
    expect: { kind: "refused", code: 1, pattern: "^Could not connect to Redis at .*: Connection refused$" },
  };
}

function dryRuns(login: string, commands: readonly Command[]): readonly string[] {
  return commands.flatMap((command, index) => [...(index > 0 ? [AND] : []), "ACL", "DRYRUN", login, ...command]);
}

/** Asks a running Redis whether it has the declared users and no others. */
export function redisAccountsCheck(database: DatabaseAccounts, about: About): Check {
  const logins = database.accounts.map(({ login }) => login);
  return question(database, about, ["ACL", "USERS"], { kind: "set", lines: ["default", "phiward", METRICS_LOGIN, ...logins] });
}

// Asked as the user that may ask how it is set and who its users are.
function question(database: DatabaseAccounts, about: About, command: readonly string[], expect: Check["expect"]): Check {
  return { ...about, argv: hostSession(database, "ask", command), expect };
}

function hostSession({ container, database }: DatabaseAccounts, verb: "ask" | "settings", words: readonly string[]): readonly string[] {
  return programCommand("redis", verb, container, redisHostSecret(database), ...words);
}
