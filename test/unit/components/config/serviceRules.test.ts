/** Rules across services, backups, alerts and hosts: the smallest change to an allowed configuration, and every sentence it earns. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { derivedUser } from "../../../../components/config/containerIds";
import { parseConfig } from "../../../../components/config/faults";
import { DATABASE_KIND_NAMES, DATABASE_KINDS } from "../../../../components/config/sections/databaseKinds";
import { either } from "../../../../components/config/sections/values";
import { containersModel } from "../../../../components/containers/model";
import { changed, ed25519, faultsOf, GONE, smallest } from "../examples";

const IMAGE = `sha256:${"a".repeat(64)}`;
const base = (): Record<string, unknown> => ({
  ...smallest(),
  hosts: [
    { kind: "existing", name: "web", address: "203.0.113.10", hostKey: ed25519(1) },
    { kind: "existing", name: "vault", role: "vault", address: "203.0.113.11", hostKey: ed25519(9) },
  ],
  services: [
    { kind: "postgres", name: "db", image: IMAGE },
    { kind: "redis", name: "cache", image: IMAGE },
    {
      kind: "container",
      name: "api",
      image: IMAGE,
      user: "10001:10001",
      health: { command: ["/app/health"] },
      uses: ["db", "cache"],
      secrets: [{ name: "key" }],
      volumes: [{ name: "files", path: "/files" }],
    },
  ],
  backup: { offsite: "vault" },
  alerts: { webhook: "https://alerts.example.org/phiward" },
});

// Another name that leads to the same number as `api`; found by trying.
const COLLIDING =
  Array.from({ length: 100_000 }, (_, index) => `c${String(index)}`).find((name) => derivedUser(name).uid === derivedUser("api").uid) ?? "";

const FAULTY: readonly (readonly [string, Readonly<Record<string, unknown>>, readonly unknown[]])[] = [
  [
    "a host whose account at the vault would have too long a name",
    { "hosts.0.name": "a23456789012345678901234567" },
    [
      "hosts.0.name: found text of 27 characters, allowed: a name of 26 characters at most where backups are off-site: the vault has an account of that name",
    ],
  ],
  [
    "two services of one name",
    { "services.1.name": "db", "services.2.uses": ["db"] },
    ["services.1.name: found text of 2 characters, allowed: must be unique; already used by services.0.name"],
  ],
  [
    "a service that uses no database",
    { "services.2.uses.1": "queue" },
    [`services.2.uses.1: found text of 5 characters, allowed: the name of a service of kind ${either(DATABASE_KIND_NAMES)}`],
  ],
  [
    "a service that uses another that is no database",
    { "services.2.uses.1": "api" },
    [`services.2.uses.1: found text of 3 characters, allowed: the name of a service of kind ${either(DATABASE_KIND_NAMES)}`],
  ],
  [
    "a database twice",
    { "services.2.uses.1": "db" },
    ["services.2.uses.1: found text of 2 characters, allowed: must be unique; already used by services.2.uses.0"],
  ],
  [
    "a secret twice",
    { "services.2.secrets.1": { name: "key" } },
    ["services.2.secrets.1.name: found text of 3 characters, allowed: must be unique; already used by services.2.secrets.0.name"],
  ],
  [
    "a volume twice",
    { "services.2.volumes.1": { name: "files", path: "/files" } },
    [
      "services.2.volumes.1.name: found text of 5 characters, allowed: must be unique; already used by services.2.volumes.0.name",
      "services.2.volumes.1.path: found text of 6 characters, allowed: must be unique; already used by services.2.volumes.0.path",
    ],
  ],
  [
    "a secret named as a database's address",
    { "services.2.secrets.0.name": "db-url" },
    [
      "services.2.secrets.0.name: found text of 6 characters, allowed: a name other than DATABASE-url for a database that it uses: that secret is created for it",
    ],
  ],
  [
    "two secrets that become one",
    { "services.3": { kind: "postgres", name: "api-key", image: IMAGE }, "services.2.secrets.0.name": "key-postgres" },
    [
      "services.3.name: found text of 7 characters, allowed: must be unique together with the name of the service, joined by a hyphen; already used by services.2.secrets.0.name",
    ],
  ],
  ...Object.values(DATABASE_KINDS).flatMap(({ title, ownNames }) =>
    // The first may be the name of a secret as well, and earn a sentence more.
    ownNames
      .slice(-1)
      .map(
        (name) =>
          [
            `a service with the name of a role or database of ${title}'s own: ${name}`,
            { "services.2.name": name },
            [
              `services.2.name: found text of ${String(name.length)} characters, allowed: a name other than ${ownNames.join(", ")}: ${title} uses these itself`,
            ],
          ] as const,
      ),
  ),
  ...["public", "none", "localhost", "host", "default", "phiward", "phiward-x"].map(
    (name) =>
      [
        `a service whose name stands for something else: ${name}`,
        { "services.2.name": name },
        [
          `services.2.name: found text of ${String(name.length)} characters, allowed: a name other than phiward, phiward-… and all, bridge, current-role, current-user, default, docker, gateway, host, ingress, localhost, none, public, replication, root, session-user, user`,
        ],
      ] as const,
  ),
  [
    "a Redis that two services use",
    { "services.3": { kind: "container", name: "docs", image: IMAGE, health: { command: ["/app/health"] }, uses: ["db", "cache"] } },
    [
      "services.3.uses.1: found text of 5 characters, allowed: a Redis that no other service uses: commands such as SCAN show every key, whoever's it is, and one script stops all; declare one more service of kind redis for it; already used by services.2.uses.1",
    ],
  ],
  ...["0:0", "33:33", "999:999", "1000:1000", "1001:1001", "9999:10000", "10001:33", "30000:30000", "65534:65534", "api:api", "10001"].map(
    (user) =>
      [
        `a container that runs as somebody else: ${user}`,
        { "services.2.user": user },
        [
          expect.stringMatching(
            /^services\.2\.user: found [^,]+, allowed: uid:gid, both numbers from 10000 to 29999: no other account of a host has these$/,
          ),
        ],
      ] as const,
  ),
  [
    "two services with one number",
    { "services.3": { kind: "container", name: "docs", image: IMAGE, user: "10002:10001", health: { command: ["/app/health"] } } },
    ["services.3.user: found text of 11 characters, allowed: numbers no other service's; already used by services.2"],
  ],
  [
    "a service whose name leads to the number of another",
    { "services.2.user": GONE, "services.3": { kind: "redis", name: COLLIDING, image: IMAGE } },
    [
      `services.3.name: found text of ${String(COLLIDING.length)} characters, allowed: a name whose numbers are no other service's; already used by services.2, so take another name, or declare \`user\``,
    ],
  ],
  ...[
    "/proc",
    "/proc/sys",
    "/sys/fs",
    "/dev/shm",
    "/etc",
    "/etc/ssl",
    "/run/secrets",
    "/run/secrets/key",
    "/var/run/x",
    "/tmp",
    "/usr/bin",
  ].map(
    (path) =>
      [
        `a volume where something else is: ${path}`,
        { "services.2.volumes.0.path": path },
        [
          `services.2.volumes.0.path: found text of ${String(path.length)} characters, allowed: a path outside of /proc, /sys, /dev, /etc, /run, /tmp, /boot and the image's programs`,
        ],
      ] as const,
  ),
  ...[
    "a\0@example.org",
    "a\u001b[2J@example.org",
    "a@example.org>,<b@example.org",
    "a@example.org\r\nBcc: b@example.org",
    "-oQ/tmp@example.org",
    '"a b"@example.org',
    "a@-example.org",
    "a@[192.0.2.1]",
  ].map(
    (address) =>
      [
        `a mail address that is more than that: ${JSON.stringify(address)}`,
        { "alerts.mail": { to: address, from: "web@example.org", server: "mail.example.org" } },
        [
          expect.stringMatching(
            /^alerts\.mail\.to: found text of \d+ characters[^@]*, allowed: an email address, such as oncall@example\.org$/,
          ),
        ],
      ] as const,
  ),
  [
    "no host that runs anything",
    { "hosts.0.role": "vault" },
    [
      "hosts: found a list of 2, allowed: at least one host of the role application: a vault stores the backups of others",
      "hosts.0.role: found text of 5 characters, allowed: application, or vault of a host that backup.offsite names",
    ],
  ],
  [
    "an off-site copy on the host itself",
    { "backup.offsite": "web" },
    ["backup.offsite: found text of 3 characters, allowed: the name of a host of the role vault"],
  ],
  [
    "a vault that keeps nothing",
    { backup: GONE },
    ["hosts.1.role: found text of 5 characters, allowed: application, or vault of a host that backup.offsite names"],
  ],
  [
    "a webhook with a token in its query",
    { "alerts.webhook": "https://hooks.example.org/?key=hunter2" },
    [
      "alerts.webhook: found text of 38 characters, allowed: an address without ? and #: a token goes into /etc/phiward/alert-token on the host",
    ],
  ],
  [
    "backups that nobody hears of",
    { alerts: {} },
    ["alerts: found an object, allowed: a webhook or mail: failed backups must alert someone"],
  ],
];

describe("rules of services", () => {
  it.each(["/data", "/srv/files", "/var/lib/app", "/usr/src/app/uploads", "/opt/app", "/library", "/home/app"])(
    "allow a volume at %s",
    (path) => {
      expect(faultsOf(changed(base(), { "services.2.volumes.0.path": path }))).toEqual([]);
    },
  );

  it("allow a Redis for each service", () => {
    const health = { command: ["/app/health"] };
    const more = {
      "services.3": { kind: "redis", name: "queue", image: IMAGE },
      "services.4": { kind: "container", name: "docs", image: IMAGE, health, uses: ["db", "queue"] },
    };
    expect(faultsOf(changed(base(), more))).toEqual([]);
  });

  it("never let a container have the number of a person, of the system or of another container, whatever is declared", () => {
    const user = fc.oneof(
      fc.nat(70_000).map((id) => `${String(id)}:${String(id)}`),
      fc.tuple(fc.nat(70_000), fc.nat(70_000)).map(([uid, gid]) => `${String(uid)}:${String(gid)}`),
      fc.constant(GONE),
    );
    const name = fc.stringMatching(/^s[a-z0-9]{0,9}$/);
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, user), { minLength: 2, maxLength: 6, selector: ([text]) => text }), (services) => {
        const raw = changed(smallest(), {
          services: services.map(([text, id]) => ({
            kind: "container",
            name: text,
            image: IMAGE,
            health: { command: ["/x"] },
            ...(id === GONE ? {} : { user: id }),
          })),
        });
        if (faultsOf(raw).length > 0) return;
        const ids = containersModel(parseConfig(raw)).services.map((container) => container.user.split(":").map(Number));
        const all = ids.flatMap((pair) => [...new Set(pair)]);
        expect(new Set(all).size).toBe(all.length);
        for (const id of all) expect(id >= 10_000 && id <= 29_999).toBe(true);
      }),
    );
  });

  it("allow the example", () => {
    expect(faultsOf(base())).toEqual([]);
  });

  it.for(FAULTY)("refuse %s", ([, changes, sentences]) => {
    expect(faultsOf(changed(base(), changes))).toEqual(sentences);
  });
});
