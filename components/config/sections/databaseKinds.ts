/** The kinds of database that a stack may declare, as far as the configuration needs them; the rest is in components/containers/databases. */

interface DatabaseKindFacts {
  /** The product's own name. */
  readonly title: string;
  /** TCP port that its server listens on in its container, and the only one that services reach in a network they share with it. */
  readonly port: number;
  /** Another one, for services that connect without TLS; undefined where one port is for both. */
  readonly plainPort?: number;
  /** What docs/configuration.md says about the kind. */
  readonly description: string;
  /** Default memory limit in MB. */
  readonly memoryMegabytes: number;
  /** Default limit of processes and threads. */
  readonly processes: number;
  /** Names of databases and roles of the server itself, which no service may have. */
  readonly ownNames: readonly string[];
  /** Secrets that the server needs beside its clients' passwords; it finds each as a file. */
  readonly secrets: readonly string[];
  /** Secrets of its own that only programs of the host use. */
  readonly hostSecrets: readonly string[];
  /** Why several services may not use one server; undefined where they may. */
  readonly unshared?: string;
}

const KINDS = {
  postgres: {
    title: "PostgreSQL",
    port: 5432,
    description: "PostgreSQL 17.",
    memoryMegabytes: 1024,
    processes: 300,
    // What it has itself, and words that stand for others in its statements and in pg_hba.conf.
    ownNames: ["postgres", "template0", "template1", "sameuser", "samerole", "samegroup", "samehost", "samenet", "health"],
    secrets: ["postgres"],
    hostSecrets: [],
  },
  redis: {
    title: "Redis",
    port: 6380,
    plainPort: 6379,
    description: "Redis: sessions, queues, caches.",
    memoryMegabytes: 256,
    processes: 50,
    ownNames: [],
    secrets: [],
    hostSecrets: ["redis", "metrics"],
    unshared: "commands such as SCAN show every key, whoever's it is, and one script stops all",
  },
} as const satisfies Readonly<Record<string, DatabaseKindFacts>>;

/** A kind of database. */
export type DatabaseKind = keyof typeof KINDS;

/** The facts of each kind. */
export const DATABASE_KINDS: Readonly<Record<DatabaseKind, DatabaseKindFacts>> = KINDS;

/** Every port of a database, lowest first. */
export const DATABASE_PORTS: readonly number[] = Object.values(DATABASE_KINDS)
  .flatMap(({ port, plainPort }) => (plainPort === undefined ? [port] : [port, plainPort]))
  .toSorted((one, other) => one - other);

/** The kinds, in the order in which messages and documents name them. */
export const DATABASE_KIND_NAMES: readonly DatabaseKind[] = Object.keys(KINDS).filter(isDatabaseKind);

/** Whether a text names a kind of database. */
export function isDatabaseKind(kind: string | undefined): kind is DatabaseKind {
  return kind !== undefined && Object.hasOwn(KINDS, kind);
}
