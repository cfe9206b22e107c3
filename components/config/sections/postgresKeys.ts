/** What a stack may choose of its PostgreSQL: a closed list, each within bounds. */
import { z } from "zod";
import { list, whole } from "./values";

/** A setting of PostgreSQL: its own name, what it counts in, and how far it may be raised or lowered. */
interface PostgresSetting {
  readonly setting: string;
  readonly unit: "" | "MB" | "s";
  readonly least: number;
  readonly most: number;
  readonly meaning: string;
}

/** The settings, by their keys. Bounds of time are those of the rule database-files-known. */
export const POSTGRES_TUNING = {
  maxConnections: {
    ...{ setting: "max_connections", unit: "", least: 20, most: 500 },
    meaning: "Sessions at once. Default: 100. Each takes some memory: a pool in the service is better than more of them.",
  },
  workMemoryMegabytes: {
    ...{ setting: "work_mem", unit: "MB", least: 1, most: 4096 },
    meaning: "Memory in MB of one sort or hash, of which a query may have several. Default: 4, as PostgreSQL's.",
  },
  maintenanceMemoryMegabytes: {
    ...{ setting: "maintenance_work_mem", unit: "MB", least: 4, most: 16_384 },
    meaning: "Memory in MB for building an index and for VACUUM. Default: 6 % of the server's memory.",
  },
  sharedBuffersMegabytes: {
    ...{ setting: "shared_buffers", unit: "MB", least: 16, most: 262_144 },
    meaning: "Memory in MB of its own cache. Default: a quarter of the server's memory.",
  },
  parallelWorkersPerQuery: {
    ...{ setting: "max_parallel_workers_per_gather", unit: "", least: 0, most: 16 },
    meaning: "Processes that help with one query; they meet in its shared memory. Default: 2, as PostgreSQL's; 0: none.",
  },
  statementTimeoutSeconds: {
    ...{ setting: "statement_timeout", unit: "s", least: 10, most: 3600 },
    meaning: "Seconds after which a statement of a service is ended. Default: 300.",
  },
  idleInTransactionSeconds: {
    ...{ setting: "idle_in_transaction_session_timeout", unit: "s", least: 10, most: 600 },
    meaning: "Seconds after which a session is ended that is idle within a transaction, whose locks stop others. Default: 60.",
  },
} as const satisfies Readonly<Record<string, PostgresSetting>>;

/**
 * Limits of each login of a service, which no file of the server has: they are the role's. A change replaces no container.
 */
const ROLE_LIMITS = {
  connectionsPerService: {
    ...{ least: 5, most: 500 },
    meaning:
      "Sessions at once of one service. Default: four fifths of maxConnections, so that a service which forgets to close them leaves places for others, for people and for backups.",
  },
  lockTimeoutSeconds: {
    ...{ least: 1, most: 3600 },
    meaning:
      "Seconds after which a statement of a service gives up waiting for a lock, a migration's as well: who waits for one makes all others wait behind. Default: 60; a session may choose another.",
  },
} as const;

/** The limits of each login of a service. */
export function roleLimits({ maxConnections = DEFAULT_CONNECTIONS, connectionsPerService, lockTimeoutSeconds }: PostgresTuning = {}): {
  readonly connections: number;
  readonly lockSeconds: number;
} {
  return {
    connections: connectionsPerService ?? Math.floor((maxConnections * 4) / 5),
    lockSeconds: lockTimeoutSeconds ?? DEFAULT_LOCK_SECONDS,
  };
}

const DEFAULT_CONNECTIONS = 100;
const DEFAULT_LOCK_SECONDS = 60;

/** A key of a setting. */
export type PostgresTuningKey = keyof typeof POSTGRES_TUNING;

/** The settings that a stack chooses. */
export type PostgresTuning = { readonly [Key in PostgresTuningKey | keyof typeof ROLE_LIMITS]?: number | undefined };

function setting(key: PostgresTuningKey | keyof typeof ROLE_LIMITS) {
  const { least, most, meaning } = { ...POSTGRES_TUNING, ...ROLE_LIMITS }[key];
  return whole(least, most).optional().describe(meaning);
}

/** The key `services[].settings` of PostgreSQL. */
const settings = z
  .strictObject({
    maxConnections: setting("maxConnections"),
    workMemoryMegabytes: setting("workMemoryMegabytes"),
    maintenanceMemoryMegabytes: setting("maintenanceMemoryMegabytes"),
    sharedBuffersMegabytes: setting("sharedBuffersMegabytes"),
    parallelWorkersPerQuery: setting("parallelWorkersPerQuery"),
    statementTimeoutSeconds: setting("statementTimeoutSeconds"),
    idleInTransactionSeconds: setting("idleInTransactionSeconds"),
    connectionsPerService: setting("connectionsPerService"),
    lockTimeoutSeconds: setting("lockTimeoutSeconds"),
  })
  .prefault({})
  .describe(
    "Settings of the server that may be others than its memory gives; a change replaces its container, with a gap of seconds, but of the last two.",
  );

/** The keys of PostgreSQL beside those of every database. */
export const POSTGRES_KEYS = {
  sharedMemoryMegabytes: whole(64, 262_144)
    .optional()
    .describe(
      "Size limit in MB of /dev/shm, in which the processes of parallel queries meet; it counts to the server's memory. Default: a quarter of that, 64 at least. Raise it where queries end with `could not resize shared memory segment`.",
    ),
  settings,
};

/**
 * Extensions that a service's own role may create (`trusted`, PostgreSQL 13 and later) and that reach neither files, programs, the
 * network nor other databases: those of PostgreSQL's own contrib, without its procedural languages.
 */
export const EXTENSIONS = [
  ...["btree_gin", "btree_gist", "citext", "cube", "dict_int", "fuzzystrmatch", "hstore", "intarray", "isn", "lo", "ltree", "pg_trgm"],
  ...["pgcrypto", "seg", "tablefunc", "tcn", "tsm_system_rows", "tsm_system_time", "unaccent", "uuid-ossp"],
] as const;

const EXTENSION_RULE = EXTENSIONS.join(", ");

/** The key `services[].extensions`. */
export const extensions = list(
  "a list of extensions",
  z
    .enum(EXTENSIONS, { error: EXTENSION_RULE })
    .meta({ allowed: EXTENSION_RULE })
    .describe("Name of an extension of PostgreSQL's own contrib."),
)
  .default([])
  .describe(
    "Extensions in its databases in PostgreSQL, created before it starts. One that is taken out of the list stays, since columns and indexes may be made of it: `DROP EXTENSION` by hand, without CASCADE.",
  );
