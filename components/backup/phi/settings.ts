import { hostDuties } from "../../config/duties";
import { lastingServiceName } from "../../config/names";
import type { StackModel } from "../../containers/model";
import { type PhiDatabase, phiDatabases } from "../../containers/secrets/phiMaster";

/** The patients' columns of a host. */
export interface PhiSettings {
  readonly databases: readonly (PhiDatabase & {
    /** The group of people who may read the record of accesses; left out where there is nobody. */
    readonly auditors?: string;
  })[];
  /** The key that is written with. */
  readonly epoch: number;
  /** Keys up to this one have left the host. */
  readonly retired: number;
}

/** Undefined where the host has none. */
export function phiSettings({ config }: StackModel, host: string): PhiSettings | undefined {
  if (config.phi === undefined || !hostDuties(config, host).databases) return undefined;
  const audited = new Set(
    config.people.flatMap(({ databases = {} }) =>
      Object.entries(databases).flatMap(([service, may]) => (may === "auditor" ? [lastingServiceName(config, service)] : [])),
    ),
  );
  return {
    databases: phiDatabases(config).map((entry) => ({
      ...entry,
      ...(audited.has(entry.database) ? { auditors: `${entry.database}__auditor` } : {}),
    })),
    epoch: config.phi.epoch,
    retired: config.phi.retired,
  };
}
