/** Addresses of containers: nobody else has one, and there are enough. */
import { describe, expect, it } from "vitest";
import { changed, faultsOf, smallest } from "../examples";

const IMAGE = `sha256:${"a".repeat(64)}`;
const APART =
  "allowed: an address or network apart from docker.addressPool, which is 172.30.0.0/16: hosts would look for it among their containers; choose another docker.addressPool";

function faultsWith(changes: Readonly<Record<string, unknown>>): readonly string[] {
  return faultsOf(changed(smallest(), changes));
}

function databases(count: number): readonly object[] {
  return Array.from({ length: count }, (_, index) => ({
    kind: "postgres",
    name: `db-${String(index)}`,
    image: IMAGE,
    user: `${String(10_000 + index)}:${String(10_000 + index)}`,
  }));
}

describe("an address that containers could have", () => {
  it.each([
    ["a network of administrators", { adminNetworks: ["172.30.5.0/24"] }, "adminNetworks.0", '"172.30.5.0/24"'],
    ["an administrator's one address", { adminNetworks: ["198.51.100.7/32", "172.30.5.9/32"] }, "adminNetworks.1", '"172.30.5.9/32"'],
    ["a network of administrators around the pool", { adminNetworks: ["172.16.0.0/12"] }, "adminNetworks.0", '"172.16.0.0/12"'],
    ["a host's address", { "hosts.0.address": "172.30.0.10" }, "hosts.0.address", '"172.30.0.10"'],
    ["a time server's", { time: { servers: ["172.30.1.1", "ntp.example.org"] } }, "time.servers.0", '"172.30.1.1"'],
    ["a webhook's", { alerts: { webhook: "http://172.30.1.1:8080/hook" } }, "alerts.webhook", "text of 27 characters"],
    [
      "a mail server's",
      { alerts: { mail: { to: "a@example.org", from: "b@example.org", server: "172.30.1.1" } } },
      "alerts.mail.server",
      '"172.30.1.1"',
    ],
  ])("is refused as %s", (_, changes, path, found) => {
    expect(faultsWith(changes)).toEqual([`${path}: found ${found}, ${APART}`]);
  });

  it("is refused as the network of a droplet", () => {
    expect(faultsWith({ "hosts.0": { kind: "droplet", name: "web", vpc: { ipRange: "172.30.128.0/20" } } })).toContain(
      `hosts.0.vpc.ipRange: found "172.30.128.0/20", ${APART}`,
    );
  });

  it.each([
    ["another pool is declared", { adminNetworks: ["172.30.5.0/24"], docker: { addressPool: "10.64.0.0/12" } }],
    ["it is beside the pool", { adminNetworks: ["172.31.0.0/16", "2001:db8::/48"], "hosts.0.address": "172.29.255.255" }],
    ["it is a name", { "hosts.0.address": "web.example.org" }],
  ])("is allowed where %s", (_, changes) => {
    expect(faultsWith(changes)).toEqual([]);
  });
});

describe("a pool", () => {
  it.each(["10.999.0.0/16", "10.1/16", "10.0.1.0/16", "192.168.0.0/13", "172.16.0.0/11", "172.32.0.0/16", "10.0.0.0/21", "fd00::/16"])(
    "is a private network as a host writes it, so not %s",
    (addressPool) => {
      expect(faultsWith({ docker: { addressPool } })).toEqual([
        expect.stringMatching(
          /^docker\.addressPool: found .*, allowed: an IPv4 network within 10\.0\.0\.0\/8, 172\.16\.0\.0\/12, 192\.168\.0\.0\/16 with a length from 12 to 20, and no bit set behind it$/,
        ),
      ]);
    },
  );

  it.each(["10.0.0.0/12", "172.16.0.0/12", "192.168.0.0/16", "192.168.240.0/20"])("may be %s", (addressPool) => {
    expect(faultsWith({ docker: { addressPool } })).toEqual([]);
  });

  it("has a network for each service, one for Docker, and one to replace another", () => {
    const docker = { addressPool: "10.0.0.0/20" };
    expect(faultsWith({ docker, services: databases(14) })).toEqual([]);
    expect(faultsWith({ docker, services: databases(23) })).toEqual([
      "services: found a list of 23, allowed: 14 services at most: each has a network of its own, and of the 16 in docker.addressPool, which is 10.0.0.0/20, Docker needs one itself, and one is kept for a network that replaces another; choose a larger docker.addressPool",
    ]);
  });
});
