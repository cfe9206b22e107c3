import { lastingName } from "../../config/names";
import type { HostConfig } from "../../config/schema";
import type { StackModel } from "../../containers/model";
import { machineAccounts } from "../../plan/machineAccounts";
import { BREAK_GLASS_USER } from "../../system/people/settings";

/** So many occurrences of one kind, by one account or address, within so many seconds are an event. */
export interface Threshold {
  readonly count: number;
  readonly seconds: number;
}

/** Whose records a vault looks at as they arrive, and for what. */
export interface DetectorsSettings {
  /** The vault's own lasting name. */
  readonly host: string;
  /** Those of the hosts whose records it keeps. */
  readonly senders: readonly string[];
  /** The account for emergencies, each use of which is an event. */
  readonly breakGlass: string;
  /** Who may log in: of these alone, a network that they did not use before is an event. */
  readonly people: readonly string[];
  /** Administrators' networks, from which nobody is news. */
  readonly networks: readonly string[];
  readonly thresholds: Readonly<Record<string, Threshold>>;
}

/**
 * Of the operations guide: 5 failed logins in 15 minutes, 2 restores in an hour; and of denied requests as many as of failed logins. The
 * jail nginx-scanner bans after 20 requests by default, as every host on the Internet gets them: 50 in ten minutes are more than that ends.
 * SQL in three requests of one address within ten minutes: who tries one must try again to learn anything. Ten closed
 * ports by one address: as many as UFW has logged at once; a worm asks for one or two.
 */
export const THRESHOLDS = {
  "brute-force": { count: 5, seconds: 15 * 60 },
  "restores-repeated": { count: 2, seconds: 60 * 60 },
  suspicious: { count: 5, seconds: 15 * 60 },
  "web-scan": { count: 50, seconds: 10 * 60 },
  "sql-injection": { count: 3, seconds: 10 * 60 },
  "port-scan": { count: 10, seconds: 10 * 60 },
} as const satisfies Readonly<Record<string, Threshold>>;

/** Undefined where no host of the stack sends its journal here. */
export function detectorsSettings({ config }: StackModel, own: HostConfig): DetectorsSettings | undefined {
  const senders = own.role === "vault" ? machineAccounts(config, own.name).map(({ host }) => host) : [];
  if (senders.length === 0 || config.backup === undefined) return undefined;
  const people = config.people.map(({ name }) => name);
  const networks = config.adminNetworks;
  return { host: lastingName(own), senders, breakGlass: BREAK_GLASS_USER, people, networks, thresholds: THRESHOLDS };
}
