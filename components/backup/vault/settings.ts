import type { StackConfig } from "../../config/schema";
import { type MachineAccount, machineAccounts } from "../../plan/machineAccounts";
import { type AlertsState, alertsState } from "../alerts/settings";
import { limitsOf } from "../backup/settings";

/** What a vault keeps, for whom, and how long. */
export interface VaultState {
  readonly accounts: readonly MachineAccount[];
  readonly keep: { readonly last: number; readonly days: number };
  /** Seconds without a new backup of a host after which the vault says so. */
  readonly silenceSeconds: number;
  /** Hour and minute of its jobs, UTC. */
  readonly time: string;
  readonly alerts: AlertsState;
}

/** Takes the vault's part out of the configuration. Throws Error where the stack has no backups. */
export function vaultState(config: StackConfig, hostName: string): VaultState {
  const { backup } = config;
  if (backup === undefined) throw new Error("backup: found nothing, and a host of the role vault; declare backups or take the host out");
  return {
    accounts: machineAccounts(config, hostName),
    keep: backup.keep,
    silenceSeconds: limitsOf(backup).backup,
    time: backup.time,
    alerts: alertsState(config, hostName),
  };
}
