/**
 * Walls between the parts of one host, as chains that UFW's own begin with: containers reach nothing of the host, and of the
 * host nothing reaches containers but root and the web server, nor the monitoring but root and its units. Rules are as `iptables -S`
 * prints them.
 */
import { BRIDGES, HTTP_PORTS, SERVICE_PORTS, WEB_SERVER } from "../../config/names";
import { type Family, familyOf } from "../../config/network";
import { MONITORING_PORTS, NGINX_STATUS_PORT, SSH_PORT } from "../../plan/places";
import type { UfwSettings } from "./settings";

/** The interfaces that containers are behind: of Docker's default network, and of all others. */
export const CONTAINER_BRIDGES: readonly string[] = [BRIDGES.byDefault, `${BRIDGES.others}+`];

// Accounts that systemd makes for a unit while it runs (systemd.exec(5), DynamicUser): no login has such a number.
const DYNAMIC_USERS = "61184-65519";

/** A chain of ours, and the chain of UFW's whose first rule leads to it. */
export interface HostChain {
  readonly name: "phiward-input" | "phiward-output";
  /** Without the family's prefix: `before-input` of `ufw-before-input`. */
  readonly entry: "before-input" | "before-output";
  readonly rules: readonly string[];
}

const ICMP = {
  ipv4: { redirects: ["-p icmp -m icmp --icmp-type 5"], routers: [], unreachable: "icmp-port-unreachable", oneSource: 32 },
  ipv6: {
    redirects: ["-p ipv6-icmp -m icmp6 --icmpv6-type 137"],
    // RFC 4861: UFW lets them in, and systemd-networkd reads them itself, whatever the kernel is told.
    routers: ["-p ipv6-icmp -m icmp6 --icmpv6-type 134"],
    unreachable: "icmp6-port-unreachable",
    // Who has one address of IPv6 has its whole network.
    oneSource: 64,
  },
} as const;

/** The chains of one family. */
export function hostChains(settings: UfwSettings, family: Family): readonly HostChain[] {
  return [
    { name: "phiward-input", entry: "before-input", rules: input(settings, family) },
    { name: "phiward-output", entry: "before-output", rules: output(family) },
  ];
}

// Answers to the web server's connections come in by the bridges; nothing that a container begins does.
function input({ mostConnections, proxies = [], routerAdvertisements }: UfwSettings, family: Family): readonly string[] {
  const { redirects, routers, oneSource } = ICMP[family];
  const refused = [...redirects, ...(routerAdvertisements === "refused" ? routers : [])];
  const ports = [HTTP_PORTS.plain, HTTP_PORTS.tls].join(",");
  return [
    ...CONTAINER_BRIDGES.map((bridge) => `-i ${bridge} -m conntrack ! --ctstate RELATED,ESTABLISHED -j DROP`),
    ...refused.map((match) => `${match} -j DROP`),
    ...(mostConnections === null
      ? []
      : [
          ...proxies
            .filter((network) => familyOf(network) === family)
            .map((network) => `-s ${network} -p tcp -m multiport --dports ${ports} -j RETURN`),
          [
            `-p tcp -m multiport --dports ${ports} -m conntrack --ctstate NEW`,
            `-m connlimit --connlimit-above ${mostConnections} --connlimit-mask ${oneSource} --connlimit-saddr`,
            "-j REJECT --reject-with tcp-reset",
          ].join(" "),
        ]),
  ];
}

// What Docker publishes is sent to its container before these rules see it: hence its state, and not its port, says what it is.
function output(family: Family): readonly string[] {
  const refused = (match: string): string => `${match} -j REJECT --reject-with ${ICMP[family].unreachable}`;
  const owner = (uid: number): string => `-m owner --uid-owner ${uid} -j RETURN`;
  // Who reaches the parts of the monitoring makes metrics up, and silences alerts: root, and units of ours.
  const monitoring = `-o lo -p tcp -m multiport --dports ${[...Object.values(MONITORING_PORTS), NGINX_STATUS_PORT].join(",")} -m owner ! --uid-owner ${DYNAMIC_USERS}`;
  const others = [
    "-m conntrack --ctstate DNAT",
    `-o lo -p tcp -m tcp --dport ${SERVICE_PORTS.first}:${SERVICE_PORTS.last}`,
    // A login has no need to reach the SSH server of its own host: held open there, connections are administrators' to miss.
    `-o lo -p tcp -m tcp --dport ${SSH_PORT}`,
    ...CONTAINER_BRIDGES.map((bridge) => `-o ${bridge}`),
  ];
  return [
    "-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN",
    owner(0),
    refused(monitoring),
    owner(WEB_SERVER.uid),
    ...others.map(refused),
  ];
}
