import { lastingName } from "../../config/names";
import type { HostConfig } from "../../config/schema";
import type { StackModel } from "../../containers/model";
import { machineAccounts } from "../../plan/machineAccounts";
import { type OffsiteSettings, offsiteSettings } from "../../plan/offsite";
import { MONITORING_PORTS } from "../../plan/places";

/** A program on the host that answers with metrics, on the loopback address alone. */
export interface ExporterSettings {
  readonly name: string;
  readonly port: number;
  /** How the names of all its metrics begin. */
  readonly prefix: string;
}

/** What is measured of a host, and where it is brought. */
export interface MetricsSettings {
  /** The name that the host keeps. */
  readonly host: string;
  /** What the host's sender asks. A vault's is asked by what watches there. */
  readonly exporters: readonly ExporterSettings[];
  /** Null on the vault itself. */
  readonly vault: OffsiteSettings | null;
  /** On the vault: each account that may bring metrics, and the lasting name of its host. */
  readonly senders: readonly { readonly account: string; readonly host: string }[];
}

const NODE: ExporterSettings = { name: "node", port: MONITORING_PORTS.nodeExporter, prefix: "node_" };

/** Undefined where there is no vault, and where neither knows the other by its key yet, as with a droplet that is new. */
export function metricsSettings({ config }: StackModel, own: HostConfig): MetricsSettings | undefined {
  const host = lastingName(own);
  if (own.role === "vault") {
    if (config.backup?.offsite !== own.name) return undefined;
    const senders = machineAccounts(config, own.name).map((account) => ({ account: account.name, host: account.host }));
    return { host, exporters: [], vault: null, senders };
  }
  const vault = offsiteSettings(config, own);
  return vault === null ? undefined : { host, exporters: [NODE], vault, senders: [] };
}
