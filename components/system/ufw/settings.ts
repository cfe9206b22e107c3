import { backupPartners } from "../../config/backupPartners";
import { hostDuties, isClosed } from "../../config/duties";
import { type Family, familyOf } from "../../config/network";
import type { StackConfig } from "../../config/schema";
import { DATABASE_PORTS } from "../../config/sections/databaseKinds";
import { SSH_PORT } from "../../plan/places";

/** One opening in the firewall. */
export interface UfwRule {
  /** `allow` lets through; `limit` refuses an address that opens six connections within 30 seconds (ufw(8)). */
  readonly action: "allow" | "limit";
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  /** Network it is open to; absent: the whole Internet, IPv4 and IPv6. */
  readonly from?: string;
}

/** The firewall of a host. */
export interface UfwSettings {
  readonly defaults: { readonly incoming: "deny"; readonly outgoing: "allow"; readonly routed: "deny" };
  readonly rules: readonly UfwRule[];
  /** Where something declared listens and nobody is let through for now; left out where there is nothing of that kind. */
  readonly closed?: readonly Pick<UfwRule, "protocol" | "port">[];
  /** The last word of DOCKER-USER: what comes in to a container without being declared is dropped. */
  readonly dockerUser: "drop";
  /** TCP ports at which a container is reached from others of its network: those of databases. */
  readonly databasePorts: readonly number[];
  /** Connections to the web server that one address may have open, idle ones too; `null` where there are no sites. */
  readonly mostConnections: number | null;
  /** Networks of proxies, which connect for everyone, and to which that limit does not apply; left out where there are none. */
  readonly proxies?: readonly string[];
  /** Whether the host takes addresses and routes from IPv6 routers of its network (RFC 4861). */
  readonly routerAdvertisements: StackConfig["network"]["routerAdvertisements"];
}

/** Both families, so that no rule is written for one alone. */
export const FAMILIES: readonly Family[] = ["ipv4", "ipv6"];

/**
 * The ports that a host opens to the world: none on a vault, which serves nobody but the other hosts, over SSH, and none where they
 * are closed for now.
 */
export function publicPorts(config: StackConfig, host: string): StackConfig["publicPorts"] {
  return isClosed(config, host) ? [] : declaredPorts(config, host);
}

function declaredPorts(config: StackConfig, host: string): StackConfig["publicPorts"] {
  return isVault(config, host) ? [] : config.publicPorts;
}

function isVault({ hosts }: StackConfig, host: string): boolean {
  return hosts.some(({ name, role }) => name === host && role === "vault");
}

/** Rules for administrators come first, so that no limit applies to them, and on a vault none to the hosts that it is for. */
export function ufwSettings(config: StackConfig, host: string): UfwSettings {
  return {
    defaults: { incoming: "deny", outgoing: "allow", routed: "deny" },
    rules: [
      ...config.adminNetworks.map(sshFrom),
      // Records, metrics, backups and a restore each open connections of their own, at once after a restart.
      ...hostsOfVault(config, host).map(sshFrom),
      { action: "limit", protocol: "tcp", port: SSH_PORT },
      ...publicPorts(config, host).map(({ port, protocol }): UfwRule => ({ action: "allow", protocol, port })),
      ...listenerRules(config, host),
    ],
    ...closedPorts(config, host),
    dockerUser: "drop",
    databasePorts: DATABASE_PORTS,
    mostConnections: hostDuties(config, host).sites ? mostConnections(config) : null,
    ...(hostDuties(config, host).sites && config.trustedProxies.length > 0 ? { proxies: config.trustedProxies } : {}),
    routerAdvertisements: config.network.routerAdvertisements,
  };
}

function hostsOfVault(config: StackConfig, host: string): readonly string[] {
  if (!isVault(config, host)) return [];
  const networks = backupPartners(config, host).map((address) => `${address}/${familyOf(address) === "ipv4" ? "32" : "128"}`);
  return networks.filter((network) => !config.adminNetworks.includes(network));
}

function sshFrom(from: string): UfwRule {
  return { action: "allow", protocol: "tcp", port: SSH_PORT, from };
}

function closedPorts(config: StackConfig, host: string): Pick<UfwSettings, "closed"> {
  if (!isClosed(config, host)) return {};
  const listeners = hostDuties(config, host).sites ? config.listeners : [];
  return {
    closed: [
      ...declaredPorts(config, host).map(({ port, protocol }) => ({ protocol, port })),
      ...listeners.map(({ port }) => ({ protocol: "tcp", port }) as const),
    ],
  };
}

// How many connections each address may have is counted by the web server, which knows them by listener.
function listenerRules(config: StackConfig, host: string): readonly UfwRule[] {
  if (!hostDuties(config, host).sites || isClosed(config, host)) return [];
  return config.listeners.flatMap(({ port, networks }) =>
    networks.map((from): UfwRule => ({ action: "allow", protocol: "tcp", port, from })),
  );
}

// The firewall does not see which site a connection is for.
function mostConnections({ sites }: StackConfig): number {
  return Math.max(...sites.map(({ openConnections }) => openConnections));
}

/** The rules that one family gets, in order. */
export function rulesOf(settings: UfwSettings, family: Family): readonly UfwRule[] {
  return settings.rules.filter((rule) => rule.from === undefined || familyOf(rule.from) === family);
}
