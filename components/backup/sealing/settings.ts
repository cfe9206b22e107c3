import { hostDuties } from "../../config/duties";
import { lastingName } from "../../config/names";
import type { HostConfig } from "../../config/schema";
import type { StackModel } from "../../containers/model";
import { type OffsiteSettings, offsiteSettings } from "../../plan/offsite";

/** How often the journal is sealed, whom the keys are encrypted to that show a broken seal, and where they go. */
export interface SealingSettings {
  /** The name that the host keeps. */
  readonly host: string;
  readonly intervalSeconds: number;
  /** The incident key's public half. */
  readonly recipient: string;
  /** Null on a vault, and where there is none: they stay on the host, encrypted. */
  readonly vault: OffsiteSettings | null;
  /** Whether the host has what sends alerts, which comes with backups. */
  readonly alerts: boolean;
}

export function sealingSettings({ config }: StackModel, host: HostConfig): SealingSettings {
  const { audit, journal, recovery } = config;
  const duties = hostDuties(config, host.name);
  return {
    host: lastingName(host),
    intervalSeconds: journal.sealMinutes * 60,
    recipient: audit.sessionsKey ?? recovery.publicKey,
    vault: host.role === "application" ? offsiteSettings(config, host) : null,
    alerts: duties.backup || duties.vault,
  };
}
