import { hostDuties } from "../../config/duties";
import type { StackModel } from "../../containers/model";
import { type PhiDatabase, phiDatabases } from "../../containers/secrets/phiMaster";

/** The patients' columns of a host. */
export interface PhiSettings {
  readonly databases: readonly PhiDatabase[];
  /** The key that is written with. */
  readonly epoch: number;
  /** Keys up to this one have left the host. */
  readonly retired: number;
}

/** Undefined where the host has none. */
export function phiSettings({ config }: StackModel, host: string): PhiSettings | undefined {
  if (config.phi === undefined || !hostDuties(config, host).databases) return undefined;
  return { databases: phiDatabases(config), epoch: config.phi.epoch, retired: config.phi.retired };
}
