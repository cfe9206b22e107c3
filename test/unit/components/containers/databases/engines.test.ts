/** The table of engines is closed: the compiler refuses an engine that leaves a member out, and a kind that has no engine. */
import { describe, expect, it } from "vitest";
import { DATABASE_KIND_NAMES, DATABASE_KINDS, type DatabaseKind } from "../../../../../components/config/sections/databaseKinds";
import type { DatabaseEngine } from "../../../../../components/containers/databases/engine";
import { ENGINES } from "../../../../../components/containers/databases/engines";
import { runSync } from "../../../../../ops/lib/process";

const ANOTHER: DatabaseEngine = { ...ENGINES.redis, port: 9999 };

function without<Member extends keyof DatabaseEngine>(member: Member): Omit<DatabaseEngine, Member> {
  const rest = { ...ANOTHER };
  Reflect.deleteProperty(rest, member);
  return rest;
}

// Each line compiles only because its error is expected; a member that is new has to get a line, and one that is optional no longer has an error.
const INCOMPLETE: { readonly [Member in keyof DatabaseEngine]: DatabaseEngine } = {
  // @ts-expect-error: an engine without a port
  port: without("port"),
  // @ts-expect-error: an engine that is not configured
  files: without("files"),
  // @ts-expect-error: an engine without a container
  container: without("container"),
  // @ts-expect-error: an engine that does not say what the host must have
  prepare: without("prepare"),
  // @ts-expect-error: an engine that nothing can connect to
  clientUrl: without("clientUrl"),
  // @ts-expect-error: an engine whose address has no parts
  clientParts: without("clientParts"),
  // @ts-expect-error: an engine that does not name its databases
  databases: without("databases"),
  // @ts-expect-error: an engine without accounts
  accounts: without("accounts"),
  // @ts-expect-error: an engine that is not checked
  checks: without("checks"),
  // @ts-expect-error: an engine that does not name the control of its encryption
  encryptedControl: without("encryptedControl"),
  // @ts-expect-error: an engine that is not asked whether it refuses what is not encrypted
  plainRefused: without("plainRefused"),
  // @ts-expect-error: an engine that does not name the control of its ports
  publishedControl: without("publishedControl"),
  // @ts-expect-error: an engine without backup, and without a reason for that
  backup: without("backup"),
  // @ts-expect-error: an engine that does not say how it is upgraded
  upgrade: without("upgrade"),
  // @ts-expect-error: an engine whose image is not tried
  smokeTest: without("smokeTest"),
};

const TABLES: readonly object[] = [
  // @ts-expect-error: a kind of database without an engine
  { postgres: ENGINES.postgres } satisfies Record<DatabaseKind, DatabaseEngine>,
  // @ts-expect-error: an engine whose kind the configuration does not have
  { ...ENGINES, another: ANOTHER } satisfies Record<DatabaseKind, DatabaseEngine>,
  // @ts-expect-error: a third kind, as soon as the configuration has it
  { ...ENGINES } satisfies Record<DatabaseKind | "another", DatabaseEngine>,
  { ...ENGINES, another: ANOTHER } satisfies Record<DatabaseKind | "another", DatabaseEngine>,
];

const BACKUPS: readonly DatabaseEngine["backup"][] = [
  // @ts-expect-error: no backup, and no reason for that
  { kind: "none" },
  // @ts-expect-error: a dump by a program that the host does not have
  { kind: "dump", program: "mysqldump" },
];

describe("the table of database engines", () => {
  it("does not compile with an engine that leaves any one member out", () => {
    expect(Object.keys(INCOMPLETE).sort()).toEqual(Object.keys(ANOTHER).sort());
    for (const [member, engine] of Object.entries(INCOMPLETE)) expect(Object.keys(engine)).not.toContain(member);
  });

  it("does not compile with a kind that has no engine, nor with an engine of no kind", () => {
    expect(TABLES).toHaveLength(4);
    expect(Object.keys(ENGINES).sort()).toEqual([...DATABASE_KIND_NAMES].sort());
  });

  it("has accounts in the host's program for each kind, and for no other", () => {
    const print =
      "import json, sys; sys.path.insert(0, 'components/host'); " +
      "from phiward_host.databases.accounts import ENGINES; print(json.dumps(sorted(ENGINES)))";
    const { status, stdout, stderr } = runSync(["python3", "-I", "-B", "-c", print]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toEqual([...DATABASE_KIND_NAMES].sort());
  });

  it("does not compile with a backup that the host cannot make, nor with none for no reason", () => {
    expect(BACKUPS.map(({ kind }) => kind)).toEqual(["none", "dump"]);
  });

  it("has a reason for each engine whose data is in no backup, and for each whose images are not compared", () => {
    for (const kind of DATABASE_KIND_NAMES) {
      const { backup, upgrade } = ENGINES[kind];
      if (backup.kind === "none") expect(backup.because.length, kind).toBeGreaterThan(20);
      if (upgrade.kind === "inPlace") expect(upgrade.because.length, kind).toBeGreaterThan(20);
    }
  });

  it("reads the data of the one major version that the configuration's documentation names", () => {
    for (const kind of DATABASE_KIND_NAMES) {
      const { upgrade } = ENGINES[kind];
      if (upgrade.kind === "dumpAndRestore") expect(DATABASE_KINDS[kind].description).toContain(` ${upgrade.major}.`);
    }
    expect(ENGINES.postgres.upgrade).toMatchObject({ kind: "dumpAndRestore", major: "17" });
  });

  it("gives each service a line to connect by, with the port of the server and a place for the password", () => {
    const client = { host: "db", login: "api_e2", service: "api", encrypted: true };
    expect(ENGINES.postgres.clientUrl(client)).toBe(
      "postgresql://api_e2:{}@db:5432/api?sslmode=verify-full&sslrootcert=/run/phiward/authority/authority.pem",
    );
    expect(ENGINES.redis.clientUrl(client)).toBe("rediss://api_e2:{}@db:6380/0");
    expect(ENGINES.postgres.clientUrl({ ...client, encrypted: false })).toBe("postgresql://api_e2:{}@db:5432/api");
    expect(ENGINES.redis.clientUrl({ ...client, encrypted: false })).toBe("redis://api_e2:{}@db:6379/0");
    for (const kind of DATABASE_KIND_NAMES) {
      const url = ENGINES[kind].clientUrl(client);
      const { host, port, name, user } = ENGINES[kind].clientParts(client);
      expect(url, "the parts are those of the URL").toMatch(new RegExp(`//${user}:{}@${host}:${port}/${name}([?].*)?$`));
      expect(url.split("{}"), kind).toHaveLength(2);
      expect(url, kind).toContain(`@db:${String(ENGINES[kind].port)}`);
    }
  });

  it("lets the smoke test see nothing that the host still writes: a Redis gets its first list of users", () => {
    const configuration = { source: "/etc/phiward/services/cache", target: "/etc/phiward" };
    const users = { source: "/var/lib/phiward/services/cache/acl", target: "/acl" };
    for (const kind of DATABASE_KIND_NAMES) expect(ENGINES[kind].smokeTest.bindMount(configuration, "cache")).toEqual(configuration);
    expect(ENGINES.redis.smokeTest.bindMount(users, "cache")).toEqual({ source: "/etc/phiward/services/cache", target: "/acl" });
  });
});
