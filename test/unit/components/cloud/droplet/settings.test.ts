import { describe, expect, it } from "vitest";
import { cloudConfig } from "../../../../../components/cloud/droplet/cloudConfig";
import { dropletSettings } from "../../../../../components/cloud/droplet/settings";
import { missingFirstHostKeys, privateKeyFault } from "../../../../../components/pulumi/droplet/firstHostKey";
import { changed, faultsOf, GONE } from "../../examples";
import { AS_VAULT, dropletOf, keyPair, PAIR, raw, stack } from "./fixture";

describe("a droplet's part of the configuration", () => {
  it("has backups, monitoring and IPv6 on whatever is declared, and DigitalOcean's own way in off", () => {
    const config = stack();
    expect(dropletSettings(config, dropletOf(config))).toMatchObject({
      backups: true,
      backupPolicy: { plan: "weekly", hour: 4, weekday: "SUN" },
      monitoring: true,
      ipv6: true,
      dropletAgent: false,
      reservedAddress: true,
      tags: ["phiward", "role:application", "data:patients", "owner:ops"],
      volume: { name: "cloud-data", filesystem: "ext4", mount: "/srv/data", encryption: "provider" },
    });
    const daily = stack({ "hosts.1.backups": GONE });
    expect(dropletSettings(daily, dropletOf(daily)).backupPolicy).toEqual({ plan: "daily", hour: 4 });
  });

  it("gives addresses and CAA to each site in the zone, and to no other", () => {
    const config = stack();
    const site = (name: string) => [
      { type: "A", name },
      { type: "AAAA", name },
      { type: "CAA", name, tag: "issue", value: ";" },
      { type: "CAA", name, tag: "iodef", value: "mailto:security@example.org" },
    ];
    expect(dropletSettings(config, dropletOf(config)).dns?.records).toEqual([...site("api"), ...site("@")]);
  });

  it("allows the authorities that are named, with the dot that DigitalOcean asks for", () => {
    const config = stack({ "hosts.1.dns": { zone: "api.example.org", issuers: ["letsencrypt.org"] } });
    expect(dropletSettings(config, dropletOf(config)).dns?.records.slice(2)).toEqual([
      { type: "CAA", name: "@", tag: "issue", value: "letsencrypt.org." },
    ]);
  });

  it("asks each site of an application from outside, and nothing of a vault", () => {
    const config = stack();
    expect(dropletSettings(config, dropletOf(config)).uptime.map(({ target }) => target)).toEqual([
      "https://api.example.org/health",
      "https://api.example.com/health",
    ]);
    const vault = stack(AS_VAULT);
    expect(dropletSettings(vault, dropletOf(vault))).toMatchObject({ uptime: [] });
    expect(dropletSettings(vault, dropletOf(vault)).dns).toBeUndefined();
  });
});

describe("a droplet that is not allowed", () => {
  const rows: readonly (readonly [string, Readonly<Record<string, unknown>>, readonly string[]])[] = [
    [
      "tells nobody when it fails",
      { "hosts.1.alerts.emails": [] },
      ["hosts.1.alerts.emails: found an empty list, allowed: a list of at least one email address"],
    ],
    [
      "is backed up at no hour that there is",
      { "hosts.1.backups.hour": 5 },
      ["hosts.1.backups.hour: found 5, allowed: 0, 4, 8, 12, 16 or 20"],
    ],
    [
      "has a public range as its private network",
      { "hosts.1.vpc.ipRange": "203.0.113.0/24" },
      ['hosts.1.vpc.ipRange: found "203.0.113.0/24", allowed: a private IPv4 network with a length from 16 to 28'],
    ],
  ];

  it.each(rows)("%s", (_, changes, expected) => {
    expect(faultsOf(changed(raw(), changes))).toEqual(expected);
  });

  it("says what is missing of a private half, and never what is in its place", () => {
    for (const firstHostKeys of [GONE, PAIR.privateKey, { other: PAIR.privateKey }, { cloud2: "hunter2" }, "hunter2", [PAIR.privateKey]]) {
      const text = missingFirstHostKeys(stack({ firstHostKeys })).join("\n");
      expect(text).toContain("firstHostKeys.cloud: found nothing, allowed: the private half of its firstHostKey");
      expect(text).not.toMatch(/hunter2|BEGIN|b3BlbnNzaC/);
    }
    expect(missingFirstHostKeys(stack())).toEqual([]);
  });

  it("leaves no value of a secret in the configuration", () => {
    expect(stack().firstHostKeys).toEqual(["cloud"]);
    expect(JSON.stringify(stack())).not.toContain(PAIR.privateKey.split("\n")[3]);
    expect(stack({ firstHostKeys: { cloud: { secure: "v1:abc" } } })).toEqual(stack());
  });
});

describe("the private half", () => {
  it("is taken when it belongs to the public one, and told apart otherwise without being shown", () => {
    expect(privateKeyFault(PAIR.privateKey, PAIR.publicKey)).toBeUndefined();
    expect(privateKeyFault(PAIR.privateKey.trimEnd(), PAIR.publicKey)).toBeUndefined();
    expect(privateKeyFault(keyPair().privateKey, PAIR.publicKey)).toBe("the private half of another key pair pair");
    expect(privateKeyFault(keyPair("aes256-ctr").privateKey, PAIR.publicKey)).toBe(
      "a private key with a passphrase, which cannot be entered during a deploy",
    );
    for (const text of [
      "",
      "hunter2",
      PAIR.privateKey.slice(40),
      "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----",
    ])
      expect(privateKeyFault(text, PAIR.publicKey)).toBe("no private key in OpenSSH format");
  });
});

describe("the user data", () => {
  const config = stack();
  const text = cloudConfig(dropletSettings(config, dropletOf(config)), PAIR.privateKey.trimEnd());
  // JSON, as we write it: the test knows its shape.
  const data = JSON.parse(text.replace("#cloud-config\n", "")) as Record<string, unknown>;

  it("gives the first host key, ends it as a file must end, and deletes all others", () => {
    expect(text.startsWith("#cloud-config\n{")).toBe(true);
    expect(data).toMatchObject({ ssh_deletekeys: true, ssh_keys: { ed25519_private: PAIR.privateKey, ed25519_public: PAIR.publicKey } });
  });

  it("lets in the deploy account alone, by the administrators' keys", () => {
    expect(data).toMatchObject({ disable_root: true, ssh_pwauth: false });
    expect(data["users"]).toEqual([
      expect.objectContaining({
        name: "deploy",
        lock_passwd: true,
        ssh_authorized_keys: dropletSettings(config, dropletOf(config)).deployKeys,
      }),
    ]);
  });

  it("holds no secret but that key", () => {
    const rest = Object.fromEntries(Object.entries(data).filter(([key]) => key !== "ssh_keys"));
    expect(Object.keys(rest).sort()).toEqual(["disable_root", "packages", "ssh_deletekeys", "ssh_pwauth", "users"]);
    expect(JSON.stringify(rest)).not.toMatch(/PRIVATE|AGE-SECRET|password/i);
  });
});
