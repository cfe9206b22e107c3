/** Which tasks each host of a configuration has. */
import type { StackConfig } from "./schema";

/** What a host is to have beside what every host has. */
export interface HostDuties {
  /** Containers, with secrets and what retires them. */
  readonly services: boolean;
  /** Databases among them, with accounts. */
  readonly databases: boolean;
  readonly sites: boolean;
  readonly backup: boolean;
  /** Whether it stores the backups of others. */
  readonly vault: boolean;
}

/** Whether a host serves nobody for now, since it is being recovered. */
export function isClosed({ hosts }: StackConfig, name: string): boolean {
  return hosts.some((host) => host.name === name && host.closed);
}

/** The tasks that the configuration gives to the host `name`. */
export function hostDuties({ hosts, services, removed, sites, backup }: StackConfig, name: string): HostDuties {
  const role = hosts.find((host) => host.name === name)?.role;
  const isApplication = role === "application";
  return {
    // Docker keeps what services left, or erases it.
    services: isApplication && (services.length > 0 || removed.length > 0),
    databases: isApplication && services.some(({ kind }) => kind !== "container"),
    sites: isApplication && sites.length > 0,
    backup: isApplication && backup !== undefined,
    vault: role === "vault",
  };
}
