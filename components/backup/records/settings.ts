import type { StackModel } from "../../containers/model";
import { machineAccounts } from "../../plan/machineAccounts";

/** Whose journals a vault keeps, and for how long. */
export interface RecordsSettings {
  /** Each account that may add records, and the lasting name of its host. */
  readonly senders: readonly { readonly account: string; readonly host: string }[];
  readonly retentionYears: number;
  readonly silentMinutes: number;
  readonly gigabytesPerHost: number;
  /** Hour and minute of the vault's jobs, UTC. */
  readonly time: string;
}

/** Undefined where no host of the stack sends its journal here. */
export function recordsSettings({ config }: StackModel, hostName: string): RecordsSettings | undefined {
  const senders = machineAccounts(config, hostName).map(({ name, host }) => ({ account: name, host }));
  if (senders.length === 0 || config.backup === undefined) return undefined;
  return { senders, ...config.records, time: config.backup.time };
}
