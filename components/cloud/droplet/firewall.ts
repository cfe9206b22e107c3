/** The cloud's firewall from the host's: one list of openings feeds both, so that they cannot come apart. */
import type { UfwRule, UfwSettings } from "../../system/ufw/settings";

/** One opening of the cloud firewall, in DigitalOcean's words. */
export interface CloudRule {
  readonly protocol: "tcp" | "udp" | "icmp";
  /** One port, or a range `first-last`; absent for ICMP, which has none. */
  readonly portRange?: string;
  /** Networks on the other side. */
  readonly addresses: readonly string[];
}

/** The firewall in front of a droplet: what it does not name is dropped before it reaches the host. */
export interface CloudFirewall {
  readonly inbound: readonly CloudRule[];
  readonly outbound: readonly CloudRule[];
}

/** The whole Internet, both families. */
export const ANYWHERE: readonly string[] = ["0.0.0.0/0", "::/0"];

const OUTBOUND: Readonly<Record<UfwSettings["defaults"]["outgoing"], readonly CloudRule[]>> = {
  allow: [
    { protocol: "tcp", portRange: "1-65535", addresses: ANYWHERE },
    { protocol: "udp", portRange: "1-65535", addresses: ANYWHERE },
    { protocol: "icmp", addresses: ANYWHERE },
  ],
};

/**
 * The openings of the host's firewall, one rule a port: who is let in by UFW, limited or not, is let in here, and nobody else. What
 * `limit` refuses is left to UFW, for the cloud cannot count.
 */
export function cloudFirewall({ rules, defaults }: UfwSettings): CloudFirewall {
  const doors = new Map<string, readonly UfwRule[]>();
  for (const rule of rules) {
    const door = `${rule.protocol} ${rule.port}`;
    doors.set(door, [...(doors.get(door) ?? []), rule]);
  }
  return { inbound: [...doors.values()].flatMap(opening), outbound: OUTBOUND[defaults.outgoing] };
}

// One rule a port: DigitalOcean would merge them itself, and a preview show it as a change.
function opening(rules: readonly UfwRule[]): readonly CloudRule[] {
  const [first] = rules;
  if (first === undefined) return [];
  const networks = rules.flatMap(({ from }) => from ?? []);
  const isPublic = networks.length < rules.length;
  return [{ protocol: first.protocol, portRange: String(first.port), addresses: isPublic ? ANYWHERE : [...new Set(networks)].sort() }];
}
