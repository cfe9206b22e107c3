/** Rules across services, backups, alerts and hosts: the smallest change to an allowed configuration, and every sentence it earns. */
import { describe, expect, it } from "vitest";
import { DATABASE_KIND_NAMES, DATABASE_KINDS } from "../../../../components/config/sections/databaseKinds";
import { either } from "../../../../components/config/sections/values";
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

const FAULTY: readonly (readonly [string, Readonly<Record<string, unknown>>, readonly string[]])[] = [
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
  it("allow the example", () => {
    expect(faultsOf(base())).toEqual([]);
  });

  it.for(FAULTY)("refuse %s", ([, changes, sentences]) => {
    expect(faultsOf(changed(base(), changes))).toEqual(sentences);
  });
});
