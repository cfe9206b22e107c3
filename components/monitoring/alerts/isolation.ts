/** Alerts on hosts that are isolated, and the others that only follow from that. */
import type { Alert } from "./alert";

/** The alert that a host is isolated: while it lasts, those that follow from it go to nobody. */
export const HOST_ISOLATED = "HOST_ISOLATED";
/** Hours after which a host is isolated for long: until then the newest backup is no older than it may be. */
const LONG_HOURS = 24;

/** A person isolates a host, and knows; the others are to know as well, and nobody is to forget it. */
export const ISOLATION_ALERTS: readonly Alert[] = [
  {
    id: HOST_ISOLATED,
    summary: "The host {host} is isolated: it serves nobody, and alerts that only follow from that are kept back",
    source: "checks",
    condition: { kind: "above", metric: "phiward_isolated", threshold: 0 },
    holdsMinutes: 0,
    // Databases are asked once a minute, and checks more seldom.
    lingersMinutes: 10,
    severity: "medium",
    runbook: "a-host-is-isolated",
    control: "IR-01",
    guides: ["runbook:class"],
  },
  {
    id: "HOST_ISOLATED_LONG",
    summary: `The host {host} is isolated for more than ${String(LONG_HOURS)} hours, without a backup and without updates meanwhile`,
    source: "checks",
    condition: { kind: "olderThan", metric: "phiward_isolated_since_timestamp_seconds", hours: LONG_HOURS },
    holdsMinutes: 0,
    severity: "high",
    runbook: "a-host-is-isolated",
    control: "IR-01",
    guides: ["runbook:class"],
  },
];

/**
 * What follows from an isolation: containers are frozen, and backups, renewals, updates and deploys wait; of fifty checks of databases
 * none is answered. What the record tells of an intruder is none of these. A host that says falsely that it is isolated keeps its own
 * failing checks back by it, and raises `HOST_ISOLATED`.
 */
export const FOLLOW_ISOLATION: readonly string[] = [
  "BACKUP_LATE",
  "BACKUP_MISSING",
  "CERTIFICATE_ENDS",
  "CHECK_FAILS",
  "DATABASE_DOWN",
  "PATCHES_PENDING",
  "REBOOT_PENDING",
  "REDIS_DOWN",
  "SECRET_OVERDUE",
  "VULNERABILITY_GRAVE",
  "VULNERABILITY_WAITS",
];
