import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { dropletArguments } from "../../../../../components/cloud/droplet/settings";
import type { StackConfig } from "../../../../../components/config/schema";
import { stackModel } from "../../../../../components/containers/model";
import { placeHost } from "../../../../../components/pulumi/placeHost";
import { reviewedComponents } from "../../../../../policies/engine/subject";
import { UNKNOWN } from "../../../../../policies/readers/value";
import { dropletOf, PAIR, raw, stack } from "./fixture";

const LASTING = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${"L".repeat(43)}`;
const SIGNATURE = "4dabf18193072939515e22adb298388d";

interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

/** What the program registers for a droplet, in order, and what its units are given. */
async function registered(config: StackConfig, preview = false) {
  const resources: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      call: () => ({}),
      newResource: ({ type, name, ...rest }) => {
        // A map, as every resource's inputs are; the SDK calls it any.
        const inputs = rest.inputs as Record<string, unknown>;
        resources.push({ type, name, inputs });
        if (preview) return { id: undefined, state: {} };
        const answer = { generation: "g1", escrow: {}, reports: { hostKey: `${LASTING} comment` } };
        const known = { ipAddress: "192.0.2.7", ipv4Address: "192.0.2.8", ipv6Address: "2001:db8::8", fingerprint: "f" };
        return {
          id: type === "digitalocean:index/droplet:Droplet" ? "77" : `${name}-id`,
          state: { ...inputs, ...known, stdout: JSON.stringify(answer) },
        };
      },
    },
    "phiward",
    "test",
    preview,
  );
  pulumi.runtime.setAllConfig({ "phiward:firstHostKeys": JSON.stringify(raw()["firstHostKeys"]) }, ["phiward:firstHostKeys"]);
  const place = placeHost(config, dropletOf(config));
  await new Promise((resolve) => setTimeout(resolve, 300));
  return { resources, place };
}

function valueOf<T>(output: pulumi.Input<T>): Promise<unknown> {
  return new Promise((resolve) => {
    pulumi.output(output).apply(resolve);
  });
}

describe("a droplet", () => {
  const config = stack();
  let resources: readonly Registered[] = [];
  let place: ReturnType<typeof placeHost>;
  const of = (name: string, type = ""): Record<string, unknown> => {
    const found = resources.find((entry) => entry.name === name && entry.type.includes(type));
    if (found === undefined) throw new Error(`${name} was not registered`);
    return found.inputs;
  };

  beforeAll(async () => {
    ({ resources, place } = await registered(config));
  });

  it("registers what the gate judges, and its private half nowhere but in the user data, as a secret", () => {
    expect(of("cloud-droplet", "phiward:")).toEqual(JSON.parse(JSON.stringify(dropletArguments(config, dropletOf(config)))));
    const { userData } = of("cloud-droplet", "digitalocean:index");
    expect(Object.keys(new Object(userData))).toContain(SIGNATURE);
    expect(JSON.stringify(userData)).toContain("BEGIN OPENSSH PRIVATE KEY");
    const others = resources.filter(({ type, name }) => !(name === "cloud-droplet" && type.startsWith("digitalocean:")));
    expect(JSON.stringify(others)).not.toContain(PAIR.privateKey.split("\n")[2]);
    expect(JSON.stringify(others)).not.toContain("PRIVATE KEY");
  });

  it("has backups and monitoring on, a private network of its own, and no password for root", () => {
    expect(of("cloud-droplet", "digitalocean:index")).toMatchObject({
      name: "cloud",
      backups: true,
      backupPolicy: { plan: "weekly", hour: 4, weekday: "SUN" },
      monitoring: true,
      ipv6: true,
      dropletAgent: false,
      vpcUuid: "cloud-droplet-vpc-id",
      sshKeys: ["f"],
    });
    expect(of("cloud-droplet-root-key")).toMatchObject({ publicKey: PAIR.publicKey });
  });

  it("is behind the firewall that its host has", () => {
    expect(of("cloud-droplet-firewall")).toMatchObject({
      dropletIds: [77],
      inboundRules: ["22", "443", "80"].map((portRange) => ({ protocol: "tcp", portRange, sourceAddresses: ["0.0.0.0/0", "::/0"] })),
    });
  });

  it("keeps its data on a volume, and its names on an address that stays", () => {
    expect(of("cloud-droplet-volume")).toMatchObject({ name: "cloud-data", size: 100, initialFilesystemType: "ext4", region: "fra1" });
    expect(of("cloud-droplet-volume-attachment")).toMatchObject({ dropletId: 77, volumeId: "cloud-droplet-volume-id" });
    expect(of("cloud-droplet-api-A")).toMatchObject({ value: "192.0.2.7", domain: "example.org", ttl: 1800 });
    expect(of("cloud-droplet-apex-AAAA")).toMatchObject({ value: "2001:db8::8", name: "@" });
    expect(of("cloud-droplet-api-CAA-none")).toMatchObject({ value: ";", tag: "issue", flags: 0 });
  });

  it("has somebody told when it is busy or full, and when a site is late, silent or near its certificate's end", () => {
    const alerts = resources.filter(({ type }) => type.includes("Alert:"));
    expect(alerts.map(({ name }) => name).sort()).toEqual(
      [
        ...["cpu", "disk", "load", "memory"].map((role) => `cloud-droplet-${role}-alert`),
        ...["com", "org"].flatMap((top) =>
          ["certificate", "down", "latency"].map((role) => `cloud-droplet-api.example.${top}-${role}-alert`),
        ),
      ].sort(),
    );
    for (const { inputs } of alerts) expect(JSON.stringify(inputs)).toContain('"emails":["ops@example.org"]');
    expect(of("cloud-droplet-cpu-alert")).toMatchObject({ entities: ["77"], value: 90 });
  });

  it("is dialled with its first key once, patiently, and from then on with the one that it made", async () => {
    expect(of("cloud-host-key-apply")).toMatchObject({
      connection: { value: { host: "192.0.2.7", hostKey: PAIR.publicKey, dialErrorLimit: 60 } },
      triggers: ["77"],
    });
    expect(of("cloud-host-key-confirm")).toMatchObject({
      connection: { value: { host: "192.0.2.7", hostKey: LASTING, dialErrorLimit: 5 } },
      stdin: "host-key g1\n",
    });
    expect(await valueOf(place.host.hostKey)).toBe(LASTING);
    expect(await valueOf(place.host.address)).toBe("192.0.2.7");
  });
});

describe("a droplet without a reserved address, zone or volume", () => {
  it("answers at its own address, and has no resource of theirs", async () => {
    const config = stack({ "hosts.1.reservedAddress": false, "hosts.1.dns": undefined, "hosts.1.volume": undefined });
    const { resources, place } = await registered(config);
    expect(await valueOf(place.host.address)).toBe("192.0.2.8");
    expect(resources.filter(({ type }) => /ReservedIp|DnsRecord|Domain|Volume/.test(type))).toEqual([]);
  });
});

describe("before the deploy", () => {
  it("a droplet's address and lasting key are not known, and nothing is dialled", async () => {
    const { resources, place } = await registered(stack(), true);
    expect(resources.map(({ name }) => name)).toContain("cloud-host-key-confirm");
    const isKnown = async (input: pulumi.Input<string>): Promise<boolean> =>
      // The SDK keeps it from its types.
      (pulumi.output(input) as unknown as { isKnown: Promise<boolean> }).isKnown;
    expect(await isKnown(place.host.hostKey)).toBe(false);
    expect(await isKnown(place.host.address)).toBe(false);
  });

  it("the gate judges the first key, and calls the rest unknown", () => {
    const config = stack();
    const units = reviewedComponents(stackModel(config), dropletOf(config));
    expect(units.slice(0, 2)).toMatchObject([
      { type: "phiward:digitalocean:Droplet", unit: "droplet" },
      {
        type: "phiward:host:HostKey",
        unit: "host-key",
        args: { connection: { hostKey: PAIR.publicKey, address: UNKNOWN, user: "deploy" } },
      },
    ]);
    for (const { args } of units.slice(2)) expect(args).toMatchObject({ connection: { address: UNKNOWN, hostKey: UNKNOWN } });
  });
});
