import { hostDuties } from "../../config/duties";
import { lastingName } from "../../config/names";
import type { HostConfig } from "../../config/schema";
import type { DatabaseKind } from "../../config/sections/databaseKinds";
import type { DatabaseSettings } from "../../containers/databases/engine";
import { redisMetricsSecret } from "../../containers/databases/redisFiles";
import type { StackModel } from "../../containers/model";
import type { AbsolutePath } from "../../plan/files";
import { machineAccounts } from "../../plan/machineAccounts";
import { type OffsiteSettings, offsiteSettings } from "../../plan/offsite";
import { MONITORING_PORTS, NGINX_STATUS_PORT } from "../../plan/places";

/** A program on the host that answers with metrics, on the loopback address alone. */
export interface ExporterSettings {
  readonly name: string;
  readonly port: number;
  /** How the names of all its metrics begin. */
  readonly prefix: string;
}

/** A database server that is asked how it is. */
export interface MeasuredDatabase {
  readonly kind: DatabaseKind;
  /** The name that it keeps. */
  readonly name: string;
  readonly container: string;
  /** The databases in it whose size is measured. */
  readonly databases: readonly string[];
  /** Of a Redis: the file with the password that it is asked by, and what it is for. */
  readonly redis?: { readonly secret: AbsolutePath; readonly profile: string };
}

/** What is measured of a host, and where it is brought. */
export interface MetricsSettings {
  /** The name that the host keeps. */
  readonly host: string;
  /** What the host's sender asks. A vault's is asked by what watches there. */
  readonly exporters: readonly ExporterSettings[];
  /** What serves people there: its databases, and the port at which its web server says how it is, null where it has none. */
  readonly served: { readonly databases: readonly MeasuredDatabase[]; readonly nginx: number | null };
  /** Null on the vault itself. */
  readonly vault: OffsiteSettings | null;
  /** On the vault: each account that may bring metrics, and the lasting name of its host. */
  readonly senders: readonly { readonly account: string; readonly host: string }[];
}

const NODE: ExporterSettings = { name: "node", port: MONITORING_PORTS.nodeExporter, prefix: "node_" };

/** Undefined where there is no vault, and where neither knows the other by its key yet, as with a droplet that is new. */
export function metricsSettings({ config, containers }: StackModel, own: HostConfig): MetricsSettings | undefined {
  const host = lastingName(own);
  if (own.role === "vault") {
    if (config.backup?.offsite !== own.name) return undefined;
    const senders = machineAccounts(config, own.name).map((account) => ({ account: account.name, host: account.host }));
    return { host, exporters: [], served: { databases: [], nginx: null }, vault: null, senders };
  }
  const vault = offsiteSettings(config, own);
  if (vault === null) return undefined;
  const { databases, sites } = hostDuties(config, own.name);
  const served = {
    databases: databases ? containers.databaseSettings.map(measured) : [],
    nginx: sites ? NGINX_STATUS_PORT : null,
  };
  return { host, exporters: [NODE], served, vault, senders: [] };
}

function measured({ kind, name, container, databases, profile = "sessions" }: DatabaseSettings): MeasuredDatabase {
  return { kind, name, container, databases, ...(kind === "redis" ? { redis: { secret: redisMetricsSecret(name), profile } } : {}) };
}
