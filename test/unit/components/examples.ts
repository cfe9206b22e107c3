/** Configurations and keys for tests. No private half of any key was kept. */

import { SocketAddress } from "node:net";
import fc from "fast-check";
import { ConfigError, parseConfig } from "../../../components/config/faults";
import { COLLECTOR_AUTHORITY } from "./collectorAuthority";

/** An OpenSSH key line from the fields of its blob (RFC 4251 section 5). */
export function keyLine(type: string, ...fields: readonly (string | Uint8Array)[]): string {
  const framed = [type, ...fields].map((field) => {
    const bytes = Buffer.from(field);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  });
  return `${type} ${Buffer.concat(framed).toString("base64")}`;
}

/** An Ed25519 key line of 32 equal bytes. */
export function ed25519(byte: number): string {
  return keyLine("ssh-ed25519", new Uint8Array(32).fill(byte));
}

/** An age recipient. */
export const RECIPIENT = "age1zwen4a3j9wrgd7g67pyyv29kreax9k0m47kdqztlv24uvhwkevaq334yqc";

/** The smallest configuration that is allowed. */
export function smallest(): Record<string, unknown> {
  return {
    hosts: [{ kind: "existing", name: "web", address: "203.0.113.10", hostKey: ed25519(1) }],
    people: [{ name: "alice", keys: [`${ed25519(2)} alice@laptop`], sudo: true }],
    adminNetworks: ["198.51.100.7/32"],
    recovery: { publicKey: RECIPIENT },
  };
}

