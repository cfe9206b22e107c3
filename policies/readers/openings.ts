/** What a firewall opens to the whole Internet, and ports that are for nobody there. */
import { knownTexts } from "./cloud";
import { optionalText } from "./containers";
import { isWorldTogether } from "./network";
import type { Value } from "./value";

/** Ports, first and last. */
export type Ports = readonly [number, number];

/** Ports that are open to the world. */
export interface Opening {
  /** Path of the firewall's rule. */
  readonly at: string;
  readonly ports: Ports;
}

/** As many ports as a rule can open to the world at once: more is not a service, but a hole. */
export const WIDEST = 100;

/** The same, of rules that say so of each opening. */
export const WIDTH_THRESHOLDS = {
  ports: {
    description: "the most ports that one rule opens to the world, or to which it leads",
    default: WIDEST,
    minimum: 1,
    maximum: WIDEST,
  },
};

const ALL: Ports = [0, 65_535];

/** Ports at which a machine, a cluster or its data are administered, shared or watched (IANA, and the vendors' manuals). */
export const ADMIN_PORTS: ReadonlyMap<number, string> = new Map([
  [20, "FTP"],
  [21, "FTP"],
  [23, "Telnet"],
  [69, "TFTP"],
  [111, "RPC"],
  [135, "RPC"],
  [137, "NetBIOS"],
  [139, "NetBIOS"],
  [161, "SNMP"],
  [389, "LDAP"],
  [445, "SMB"],
  [512, "rexec"],
  [513, "rlogin"],
  [514, "rsh and syslog"],
  [623, "IPMI"],
  [631, "CUPS"],
  [636, "LDAP"],
  [873, "rsync"],
  [2049, "NFS"],
  [2375, "Docker"],
  [2376, "Docker"],
  [2377, "Docker Swarm"],
  [3389, "Remote Desktop"],
  [4243, "Docker"],
  [4789, "Docker Swarm"],
  [5601, "Kibana"],
  [5672, "RabbitMQ"],
  [5900, "VNC"],
  [5901, "VNC"],
  [5985, "WinRM"],
  [5986, "WinRM"],
  [6443, "Kubernetes"],
  [7946, "Docker Swarm"],
  [8081, "an administration page"],
  [9090, "Prometheus and Cockpit"],
  [9092, "Kafka"],
  [9093, "Alertmanager"],
  [9100, "Node Exporter"],
  [9443, "Portainer"],
  [10_000, "Webmin"],
  [10_250, "Kubernetes"],
  [10_255, "Kubernetes"],
  [15_672, "RabbitMQ"],
  [25_060, "a managed database"],
  [25_061, "a managed database"],
]);

/** What the rules of a cloud firewall open to the world; `addresses` is the key of the other side's networks. */
export function openings(rules: Value, addresses: "sourceAddresses" | "destinationAddresses"): readonly Opening[] {
  return (rules.items() ?? []).flatMap((rule) => {
    const protocol = rule.at("protocol").text();
    const range = optionalText(rule, "portRange");
    const action = optionalText(rule, "action");
    const networks = knownTexts(rule, addresses);
    const isUnknown = protocol === undefined || range === undefined || action === undefined;
    if (isUnknown || action === "deny" || protocol === "icmp" || networks.length === 0 || !isWorldTogether(networks)) return [];
    return [{ at: rule.path, ports: protocol === "tcp" || protocol === "udp" ? portsIn(range) : ALL }];
  });
}

/** How many ports those are. */
export function widthOf([first, last]: Ports): number {
  return last - first + 1;
}

// What is not a port or a range of them, as `all`, is everything.
function portsIn(range: string): Ports {
  const [, first = "0", last = first] = /^([0-9]{1,5})(?:-([0-9]{1,5}))?$/.exec(range) ?? [];
  return Number(first) === 0 || Number(last) < Number(first) ? ALL : [Number(first), Number(last)];
}
