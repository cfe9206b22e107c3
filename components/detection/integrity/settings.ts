import { hostDuties } from "../../config/duties";
import type { HostConfig, StackConfig } from "../../config/schema";
import type { ContainersModel, StackModel } from "../../containers/model";
import { offsiteSettings } from "../../plan/offsite";
import { MONITORING_PORTS, NGINX_STATUS_PORT, SSH_PORT } from "../../plan/places";
import { BREAK_GLASS_USER, peopleAccounts, peopleSettings, sshAccounts } from "../../system/people/settings";

/** What is declared of a host, as its inventory is held against it. */
export interface IntegritySettings {
  /** Time of day of the whole look, HH:MM, UTC. */
  readonly time: string;
  /** Whether the host has what sends alerts, which comes with backups. */
  readonly alerts: boolean;
  readonly declared: {
    /** Accounts that may log in, and those that have a password. */
    readonly people: readonly string[];
    readonly withPassword: readonly string[];
    /** As `tcp/443`, or `tcp/20001/loopback` for what is reached from the host alone. */
    readonly listeners: readonly string[];
    readonly containers: readonly string[];
    readonly networks: readonly string[];
    readonly volumes: readonly string[];
    readonly accepted: readonly {
      readonly kind: string;
      readonly path: string;
      readonly sha256: string | null;
      readonly reason: string;
      readonly owner: string;
      /** The last day, UTC, as YYYY-MM-DD. */
      readonly expires: string;
    }[];
    /** SHA-256 of the baseline, null where the stack's file has none. */
    readonly seal: string | null;
  };
}

// What the system itself listens on: systemd-resolved for the host alone, and systemd-networkd for the answers of DHCP.
const OF_THE_SYSTEM = ["udp/68", "udp/546", "udp/53/loopback", "tcp/53/loopback"];

// What watches the stack, for the vault itself.
const MONITORING = Object.values(MONITORING_PORTS).map((port) => `tcp/${String(port)}/loopback`);

export function integritySettings(model: StackModel, host: HostConfig): IntegritySettings {
  const { config } = model;
  const people = peopleSettings(config, host.name);
  const duties = hostDuties(config, host.name);
  const isServing = duties.services;
  const published = isServing ? config.publicPorts.map(({ port, protocol }) => `${protocol}/${String(port)}`) : [];
  // What was accepted of a host stays accepted when it is renamed.
  const isIts = (entry: { readonly host: string }): boolean => [host.name, ...host.formerly].includes(entry.host);
  const { time, accepted, sealed } = config.integrity;
  return {
    time,
    alerts: duties.backup || duties.vault,
    declared: {
      people: [...new Set([...peopleAccounts(people), ...sshAccounts(people)])],
      withPassword: [BREAK_GLASS_USER],
      ...namesOf(isServing ? model.containers : undefined),
      listeners: [
        `tcp/${String(SSH_PORT)}`,
        ...published,
        ...OF_THE_SYSTEM,
        ...(isServing ? loopbackPorts(model.containers) : []),
        ...measuredPorts(config, host),
        ...(duties.vault ? MONITORING : []),
      ],
      accepted: accepted
        .filter(isIts)
        .map(({ kind, path, sha256 = null, reason, owner, expires }) => ({ kind, path, sha256, reason, owner, expires })),
      seal: sealed.find(isIts)?.sha256 ?? null,
    },
  };
}

function namesOf(containers: ContainersModel | undefined): Pick<IntegritySettings["declared"], "containers" | "networks" | "volumes"> {
  if (containers === undefined) return { containers: [], networks: [], volumes: [] };
  const { databases, services, networks, volumes } = containers;
  const names = (entries: readonly { readonly name: string }[]): readonly string[] => entries.map(({ name }) => name);
  return { containers: names([...databases, ...services]), networks: names(networks), volumes: names(volumes) };
}

// Where a host has a vault, or is one: what measures it answers the host alone.
function measuredPorts(config: StackConfig, own: HostConfig): readonly string[] {
  const isWatched = config.backup?.offsite === own.name || (own.role === "application" && offsiteSettings(config, own) !== null);
  const nginx = config.backup?.offsite !== undefined && hostDuties(config, own.name).sites ? [NGINX_STATUS_PORT] : [];
  return [...(isWatched ? [MONITORING_PORTS.nodeExporter] : []), ...nginx].map((port) => `tcp/${String(port)}/loopback`);
}

function loopbackPorts({ databases, services }: ContainersModel): readonly string[] {
  const ports = [...databases, ...services].flatMap(({ publishedPort, publishedPorts }) => [
    ...(publishedPort === null ? [] : [publishedPort]),
    ...(publishedPorts ?? []).map(({ published }) => published),
  ]);
  return ports.map((port) => `tcp/${String(port)}/loopback`);
}
