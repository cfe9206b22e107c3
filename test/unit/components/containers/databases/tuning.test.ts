/** What a stack chooses of its databases reaches their files, containers, accounts and checks; what it does not choose changes nothing. */
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../../components/config/faults";
import { accountsPlan } from "../../../../../components/containers/accounts/plan";
import { accountsSettings } from "../../../../../components/containers/accounts/settings";
import { stackModel } from "../../../../../components/containers/model";
import { changed, complete } from "../../examples";
import { textOf } from "../../golden";

const modelOf = (changes: Readonly<Record<string, unknown>> = {}) => stackModel(parseConfig(changed(complete(), changes)));
const PLAIN = modelOf();
const CHOSEN = modelOf({
  "services.0.settings": {
    maxConnections: 200,
    workMemoryMegabytes: 16,
    sharedBuffersMegabytes: 1024,
    parallelWorkersPerQuery: 0,
    statementTimeoutSeconds: 3600,
    idleInTransactionSeconds: 90,
  },
  "services.0.sharedMemoryMegabytes": 1024,
  "services.1.profile": "cache",
  "services.2.extensions": ["pg_trgm", "uuid-ossp"],
});

function container(model: typeof PLAIN, name: string) {
  const found = model.containers.databases.find(({ service }) => service === name);
  if (found === undefined) throw new Error(name);
  return found;
}

function fileOf(model: typeof PLAIN, database: string, file: string): readonly string[] {
  return (container(model, database).configuration.find(({ name }) => name === file)?.text ?? "").split("\n");
}

const accountsOf = (model: typeof PLAIN) => accountsPlan(accountsSettings(model));

describe("a database", () => {
  it("is as it was where nothing is chosen, whether a key is left out or has its default", () => {
    const defaults = modelOf({ "services.0.settings": {}, "services.1.profile": "sessions", "services.2.extensions": [] });
    expect(defaults.containers).toEqual(PLAIN.containers);
    expect(accountsOf(defaults)).toEqual(accountsOf(PLAIN));
  });

  it("has what is chosen behind its own lines, of which PostgreSQL takes the last, and no others", () => {
    const before = fileOf(PLAIN, "db", "postgresql.conf");
    expect(fileOf(CHOSEN, "db", "postgresql.conf")).toEqual([
      ...before.slice(0, -1),
      ...["max_connections = '200'", "work_mem = '16MB'", "shared_buffers = '1024MB'", "max_parallel_workers_per_gather = '0'"],
      ...["statement_timeout = '3600s'", "idle_in_transaction_session_timeout = '90s'", ""],
    ]);
    expect([container(PLAIN, "db"), container(CHOSEN, "db")].map(({ sharedMemoryMegabytes }) => sharedMemoryMegabytes)).toEqual([
      512, 1024,
    ]);
  });

  it("is asked for what is chosen as SHOW prints it", () => {
    const lines = (model: typeof PLAIN, id: string) => {
      const wanted = accountsOf(model).checks.find((check) => check.id === id)?.expect;
      return wanted?.kind === "lines" ? wanted.lines : undefined;
    };
    expect(lines(CHOSEN, "postgres-db-idle-sessions-end")).toEqual([
      "statement_timeout=1h",
      "idle_in_transaction_session_timeout=90s",
      "idle_session_timeout=1h",
    ]);
    expect(lines(CHOSEN, "postgres-db-settings-as-chosen")).toEqual([
      ...["max_connections=200", "work_mem=16MB", "shared_buffers=1GB", "max_parallel_workers_per_gather=0"],
      ...["statement_timeout=1h", "idle_in_transaction_session_timeout=90s"],
    ]);
    expect(lines(PLAIN, "postgres-db-settings-as-chosen")).toBeUndefined();
  });
});

describe("a Redis by its profile", () => {
  it.each([
    ["sessions", "volatile-lru", ["config-get", "flushall", "flushdb", "keys", "client-list", "acl-setuser"], undefined],
    ["cache", "allkeys-lru", ["flushall", "client-list", "acl-setuser"], 4],
    ["queue", "noeviction", ["config-get", "flushall", "flushdb", "acl-setuser"], 3],
  ] as const)("%s evicts, allows and denies what fits it", (profile, policy, denied, allowed) => {
    const model = modelOf({ "services.1.profile": profile });
    expect(fileOf(model, "cache", "redis.conf")).toContain(`maxmemory-policy ${policy}`);
    const { checks } = accountsOf(model);
    expect(checks.flatMap(({ id }) => /^redis-cache-notes-api-not-(.*)$/.exec(id)?.[1] ?? [])).toEqual(denied);
    const may = checks.find(({ id }) => id === `redis-cache-notes-api-may-what-a-${profile}-needs`);
    expect(may?.expect).toEqual(allowed === undefined ? undefined : { kind: "equals", text: Array(allowed).fill("OK").join("\n") });
    const limited = checks.find(({ id }) => id === "redis-cache-memory-limited")?.expect;
    expect(limited?.kind === "lines" ? limited.lines : []).toContain(`maxmemory-policy ${policy}`);
  });
});

describe("the accounts", () => {
  it("have a profile and extensions where they are declared, each with its own database", () => {
    const entries = JSON.parse(textOf(accountsOf(CHOSEN), "/etc/phiward/accounts.json")) as readonly {
      readonly kind: string;
      readonly profile?: string;
      readonly users: readonly { readonly extensions?: readonly string[] }[];
    }[];
    expect(entries.map(({ kind, profile, users }) => [kind, profile, users[0]?.extensions])).toEqual([
      ["postgres", undefined, ["pg_trgm", "uuid-ossp"]],
      ["redis", "cache", undefined],
    ]);
    const [, , service] = CHOSEN.config.services;
    expect(CHOSEN.containers.services).toEqual(PLAIN.containers.services);
    expect(service?.name).toBe("notes-api");
  });
});