/** A configuration in which every key is set, and to none of its defaults. */
export function complete(): Record<string, unknown> {
  return {
    hosts: [
      { kind: "existing", name: "web", address: "203.0.113.10", hostKey: ed25519(1) },
      { kind: "existing", name: "store", role: "vault", address: "store.example.org", hostKey: ed25519(3) },
    ],
    people: [
      { name: "alice", keys: [`${ed25519(2)} alice@laptop`, ed25519(4)], sudo: true },
      {
        name: "bob",
        keys: [keyLine("sk-ssh-ed25519@openssh.com", new Uint8Array(32).fill(5), "ssh:")],
        databases: { "notes-api": "readonly" },
      },
      { name: "carol-x", keys: [ed25519(6)], sudo: true, expires: "2027-03-31" },
    ],
    adminNetworks: ["198.51.100.0/29", "2001:db8:0:1::/64", "192.0.2.9/32"],
    publicPorts: [
      { port: 443, purpose: "HTTPS" },
      { port: 80, purpose: "redirects to HTTPS" },
      { port: 443, protocol: "udp", purpose: "HTTP/3" },
    ],
    recovery: { publicKey: RECIPIENT, epoch: 3 },
    homes: { megabytes: 256 },
    audit: {
      onFailure: "halt",
      megabytes: 1024,
      collector: {
        address: "192.0.2.60",
        port: 10_514,
        ca: COLLECTOR_AUTHORITY,
        name: "siem.example.org",
        operator: "businessAssociate",
        lateMinutes: 15,
      },
    },
    deadMan: { seconds: 20 },
    // But for this one: the golden files are to show the rules that hosts have.
    network: { routerAdvertisements: "refused" },
    ssh: { idleSeconds: 300, maxAuthTries: 3, loginGraceTime: 30 },
    shell: { idleSeconds: 600 },
    bans: {
      maxRetry: 4,
      findTime: 600,
      banTime: 7200,
      maxBanTime: 86_400,
      jails: [{ name: "app", filter: "postfix[mode=aggressive]", journalMatch: "_SYSTEMD_UNIT=app.service + _COMM=app", ports: [80, 443] }],
    },
    updates: { reboot: "manual", rebootTime: "04:15" },
    time: { servers: ["ntp1.example.org", "2001:db8::123"] },
    docker: { logs: { driver: "local", maxSize: 20, maxFile: 3, rateLimitBurst: 900 }, addressPool: "10.96.0.0/16", limits: "unavailable" },
    services: [
      {
        kind: "postgres",
        name: "db",
        image: `docker.io/library/postgres@sha256:${"a".repeat(64)}`,
        memoryMegabytes: 2048,
        processes: 400,
        epoch: 2,
      },
      { kind: "redis", name: "cache", image: `sha256:${"b".repeat(64)}`, memoryMegabytes: 128, processes: 60, epoch: 3 },
      {
        kind: "container",
        name: "notes-api",
        image: `registry.example.org/notes@sha256:${"c".repeat(64)}`,
        user: "10001:10001",
        command: ["/usr/bin/node", "/app/main.js"],
        environment: { LOG_LEVEL: "info" },
        port: 8080,
        memoryMegabytes: 256,
        processes: 100,
        health: { command: ["/usr/bin/node", "/app/health.js"], everySeconds: 5, timeoutSeconds: 2, retries: 4, startSeconds: 20 },
        uses: ["db", "cache"],
        secrets: [{ name: "admin-password", epoch: 2, escrow: true }],
        volumes: [{ name: "attachments", path: "/data" }],
        internet: true,
      },
    ],
    retention: {
      time: "20:10",
      rules: [
        { name: "sessions", database: "notes-api", schema: "app", table: "sessions", timeColumn: "last_seen", days: 90, batch: 500 },
        {
          name: "old-visits",
          database: "notes-api",
          table: "visits",
          timeColumn: "ended",
          days: 3650,
          anonymise: [{ column: "patient", text: "erased" }, { column: "phone" }],
        },
      ],
      holds: [
        {
          name: "case-17",
          database: "notes-api",
          schema: "app",
          table: "sessions",
          column: "id",
          value: "4711",
          reference: "regional court, file 12 O 34/26, letter of 3 May",
          owner: "anna@example.org",
          until: "2027-02-28",
        },
      ],
      kept: [],
    },
    subjects: {
      places: [
        { database: "notes-api", schema: "app", table: "visits", column: "patient" },
        { database: "notes-api", table: "patients", column: "code", anonymise: [{ column: "name", text: "erased" }] },
      ],
      files: [
        { service: "notes-api", volume: "attachments", path: "scans/{ref}/" },
        { service: "notes-api", volume: "attachments", path: "letters/*/{ref}-*.pdf" },
      ],
    },
    removed: [
      { service: "old-api", data: "erase", confirm: "old-api" },
      { service: "notes-api", volume: "scans", data: "keep" },
      { service: "notes-api", database: "former-db", data: "keep" },
    ],
    sites: [
      {
        name: "api.example.org",
        aliases: ["www.example.org"],
        certificate: { kind: "selfSigned", key: "rsa-4096", days: 60, renewBeforeDays: 20 },
        routes: [
          {
            path: "/login",
            match: "exact",
            service: "notes-api",
            methods: ["POST"],
            data: "patients",
            bodyKilobytes: 4,
            timeoutSeconds: 10,
            clientTimeoutSeconds: 20,
          },
          {
            path: "/live",
            service: "notes-api",
            methods: ["GET"],
            webSocket: true,
            webSocketIdleSeconds: 120,
            webSocketOrigins: ["https://portal.example.org"],
          },
          {
            path: "/",
            service: "notes-api",
            methods: ["GET", "HEAD"],
            data: "public",
            bodyKilobytes: 512,
            timeoutSeconds: 20,
            cacheSeconds: 3600,
            cacheImmutable: true,
            compress: true,
          },
        ],
        login: "/login",
        contentSecurityPolicy: "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        sameSite: "lax",
        readableCookies: ["csrftoken"],
        requestsPerSecond: 50,
        burst: 100,
        connections: 80,
      },
    ],
    backup: { every: "hour", time: "02:15", paths: ["/srv/uploads"], keep: { last: 14, days: 60 }, restoreTest: "day", offsite: "store" },
    integrity: {
      time: "20:40",
      accepted: [
        {
          host: "web",
          kind: "job of cron",
          path: "/etc/cron.d/vendor",
          sha256: "e".repeat(64),
          reason: "the laboratory's transfer, ticket 12",
          owner: "anna@example.org",
          expires: "2027-02-28",
        },
      ],
      sealed: [{ host: "web", sha256: "f".repeat(64) }],
    },
    incidents: {
      organisation: "Example Clinic",
      contacts: [
        { name: "Alice Adams", roles: ["technical", "security"], mail: "alice@example.org", phone: "+49 30 5550101", from: "P4" },
        { name: "Dora, data protection officer", roles: ["privacy"], mail: "privacy@example.org", from: "P3" },
        { name: "Lex and Partners", roles: ["legal"], phone: "+49 30 5550103", from: "P2" },
        { name: "Authority of the state", roles: ["authority"], mail: "breaches@authority.example.org", from: "P2" },
      ],
      responses: { P1: 10, P2: 30, P3: 120, P4: 480 },
      law: ["gdpr"],
    },
    monitoring: {
      heartbeat: { url: "https://beat.example.net/ping/", minutes: 2 },
      escalation: { webhook: "https://alerts.example.org/second", mail: "director@example.org" },
      repeatHours: 6,
      diskPercent: 75,
      memoryPercent: 85,
      certificateDays: 10,
      retentionDays: 60,
      diskMegabytes: 2048,
      vulnerabilities: { time: "19:50", tracker: "https://mirror.example.org/debsecan/1/", graveDays: 2, otherDays: 14, indexDrop: 10 },
      rotation: { passwordDays: 60, keyDays: 180, broughtDays: 300, graceDays: 7 },
    },
    alerts: {
      webhook: "https://alerts.example.org/hook",
      mail: { to: "oncall@example.org", from: "web@example.org", server: "mail.example.org", port: 587 },
    },
    records: { retentionYears: 8, silentMinutes: 20, gigabytesPerHost: 30 },
    banner: "Authorised use only.\nEverything is recorded.\n",
    journal: { systemMaxUse: 500, systemKeepFree: 200, retentionDays: 180 },
  };
}

