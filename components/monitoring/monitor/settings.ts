import { hostDuties } from "../../config/duties";
import { lastingName } from "../../config/names";
import type { HostConfig, StackConfig } from "../../config/schema";
import { UNOPENED } from "../../config/sections/secrets";
import type { StackModel } from "../../containers/model";
import { fixedSecrets } from "../../containers/secrets/fixedSecrets";
import type { Thresholds } from "../alerts/thresholds";

/** A secret that is brought, as a plan names it. */
export interface NamedSecret {
  readonly secret: string;
  readonly version: string;
}

/** A contact; one with neither is not there. */
export interface Contact {
  readonly webhook: string | null;
  readonly mail: string | null;
}

/** What a vault watches the stack by. */
export interface MonitorSettings {
  /** The name that the vault keeps. */
  readonly host: string;
  /** The hosts that send it their metrics, by the names that they keep. */
  readonly watched: readonly string[];
  /** What all of them, and the vault, are called today, by the names that they keep. */
  readonly called: Readonly<Record<string, string>>;
  readonly first: Contact;
  readonly escalation: Contact;
  /** How mail is sent. */
  readonly mail: { readonly from: string; readonly server: string; readonly port: number } | null;
  readonly pagerDuty: { readonly url: string; readonly key: NamedSecret } | null;
  readonly heartbeat: { readonly url: string; readonly token: NamedSecret | null; readonly minutes: number } | null;
  readonly repeatHours: number;
  readonly thresholds: Thresholds;
  readonly retention: { readonly days: number; readonly megabytes: number };
}

/** Undefined on a host that is no vault: what watches has to be another machine than what it watches. */
export function monitorSettings({ config }: StackModel, own: HostConfig): MonitorSettings | undefined {
  if (!hostDuties(config, own.name).vault) return undefined;
  const { alerts, monitoring } = config;
  const { heartbeat, escalation, pagerDuty } = monitoring;
  const mail = alerts?.mail;
  return {
    host: lastingName(own),
    watched: config.hosts.filter(({ role }) => role === "application").map((host) => lastingName(host)),
    called: Object.fromEntries(
      config.hosts.filter(({ name, role }) => role === "application" || name === own.name).map((host) => [lastingName(host), host.name]),
    ),
    first: { webhook: alerts?.webhook ?? null, mail: mail?.to ?? null },
    escalation: { webhook: escalation?.webhook ?? null, mail: escalation?.mail ?? null },
    mail: mail === undefined ? null : { from: mail.from, server: mail.server, port: mail.port },
    pagerDuty: pagerDuty === undefined ? null : { url: pagerDuty.url, key: named(config, pagerDuty.routingKey) },
    heartbeat:
      heartbeat === undefined
        ? null
        : {
            url: heartbeat.url,
            token: heartbeat.token === undefined ? null : named(config, heartbeat.token),
            minutes: heartbeat.minutes,
          },
    repeatHours: monitoring.repeatHours,
    thresholds: {
      diskPercent: monitoring.diskPercent,
      memoryPercent: monitoring.memoryPercent,
      certificateDays: certificateDays(config),
      vulnerabilities: limitsOf(monitoring.vulnerabilities),
      rotation: { ...monitoring.rotation, fixed: fixedSecrets(config) },
    },
    retention: { days: monitoring.retentionDays, megabytes: monitoring.diskMegabytes },
  };
}

// When hosts look is theirs; how long a vault bears it, the vault's.
function limitsOf({ graveDays, otherDays, indexDrop }: Thresholds["vulnerabilities"]): Thresholds["vulnerabilities"] {
  return { graveDays, otherDays, indexDrop };
}

function named({ secrets }: StackConfig, name: string): NamedSecret {
  return { secret: name, version: secrets.find((secret) => secret.name === name)?.version ?? UNOPENED };
}

// A certificate that is renewed three days before its end is in order until then.
function certificateDays({ sites, monitoring }: StackConfig): number {
  const renewals = sites.flatMap(({ certificate }) => ("renewBeforeDays" in certificate ? [certificate.renewBeforeDays - 1] : []));
  return Math.min(monitoring.certificateDays, ...renewals);
}
