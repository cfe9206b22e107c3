import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ANYWHERE, type CloudFirewall, cloudFirewall } from "../../../../../components/cloud/droplet/firewall";
import { inNetworks } from "../../../../../components/config/network";
import type { UfwRule, UfwSettings } from "../../../../../components/system/ufw/settings";
import { addressText, adminNetworks, numbers } from "../../examples";

function settings(rules: readonly UfwRule[]): UfwSettings {
  const inside = { dockerUser: "drop", databasePorts: [], mostConnections: null, routerAdvertisements: "refused" } as const;
  return { defaults: { incoming: "deny", outgoing: "allow", routed: "deny" }, rules, ...inside };
}

function lets(rules: readonly UfwRule[], protocol: string, port: number, address: string): boolean {
  return rules.some(
    (rule) => rule.protocol === protocol && rule.port === port && (rule.from === undefined || inNetworks(address, [rule.from])),
  );
}

function cloudLets({ inbound }: CloudFirewall, protocol: string, port: number, address: string): boolean {
  return inbound.some((rule) => rule.protocol === protocol && rule.portRange === String(port) && inNetworks(address, rule.addresses));
}

// Few ports, so that rules meet.
const ports = fc.constantFrom(22, 80, 443, 5432);
const protocols = fc.constantFrom("tcp" as const, "udp" as const);
const rules: fc.Arbitrary<readonly UfwRule[]> = fc.array(
  fc
    .tuple(fc.constantFrom("allow" as const, "limit" as const), protocols, ports, fc.option(adminNetworks, { nil: undefined }))
    .map(([action, protocol, port, from]) => ({ action, protocol, port, ...(from === undefined ? {} : { from }) })),
  { maxLength: 12 },
);

describe("the cloud firewall", () => {
  it("lets in exactly whom the host's firewall lets in, whatever is declared", () => {
    fc.assert(
      fc.property(rules, protocols, ports, numbers, (list, protocol, port, { family, value }) => {
        const address = addressText(family, value);
        expect(cloudLets(cloudFirewall(settings(list)), protocol, port, address)).toBe(lets(list, protocol, port, address));
      }),
    );
  });

  it("lets in from inside every declared network, and has no rule for a port that is not declared", () => {
    fc.assert(
      fc.property(rules, (list) => {
        const firewall = cloudFirewall(settings(list));
        for (const { protocol, port, from } of list) {
          const address = (from ?? "192.0.2.1/32").split("/")[0] ?? "";
          expect(cloudLets(firewall, protocol, port, address)).toBe(true);
        }
        const declared = new Set(list.map(({ protocol, port }) => `${protocol} ${String(port)}`));
        expect(firewall.inbound.map(({ protocol, portRange }) => `${protocol} ${String(portRange)}`).sort()).toEqual([...declared].sort());
      }),
    );
  });

  it("names each network once, in one order, so that nothing changes when nothing changed", () => {
    const [a, b] = ["198.51.100.0/29", "2001:db8::/48"];
    const rule = (from: string): UfwRule => ({ action: "allow", protocol: "tcp", port: 22, from });
    expect(cloudFirewall(settings([rule(b), rule(a), rule(b)])).inbound).toEqual([{ protocol: "tcp", portRange: "22", addresses: [a, b] }]);
  });

  it("lets everything out, as the host does", () => {
    expect(cloudFirewall(settings([])).outbound).toEqual([
      { protocol: "tcp", portRange: "1-65535", addresses: ANYWHERE },
      { protocol: "udp", portRange: "1-65535", addresses: ANYWHERE },
      { protocol: "icmp", addresses: ANYWHERE },
    ]);
  });
});
