/**
 * What an isolated host still lets through, as one transaction of nft(8): the table is there whole, or as it was before. Its chains come
 * before every other one of the kernel's, connection tracking among them, so that nothing established goes on and no other firewall's
 * rules are asked; and no other program of the host's knows the table: UFW, Docker and fail2ban flush their own.
 */
import { familyOf } from "../../config/network";
import type { ContainmentSettings } from "./settings";

/** The table's family and name. */
const ISOLATION_TABLE = "inet phiward_isolation";

// Before fragments are put together (-400) and whatever else there is (linux/netfilter_ipv4.h).
const FIRST = -500;
// Answers, and what goes on: never the beginning of a connection.
const UNDER_WAY = "tcp flags & (syn | ack) != syn";
// Neighbours are found by these (RFC 4861): without them no address of IPv6 is reached. What comes from further away has another limit.
const NEIGHBOURS = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept";

/** The table's text. DHCP needs no rule: what its clients broadcast does not pass these chains (packet(7)). */
export function isolationTable({ networks, port, vault, routerAdvertisements }: ContainmentSettings): string {
  const isRouted = routerAdvertisements !== "refused";
  const ofVault = (rule: (word: "ip" | "ip6", set: string) => string): readonly string[] => [rule("ip", "vault4"), rule("ip6", "vault6")];
  return [
    "# What passes while the host is isolated: SSH of administrators, and the way to the vault.",
    `add table ${ISOLATION_TABLE}`,
    `delete table ${ISOLATION_TABLE}`,
    `table ${ISOLATION_TABLE} {`,
    ...vaultSet("vault4", "ipv4", vault?.address),
    ...vaultSet("vault6", "ipv6", vault?.address),
    ...chain("arrives", "prerouting", [
      'iifname "lo" accept',
      ...networks.map((network) => `${word(network)} saddr ${network} tcp dport ${port} accept`),
      ...ofVault((ip, set) => `${ip} saddr @${set} tcp sport ${port} ${UNDER_WAY} accept`),
      NEIGHBOURS,
      ...(isRouted ? ["icmpv6 type nd-router-advert ip6 hoplimit 255 accept"] : []),
      // Of a way on which packets have to be smaller (RFC 1191, RFC 8201).
      "icmp type destination-unreachable icmp code frag-needed accept",
      "icmpv6 type packet-too-big accept",
    ]),
    ...chain("passes", "forward", []),
    ...chain("leaves", "output", [
      'oifname "lo" accept',
      ...networks.map((network) => `${word(network)} daddr ${network} tcp sport ${port} ${UNDER_WAY} accept`),
      ...ofVault((ip, set) => `${ip} daddr @${set} tcp dport ${port} ${UNDER_WAY} accept`),
      ...ofVault((ip, set) => `${ip} daddr @${set} tcp dport ${port} meta skuid 0 accept`),
      NEIGHBOURS,
      ...(isRouted ? ["icmpv6 type nd-router-solicit ip6 hoplimit 255 accept"] : []),
    ]),
    "}",
    "",
  ].join("\n");
}

function chain(name: string, hook: string, rules: readonly string[]): readonly string[] {
  return [
    `\tchain ${name} {`,
    ...[`type filter hook ${hook} priority ${FIRST}; policy drop;`, ...rules].map((rule) => `\t\t${rule}`),
    "\t}",
  ];
}

// A vault that is declared by its name is looked up on the host, and added in the same transaction (isolation/table.py).
function vaultSet(name: string, family: "ipv4" | "ipv6", address: string | undefined): readonly string[] {
  const elements = address !== undefined && familyOf(address) === family ? [`\t\telements = { ${address} }`] : [];
  return [`\tset ${name} {`, `\t\ttype ${family}_addr`, ...elements, "\t}"];
}

function word(network: string): "ip" | "ip6" {
  return familyOf(network) === "ipv6" ? "ip6" : "ip";
}
