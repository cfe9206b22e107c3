import type { AbsolutePath } from "../../plan/files";
import type { Step } from "../../plan/types";
import { CONFIGURATION_DIRECTORY, CONFIGURATION_IN_CONTAINER, SERVICES_DIRECTORY } from "../names";
import { TEMPORARY } from "../services/containerSettings";
import { DATABASE_HEALTH, type DatabaseEngine } from "./engine";
import { redisAccountsCheck, redisChecks, redisPlainRefused } from "./redisChecks";
import {
  REDIS_BASE_USERS,
  REDIS_CLIENT,
  REDIS_PLAIN_PORT,
  REDIS_PORT,
  redisFiles,
  redisHostSecret,
  redisMetricsSecret,
  USERS_DIRECTORY,
  USERS_FILE,
} from "./redisFiles";

/** Redis: an account for each service that uses it; the list of accounts is the host's own file. */
export const redis: DatabaseEngine = {
  port: REDIS_PORT,
  files: redisFiles,
  container: ({ name }) => ({
    command: ["redis-server", `${CONFIGURATION_IN_CONTAINER}/redis.conf`],
    environment: {},
    dataPath: "/data",
    bindMounts: [{ source: usersDirectory(name), target: USERS_DIRECTORY }],
    temporary: { "/tmp": TEMPORARY },
    sharedMemoryMegabytes: 64,
    // Without -e an error is an answer as well: NOAUTH, from a server that takes commands. So the question needs no account.
    health: { ...DATABASE_HEALTH, command: [...REDIS_CLIENT, "ping"] },
    stopSignal: "SIGTERM",
    stopSeconds: 60,
  }),
  prepare: ({ name, user: { gid } }) => ({
    directories: [{ path: usersDirectory(name), owner: `root:${String(gid)}`, mode: "0750" }],
    steps: [firstUsers(name, gid), groupOfUsers(name, gid)],
  }),
  clientUrl: ({ host, login, encrypted }) => `${encrypted ? "rediss" : "redis"}://${login}:{}@${host}:${portOf(encrypted)}/0`,
  clientParts: ({ host, login, encrypted }) => ({ host, port: portOf(encrypted), name: "0", user: login }),
  databases: () => [],
  accounts: {
    settings: ({ database, user: { gid }, profile }) => ({
      acl: usersFile(database),
      group: gid,
      secret: redisHostSecret(database),
      metrics: redisMetricsSecret(database),
      base: REDIS_BASE_USERS.trimEnd().split("\n"),
      ...(profile === undefined ? {} : { profile }),
    }),
    currentOnly: redisAccountsCheck,
  },
  checks: redisChecks,
  encryptedControl: "RDS-06",
  plainRefused: redisPlainRefused,
  publishedControl: "RDS-03",
  backup: { kind: "none", because: "it holds sessions, queues and caches, and old sessions must not come back" },
  upgrade: { kind: "inPlace", because: "a newer Redis reads the files of an older one" },
  smokeTest: {
    // The list of users is written while the smoke test runs: it starts with the one that a new Redis has.
    bindMount: (mount, database) =>
      mount.target === USERS_DIRECTORY ? { source: `${CONFIGURATION_DIRECTORY}/${database}`, target: USERS_DIRECTORY } : mount,
  },
};

function portOf(encrypted: boolean): string {
  return String(encrypted ? REDIS_PORT : REDIS_PLAIN_PORT);
}

function usersDirectory(database: string): AbsolutePath {
  return `${SERVICES_DIRECTORY}/${database}/acl`;
}

function usersFile(database: string): string {
  return `${usersDirectory(database)}/${USERS_FILE}`;
}

// Redis does not start without its list of users; the unit `accounts` keeps it from then on.
function firstUsers(database: string, gid: number): Step {
  const path = usersFile(database);
  const source = `${CONFIGURATION_DIRECTORY}/${database}/${USERS_FILE}`;
  return {
    id: `first-users-of-${database}`,
    argv: ["install", "--owner=root", "--mode=0440", "--group", String(gid), source, path],
    phase: "after",
    when: { kind: "state", unless: { argv: ["test", "-s", path], expect: { kind: "exit", code: 0 } } },
    undo: { kind: "none" },
  };
}

// It may be from before the container had its present group.
function groupOfUsers(database: string, gid: number): Step {
  const path = usersFile(database);
  return {
    id: `group-of-users-of-${database}`,
    argv: ["chgrp", "--no-dereference", String(gid), path],
    phase: "after",
    when: { kind: "state", unless: { argv: ["stat", "--format=%g", path], expect: { kind: "equals", text: String(gid) } } },
    undo: { kind: "none" },
  };
}
