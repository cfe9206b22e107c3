import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { parseConfig } from "../../../../components/config/faults";
import { OperatorError } from "../../../../ops/lib/errors";
import { dropletsWithFirstKey } from "../../../../ops/lib/firstKey";
import { applicationHost, hostAddresses, namedHost, resolveHosts, stackOutputs } from "../../../../ops/lib/hosts";
import { readStack } from "../../../../ops/lib/stack";
import { PAIR, raw, stack } from "../../components/cloud/droplet/fixture";
import { complete, ed25519, smallest } from "../../components/examples";

const WEB = { name: "web", address: "203.0.113.10", hostKey: ed25519(1) };
const LASTING = ed25519(77);
const outputs = (cloud: unknown) => ({ hosts: { web: { address: "198.51.100.1" }, cloud } });

describe("the places of a stack's hosts", () => {
  it("are an existing server's as declared and a droplet's as it was deployed", () => {
    const deployed = outputs({ address: "192.0.2.7", hostKey: LASTING, verified: {} });
    expect(hostAddresses(stack(), deployed)).toEqual([WEB, { name: "cloud", address: "192.0.2.7", hostKey: LASTING }]);
  });

  it.each([
    ["a stack that was never deployed", {}],
    ["a deploy that broke off", { hosts: { web: {} } }],
    ["an output that is still a secret", { hosts: "[secret]" }],
    ["a droplet without an address", outputs({ hostKey: LASTING })],
    ["a key that is none", outputs({ address: "192.0.2.7", hostKey: "ssh-ed25519 AAAA" })],
    ["a droplet that has its first key still", outputs({ address: "192.0.2.7", hostKey: PAIR.publicKey })],
  ])("leave out a droplet with %s", (_, left) => {
    expect(resolveHosts(stack(), left)).toEqual({ reachable: [WEB], missing: ["cloud"] });
    expect(() => hostAddresses(stack(), left)).toThrow(
      "cloud: found no address in the outputs of the stack, allowed: a droplet whose deploy completed; run npx phiward up first",
    );
  });

  it("are found by --host, among those that a command is for", () => {
    const config = parseConfig(complete());
    const hosts = hostAddresses(config);
    expect(namedHost(config, hosts, "store", ["application", "vault"]).name).toBe("store");
    expect(() => namedHost(config, hosts, "store", ["application"])).toThrow("--host: found store, allowed: web");
    expect(() => namedHost(config, hosts, undefined, ["application", "vault"])).toThrow("--host: found nothing, allowed: web or store");
    expect(applicationHost(config, hosts).name).toBe("web");
  });

  it("need no Pulumi CLI where there is no droplet", () => {
    const config = parseConfig(smallest());
    expect(stackOutputs(config, "prod", { PATH: "" })).toEqual({});
    expect(hostAddresses(config)).toEqual([WEB]);
  });
});

describe("a droplet that shows its first key", () => {
  const exported = (apply = true) => ({
    deployment: {
      resources: [
        {
          urn: "urn:pulumi:p::phiward::phiward:digitalocean:Droplet$digitalocean:index/droplet:Droplet::cloud-droplet",
          outputs: { ipv4Address: "192.0.2.8" },
        },
        {
          urn: "urn:pulumi:p::phiward::phiward:digitalocean:Droplet$digitalocean:index/reservedIpAssignment:ReservedIpAssignment::cloud-droplet-address-assignment",
          outputs: { ipAddress: "192.0.2.7" },
        },
        ...(apply
          ? [{ urn: "urn:pulumi:p::phiward::phiward:host:HostKey$command:remote:Command::cloud-host-key-apply", outputs: {} }]
          : []),
      ],
    },
  });
  const showing =
    (key: string, asked: string[] = []) =>
    (address: string) => {
      asked.push(address);
      return Promise.resolve(key);
    };

  it("has its first unit run once more, asked at the address that Pulumi knows", async () => {
    const asked: string[] = [];
    expect(await dropletsWithFirstKey(stack(), exported(), showing(PAIR.publicKey, asked))).toEqual([
      { host: "cloud", unit: "host-key", why: "it shows the host key that it started with" },
    ]);
    expect(asked).toEqual(["192.0.2.7"]);
  });

  it("is left alone when it shows another, does not answer, or was never prepared", async () => {
    expect(await dropletsWithFirstKey(stack(), exported(), showing(LASTING))).toEqual([]);
    expect(await dropletsWithFirstKey(stack(), exported(), () => Promise.reject(new OperatorError("no answer", 2)))).toEqual([]);
    const asked: string[] = [];
    expect(await dropletsWithFirstKey(stack(), exported(false), showing(PAIR.publicKey, asked))).toEqual([]);
    expect(await dropletsWithFirstKey(stack(), { deployment: {} }, showing(PAIR.publicKey, asked))).toEqual([]);
    expect(asked).toEqual([]);
  });
});

describe("a stack's file with the private half of a first key", () => {
  const file = (firstHostKeys: unknown): string => {
    const path = join(mkdtempSync(join(tmpdir(), "phiward-stack-")), "Pulumi.test.yaml");
    const config = Object.entries({ ...raw(), firstHostKeys }).map(([key, value]): [string, unknown] => [`phiward:${key}`, value]);
    writeFileSync(path, stringify({ config: Object.fromEntries(config) }));
    return path;
  };

  it("is read where Pulumi encrypted it", () => {
    expect(readStack(file({ cloud: { secure: "v1:abc" } }))).toEqual(stack());
  });

  it("is refused in the clear, and not shown", () => {
    for (const keys of [{ cloud: PAIR.privateKey }, PAIR.privateKey, { cloud: { secured: PAIR.privateKey } }]) {
      const read = () => readStack(file(keys));
      expect(read).toThrow(/firstHostKeys(\.cloud)?: found plain text, expected a Pulumi secret; treat the key as compromised/);
      expect(read).not.toThrow(/BEGIN|b3Blbn/);
    }
  });
});
