/** Random configurations that are allowed. */
import fc from "fast-check";
import { adminNetworks, ed25519, keyLine, smallest } from "./examples";

const person = (number: number): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(
    {
      name: fc.stringMatching(/^[a-z0-9]{1,8}(-[a-z0-9]{1,8})?$/).map((tail) => `p${String(number)}-${tail}`),
      keys: fc.uniqueArray(
        fc.uint8Array({ minLength: 31, maxLength: 31 }).map((bytes) => keyLine("ssh-ed25519", Uint8Array.of(number, ...bytes))),
        { minLength: 1, maxLength: 3, selector: String },
      ),
      sudo: fc.boolean(),
      expires: fc
        .date({ min: new Date("2000-01-01"), max: new Date("2099-12-31"), noInvalidDate: true })
        .map((date) => date.toISOString().slice(0, 10)),
    },
    { requiredKeys: ["name", "keys"] },
  );

const image = fc.constantFrom("a", "b", "c").map((digit) => `sha256:${digit.repeat(64)}`);

const databases: fc.Arbitrary<readonly Record<string, unknown>[]> = fc
  .tuple(image, fc.integer({ min: 1, max: 3 }), fc.subarray(["postgres", "redis"] as const))
  .map(([digest, epoch, kinds]) => kinds.map((kind) => ({ kind, name: `${kind}-1`, image: digest, epoch })));

/** A service that uses some of the databases, and has some of what a service can have. */
const container = (name: string, used: readonly unknown[]): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(
    {
      kind: fc.constant("container"),
      name: fc.constant(name),
      image,
      // The second half of the range for the second service: no two may have one.
      user: fc
        .integer({ min: 10_000, max: 14_999 })
        .map((id) => id + (name === "api" ? 0 : 5000))
        .map((id) => `${String(id)}:${String(id)}`),
      port: fc.integer({ min: 1, max: 65_535 }),
      health: fc.constant({ command: ["/app/health"] }),
      uses: fc.subarray([...used]),
      secrets: fc
        .record({ epoch: fc.integer({ min: 1, max: 3 }), escrow: fc.boolean() })
        .map((secret) => [{ name: "session-key", ...secret }]),
      databaseParts: fc.boolean(),
      configurationFiles: fc.constantFrom([], [{ path: "/etc/app.conf", content: 'key "{}" {{{{\n' }]),
      volumes: fc.constant([{ name: "uploads", path: "/data" }]),
      internet: fc.boolean(),
    },
    { requiredKeys: ["kind", "name", "image", "port", "health"] },
  );

const site = (services: readonly string[]): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(
    {
      name: fc.constant("api.example.org"),
      certificate: fc.constantFrom({ kind: "selfSigned" }, { kind: "selfSigned", key: "rsa-4096" }),
      routes: fc
        .record({ service: fc.constantFrom(...services), data: fc.constantFrom("patients", "public") })
        .map((route) => [{ path: "/", ...route }]),
      login: fc.constant("/login"),
      aliases: fc.constant(["www.example.org"]),
    },
    { requiredKeys: ["name", "certificate", "routes"] },
  );

const backup: fc.Arbitrary<Record<string, unknown>> = fc.record({
  every: fc.constantFrom("hour", "day"),
  restoreTest: fc.constantFrom("day", "week"),
  offsite: fc.constantFrom("store", undefined),
});

interface Parts {
  readonly services?: readonly Record<string, unknown>[];
  readonly sites?: readonly Record<string, unknown>[];
  readonly backup?: Record<string, unknown>;
}

/** Services, their sites and their backups, any of which may be missing. */
const parts: fc.Arbitrary<Parts> = databases.chain((used) => {
  const names = used.map(({ name }) => name);
  // A Redis is one service's own.
  const others = used.filter(({ kind }) => kind !== "redis").map(({ name }) => name);
  return fc.tuple(container("api", names), container("docs", others)).chain((containers) =>
    fc.record(
      {
        services: fc.constant([...used, ...containers]),
        sites: site(["api", "docs"]).map((one) => [one]),
        backup,
      },
      { requiredKeys: ["services"] },
    ),
  );
});

type Port = Readonly<Record<"port" | "protocol" | "purpose", unknown>>;

// Sites are reached by two ports, an off-site backup goes to a vault, and whoever has backups is alerted.
function withWhatTheyNeed({ services, sites, backup: backups }: Parts, publicPorts: readonly Port[]): Record<string, unknown> {
  const others = publicPorts.filter(({ port, protocol }) => protocol !== "tcp" || ![80, 443].includes(Number(port)));
  const ofSites = [80, 443].map((port) => ({ port, protocol: "tcp", purpose: "the sites" }));
  const { offsite, ...kept } = backups ?? {};
  const vault = { kind: "existing", name: "store", role: "vault", address: "store.example.org", hostKey: ed25519(3) };
  return {
    ...(services === undefined ? {} : { services }),
    ...(sites === undefined ? { publicPorts } : { sites, publicPorts: [...others, ...ofSites] }),
    ...(backups === undefined
      ? {}
      : { backup: offsite === undefined ? kept : backups, alerts: { webhook: "https://alerts.example.org/" } }),
    ...(offsite === undefined ? {} : { hosts: [...[smallest()["hosts"]].flat(), vault] }),
  };
}

/** Configurations that are allowed, from the smallest to the complete. */
export const configurations: fc.Arbitrary<Record<string, unknown>> = fc
  .record(
    {
      people: fc
        .tuple(fc.boolean(), person(1), person(2), person(3))
        .map(([alone, first, ...others]) => [{ name: first["name"], keys: first["keys"], sudo: true }, ...(alone ? [] : others)]),
      adminNetworks: fc.uniqueArray(adminNetworks, { minLength: 1, maxLength: 6 }),
      publicPorts: fc.uniqueArray(
        fc.record({
          port: fc.integer({ min: 23, max: 65_535 }),
          protocol: fc.constantFrom("tcp", "udp"),
          purpose: fc.stringMatching(/^[!-~][ -~]{0,20}$/),
        }),
        {
          maxLength: 5,
          selector: ({ port, protocol }) => `${String(port)}/${protocol}`,
        },
      ),
      deadMan: fc.record({ seconds: fc.integer({ min: 20, max: 3600 }) }),
      ssh: fc.record({ idleSeconds: fc.integer({ min: 60, max: 900 }), maxAuthTries: fc.integer({ min: 3, max: 6 }) }),
      bans: fc.record({
        maxRetry: fc.integer({ min: 2, max: 10 }),
        jails: fc.uniqueArray(
          fc.record({
            name: fc.stringMatching(/^j[a-z0-9]{0,8}(-[a-z0-9]{1,8})?$/),
            filter: fc.constantFrom("recidive", "nginx-http-auth", "postfix[mode=aggressive]"),
            journalMatch: fc.constantFrom(
              "_SYSTEMD_UNIT=app.service",
              "_SYSTEMD_UNIT=a@b.service + SYSLOG_IDENTIFIER=app",
              "_EXE=/usr/bin/app _UID=1000",
            ),
            ports: fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 4 }),
          }),
          { maxLength: 3, selector: ({ name }) => name },
        ),
      }),
      banner: fc.stringMatching(/^[!-Z][ -Z\n]{0,40}$/),
      parts,
      updates: fc.record({ reboot: fc.constantFrom("automatic", "manual"), rebootTime: fc.constantFrom("00:00", "23:59") }),
    },
    { requiredKeys: ["people", "adminNetworks"] },
  )
  .map(({ parts = {}, ...rest }) => ({ ...smallest(), ...rest, ...withWhatTheyNeed(parts, rest.publicPorts ?? []) }));
