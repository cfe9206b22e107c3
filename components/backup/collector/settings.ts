import { hostDuties } from "../../config/duties";
import { lastingName } from "../../config/names";
import { withLineEnd } from "../../config/pem";
import type { HostConfig } from "../../config/schema";
import { UNOPENED } from "../../config/sections/secrets";
import type { StackModel } from "../../containers/model";
import { machineAccounts } from "../../plan/machineAccounts";

/** The sender. */
export const SENDER = "phiward-collector.service";
/** The timer that looks whether the copy is late. */
export const WATCH_TIMER = "phiward-collector-watch.timer";
/** The private key of the sender's own certificate. */
export const KEY = "/etc/phiward/collector/key.pem";

/** Where a machine sends the copy of what it has on record, and whose records those are. */
export interface CollectorSettings {
  /** The name that the machine keeps. */
  readonly host: string;
  /** The lasting names of the hosts whose records it has: those of a vault. */
  readonly senders: readonly string[];
  readonly address: string;
  readonly port: number;
  /** What the collector's certificate has to be for: a name, or the address. */
  readonly name: string;
  readonly ca: string;
  readonly operator: "own" | "businessAssociate";
  /** What the sender proves itself by; left out where it need not. */
  readonly client?: { readonly chain: string; readonly secret: string; readonly version: string };
  readonly lateMinutes: number;
  /** Whether the machine has what sends alerts, which comes with backups. */
  readonly alerts: boolean;
}

/** Undefined where no copy is declared, and on a host whose records are at a vault, which sends them. */
export function collectorSettings({ config }: StackModel, own: HostConfig): CollectorSettings | undefined {
  const declared = config.audit.collector;
  if (declared === undefined || (own.role === "application" && config.backup?.offsite !== undefined)) return undefined;
  const { address, port, name, ca, operator, clientCertificate, lateMinutes } = declared;
  const duties = hostDuties(config, own.name);
  const senders = own.role === "vault" ? machineAccounts(config, own.name).map(({ host }) => host) : [];
  const version = config.secrets.find((secret) => secret.name === clientCertificate?.key)?.version ?? UNOPENED;
  return {
    host: lastingName(own),
    senders,
    ...{ address, port, name: name ?? address, ca, operator, lateMinutes },
    ...(clientCertificate === undefined
      ? {}
      : { client: { chain: withLineEnd(clientCertificate.chain), secret: clientCertificate.key, version } }),
    alerts: duties.backup || duties.vault,
  };
}