/** What is said of a configuration that is not allowed; nothing of one that is. */
export function faultsOf(raw: unknown): readonly string[] {
  try {
    parseConfig(raw);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

/** Where a value stands in a configuration. */
export type Path = readonly (string | number)[];

/** Marks what is taken out. */
export const GONE = Symbol("gone");

/** A copy of a configuration with other values at some paths, as in `people.0.name`; a path one behind a list's end adds to it. */
export function changed(config: Record<string, unknown>, changes: Readonly<Record<string, unknown>>): unknown {
  return Object.entries(changes).reduce<unknown>(
    (whole, [path, value]) => replaced(whole, path.split("."), value),
    structuredClone(config),
  );
}

/** A copy of a value with another value at one path. */
export function replaced(whole: unknown, path: Path, value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (Array.isArray(whole)) {
    const list: readonly unknown[] = whole;
    const index = Number(step);
    const inner: unknown = replaced(list[index], rest, value);
    return [...list.slice(0, index), ...(inner === GONE ? [] : [inner]), ...list.slice(index + 1)];
  }
  const map = typeof whole === "object" && whole !== null ? { ...whole } : {};
  const inner = replaced(Reflect.get(map, step), rest, value);
  return Object.fromEntries([
    ...Object.entries(map).filter(([key]) => key !== step || inner !== GONE),
    ...(inner === GONE ? [] : [[step, inner] as const]),
  ]);
}

/** A network as numbers; text is made and read apart from the code under test. */
export interface Numbers {
  readonly family: "ipv4" | "ipv6";
  readonly value: bigint;
  readonly prefix: number;
}

/** Bits of a family's addresses. */
export const WIDTH = { ipv4: 32, ipv6: 128 } as const;

/** The address of a number, spelled as the C library spells it. */
export function addressText(family: "ipv4" | "ipv6", value: bigint): string {
  const [size, bits] = family === "ipv4" ? [4, 8n] : [8, 16n];
  const groups = Array.from({ length: size }, (_, index) => (value >> (BigInt(size - 1 - index) * bits)) & ((1n << bits) - 1n));
  if (family === "ipv4") return groups.join(".");
  return new SocketAddress({ family: "ipv6", address: groups.map((group) => group.toString(16)).join(":") }).address;
}

/** Whether a number lies in a network, by arithmetic. */
export function contains(network: Numbers, family: "ipv4" | "ipv6", value: bigint): boolean {
  const shift = BigInt(WIDTH[network.family] - network.prefix);
  return network.family === family && network.value >> shift === value >> shift;
}

/** Any address, as a number. */
export const numbers: fc.Arbitrary<{ readonly family: "ipv4" | "ipv6"; readonly value: bigint }> = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 32n) - 1n }).map((value) => ({ family: "ipv4" as const, value })),
  fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map((value) => ({ family: "ipv6" as const, value })),
  // Long runs of zeros, where IPv6 is shortened.
  fc
    .array(fc.constantFrom(0n, 0n, 1n, 0xdb8n, 0xffffn), { minLength: 8, maxLength: 8 })
    .map((groups) => ({ family: "ipv6" as const, value: groups.reduce<bigint>((sum, group) => (sum << 16n) | group, 0n) })),
);

/** Any network without bits behind its prefix. */
export const networks: fc.Arbitrary<Numbers> = numbers.chain(({ family, value }) =>
  fc.nat(WIDTH[family]).map((prefix) => {
    const shift = BigInt(WIDTH[family] - prefix);
    return { family, value: (value >> shift) << shift, prefix };
  }),
);

/** Networks that administrators may come from, as text. */
export const adminNetworks: fc.Arbitrary<string> = fc
  .oneof(
    fc.tuple(fc.constant("ipv4" as const), fc.bigInt({ min: 10n << 24n, max: (99n << 24n) - 1n }), fc.integer({ min: 8, max: 32 })),
    fc.tuple(
      fc.constant("ipv6" as const),
      fc.bigInt({ min: 0x2000n << 112n, max: (0xfdffn << 112n) - 1n }),
      fc.integer({ min: 16, max: 128 }),
    ),
  )
  .map(([family, value, prefix]) => {
    const shift = BigInt(WIDTH[family] - prefix);
    return `${addressText(family, (value >> shift) << shift)}/${String(prefix)}`;
  });
