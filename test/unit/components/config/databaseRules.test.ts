/** What a stack may choose of its databases, and every sentence that a wrong choice earns. */
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../components/config/faults";
import { EXTENSIONS } from "../../../../components/config/sections/postgresKeys";
import { changed, complete, faultsOf } from "../examples";

const FAULTY: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
  [
    "shared memory beyond all memory",
    { "services.0.sharedMemoryMegabytes": 2049 },
    "services.0.sharedMemoryMegabytes: found 2049, allowed: 2048 at most: it counts to memoryMegabytes",
  ],
  [
    "buffers beyond half of it",
    { "services.0.settings": { sharedBuffersMegabytes: 1025 } },
    "services.0.settings.sharedBuffersMegabytes: found 1025, allowed: 1024 at most: a half of memoryMegabytes",
  ],
  [
    "memory of a query beyond a quarter",
    { "services.0.settings": { workMemoryMegabytes: 513 } },
    "services.0.settings.workMemoryMegabytes: found 513, allowed: 512 at most: a quarter of memoryMegabytes",
  ],
  [
    "more sessions than memory is for",
    { "services.0.settings": { maxConnections: 500 }, "services.0.memoryMegabytes": 1024 },
    "services.0.settings.maxConnections: found 500, allowed: 256 at most: each session needs 4 MB of memoryMegabytes",
  ],
  [
    "a statement of two hours",
    { "services.0.settings": { statementTimeoutSeconds: 7200 } },
    "services.0.settings.statementTimeoutSeconds: found 7200, allowed: a whole number from 10 to 3600",
  ],
  [
    "a setting that is none of these",
    { "services.0.settings": { fsync: false } },
    'services.0.settings: found the unknown key "fsync", allowed: maxConnections, workMemoryMegabytes, maintenanceMemoryMegabytes, sharedBuffersMegabytes, parallelWorkersPerQuery, statementTimeoutSeconds, idleInTransactionSeconds, connectionsPerService, lockTimeoutSeconds; correct or remove it',
  ],
  ["settings of a Redis", { "services.1.settings": {} }, 'services.1: found the unknown key "settings"'],
  [
    "a profile that there is not",
    { "services.1.profile": "all" },
    "services.1.profile: found text of 3 characters, allowed: sessions or cache or queue",
  ],
  ...["plpython3u", "dblink", "file_fdw", "adminpack", "postgres_fdw", "plperl", "pg_stat_statements"].map(
    (extension): readonly [string, Readonly<Record<string, unknown>>, string] => [
      `the extension ${extension}`,
      { "services.2.extensions": [extension] },
      `allowed: ${EXTENSIONS.join(", ")}`,
    ],
  ),
  [
    "an extension twice",
    { "services.2.extensions": ["pg_trgm", "pg_trgm"] },
    "services.2.extensions.1: found text of 7 characters, allowed: must be unique; already used by services.2.extensions.0",
  ],
  [
    "extensions without a PostgreSQL",
    {
      "services.2.extensions": ["pg_trgm"],
      "services.2.uses": ["cache"],
      removed: [],
      "people.1.databases": {},
      retention: undefined,
      subjects: undefined,
    },
    "services.2.extensions: found a list of 1, allowed: none for a service that uses no PostgreSQL; name one in uses",
  ],
  [
    "a person who may write",
    { "people.1.databases": { "notes-api": "readwrite" } },
    "people.1.databases.text of 9 characters: found text of 9 characters, allowed: readonly or auditor",
  ],
  [
    "a database of nobody, which a person may read",
    { "people.0.databases": { db: "readonly" } },
    "people.0.databases.db: found text of 8 characters, allowed: the name of a service that uses a PostgreSQL of the stack",
  ],
  ["a list of databases", { "people.0.databases": ["notes-api"] }, "people.0.databases: found a list of 1, allowed: an object of names"],
];

describe("what is chosen of databases", () => {
  it("is allowed within its bounds", () => {
    const settings = { maxConnections: 300, workMemoryMegabytes: 512, sharedBuffersMegabytes: 1024, parallelWorkersPerQuery: 0 };
    const changes = { "services.0.settings": settings, "services.0.sharedMemoryMegabytes": 2048, "services.2.extensions": [...EXTENSIONS] };
    expect(parseConfig(changed(complete(), changes)).services[0]).toMatchObject({ settings, sharedMemoryMegabytes: 2048 });
  });

  it.each(FAULTY)("is refused for %s", (_, changes, fault) => {
    expect(faultsOf(changed(complete(), changes))).toEqual([expect.stringContaining(fault)]);
  });
});
