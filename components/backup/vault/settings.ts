import type { StackModel } from "../../containers/model";
import { type MachineAccount, machineAccounts } from "../../plan/machineAccounts";
import { type AlertsSettings, alertsSettings } from "../alerts/settings";
import { limitsOf } from "../backup/settings";

/** What a vault keeps, for whom, and how long. */
export interface VaultSettings {
  readonly accounts: readonly MachineAccount[];
  readonly keep: { readonly last: number; readonly days: number };
  /** Seconds without a new backup of a host after which the vault says so. */
  readonly silenceSeconds: number;
  /** Hour and minute of its jobs, UTC. */
  readonly time: string;
  readonly alerts: AlertsSettings;
}

/** Throws Error where the stack has no backups. */
export function vaultSettings(stack: StackModel, hostName: string): VaultSettings {
  const { config } = stack;
  const { backup } = config;
  if (backup === undefined) throw new Error("backup: found nothing, and a host of the role vault; declare backups or remove the host");
  return {
    accounts: machineAccounts(config, hostName),
    keep: backup.keep,
    silenceSeconds: limitsOf(backup).backup,
    time: backup.time,
    alerts: alertsSettings(stack, hostName),
  };
}
