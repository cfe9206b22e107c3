import type { AbsolutePath } from "../../plan/files";
import type { Step } from "../../plan/types";
import { CONFIGURATION_DIRECTORY, CONFIGURATION_IN_CONTAINER, SERVICES_DIRECTORY } from "../names";
import { TEMPORARY } from "../services/containerSettings";
import { DATABASE_HEALTH, type DatabaseEngine, IMAGE_ACCOUNT } from "./engine";
import { redisAccountsCheck, redisChecks } from "./redisChecks";
import { REDIS_BASE_USERS, REDIS_PORT, redisFiles, USERS_DIRECTORY, USERS_FILE } from "./redisFiles";

/** Redis: an account for each service that uses it; the list of accounts is the host's own file. */
export const redis: DatabaseEngine = {
  account: IMAGE_ACCOUNT,
  port: REDIS_PORT,
  files: redisFiles,
  container: ({ name }) => ({
    command: ["redis-server", `${CONFIGURATION_IN_CONTAINER}/redis.conf`],
    environment: {},
    dataPath: "/data",
    bindMounts: [{ source: usersDirectory(name), target: USERS_DIRECTORY }],
    temporary: { "/tmp": TEMPORARY },
    sharedMemoryMegabytes: 64,
    // The account may ping and nothing else, and so needs no password.
    health: { ...DATABASE_HEALTH, command: ["redis-cli", "-e", "--no-auth-warning", "--user", "health", "--pass", "none", "ping"] },
    stopSignal: "SIGTERM",
    stopSeconds: 60,
  }),
  prepare: (database) => ({
    directories: [{ path: usersDirectory(database), owner: `root:${String(IMAGE_ACCOUNT.gid)}`, mode: "0750" }],
    steps: [firstUsers(database)],
  }),
  clientUrl: ({ host, login }) => `redis://${login}:{}@${host}:${String(REDIS_PORT)}/0`,
  databases: () => [],
  accounts: {
    settings: (database) => ({ acl: usersFile(database), group: IMAGE_ACCOUNT.gid, base: REDIS_BASE_USERS.trimEnd().split("\n") }),
    currentOnly: redisAccountsCheck,
  },
  checks: redisChecks,
  publishedControl: "RDS-03",
  backup: { kind: "none", because: "it holds sessions, queues and caches, and old sessions must not come back" },
  upgrade: { kind: "inPlace", because: "a newer Redis reads the files of an older one" },
  smokeTest: {
    // The list of users is written while the smoke test runs: it starts with the one that a new Redis has.
    bindMount: (mount, database) =>
      mount.target === USERS_DIRECTORY ? { source: `${CONFIGURATION_DIRECTORY}/${database}`, target: USERS_DIRECTORY } : mount,
  },
};

function usersDirectory(database: string): AbsolutePath {
  return `${SERVICES_DIRECTORY}/${database}/acl`;
}

function usersFile(database: string): string {
  return `${usersDirectory(database)}/${USERS_FILE}`;
}

// Redis does not start without its list of users; the unit `accounts` keeps it from then on.
function firstUsers(database: string): Step {
  const path = usersFile(database);
  const source = `${CONFIGURATION_DIRECTORY}/${database}/${USERS_FILE}`;
  return {
    id: `first-users-of-${database}`,
    argv: ["install", "--owner=root", `--group=${String(IMAGE_ACCOUNT.gid)}`, "--mode=0440", source, path],
    phase: "after",
    when: { kind: "state", unless: { argv: ["test", "-s", path], expect: { kind: "exit", code: 0 } } },
    undo: { kind: "none" },
  };
}
