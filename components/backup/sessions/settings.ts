import { hostDuties } from "../../config/duties";
import { lastingName } from "../../config/names";
import type { StackModel } from "../../containers/model";
import { type OffsiteSettings, offsiteSettings } from "../../plan/offsite";

/** Whom recorded sessions are encrypted to, and where they go. */
export interface SessionsSettings {
  /** The name that the host keeps. */
  readonly host: string;
  /** The incident key's public half. */
  readonly recipient: string;
  /** Null on a vault, and where there is none: they stay on the host, encrypted. */
  readonly vault: OffsiteSettings | null;
  /** For so many days then. */
  readonly days: number;
  /** Whether the host has what sends alerts, which comes with backups. */
  readonly alerts: boolean;
}

/** Undefined where none is recorded. */
export function sessionsSettings({ config }: StackModel, hostName: string): SessionsSettings | undefined {
  const own = config.hosts.find(({ name }) => name === hostName);
  const { audit, recovery, journal, records } = config;
  if (own === undefined || audit.sessions === "off") return undefined;
  const duties = hostDuties(config, hostName);
  return {
    host: lastingName(own),
    recipient: audit.sessionsKey ?? recovery.publicKey,
    vault: own.role === "application" ? offsiteSettings(config, own) : null,
    // A vault keeps its own as long as those of others.
    days: own.role === "vault" ? records.retentionYears * DAYS_OF_YEAR : journal.retentionDays,
    alerts: duties.backup || duties.vault,
  };
}

const DAYS_OF_YEAR = 366;
