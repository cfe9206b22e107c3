import { lastingName } from "../../config/names";
import { familyOf } from "../../config/network";
import type { HostConfig, StackConfig } from "../../config/schema";
import { type OffsiteSettings, offsiteSettings } from "../../plan/offsite";
import { SSH_PORT } from "../../plan/places";

/** Who still reaches a host that is isolated, and by whose signature it is isolated without a login. */
export interface ContainmentSettings {
  /** The name that the host keeps. */
  readonly host: string;
  /** Networks of administrators, which keep SSH and nothing else. */
  readonly networks: readonly string[];
  readonly port: number;
  /** Where records go on to arrive, and where signed orders are left; `null` where the host has no vault, or is one. */
  readonly vault: OffsiteSettings | null;
  /** Networks that nobody blocks: those of administrators, and the stack's own hosts. */
  readonly kept: readonly string[];
  /** Whether the host takes its routes from IPv6 routers: then it goes on to, or it would be lost to administrators too. */
  readonly routerAdvertisements: StackConfig["network"]["routerAdvertisements"];
  /** Whose signature on an order counts: people with sudo. */
  readonly signers: readonly { readonly name: string; readonly keys: readonly string[] }[];
}

export function containmentSettings(config: StackConfig, own: HostConfig): ContainmentSettings {
  return {
    host: lastingName(own),
    networks: config.adminNetworks,
    port: SSH_PORT,
    vault: own.role === "application" ? offsiteSettings(config, own) : null,
    kept: [...config.adminNetworks, ...config.hosts.flatMap(({ address = "" }) => (familyOf(address) === undefined ? [] : [address]))],
    routerAdvertisements: config.network.routerAdvertisements,
    signers: config.people.filter(({ sudo }) => sudo).map(({ name, keys }) => ({ name, keys })),
  };
}

/** What a signature on an order is for: one for anything else is refused. */
export const ORDER_NAMESPACE = "phiward-isolation";
