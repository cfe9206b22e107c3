/** Every alert, as data: rules, routes, the page of alerts and their tests come from it. The thresholds are the guides'. */
import { ageAlert } from "./ages";
import type { Alert } from "./alert";
import { EVENT_ALERTS } from "./events";
import { INCIDENT_ALERTS } from "./incidents";
import { ISOLATION_ALERTS } from "./isolation";
import { scanAlerts } from "./scans";
import { SERVED_ALERTS } from "./served";
import type { Thresholds } from "./thresholds";

/** The alert that is always raised: whoever gets it no more knows that the vault is gone. */
export const HEARTBEAT = "HEARTBEAT";
/** Seconds without metrics of a host: with what the rules and the mail take, it is known within three minutes. */
const SILENT_SECONDS = 120;
const DAY_MINUTES = 1440;
/** Controls of what has to run so that anything is on record (ops-guide:auditfail). */
export const AUDIT_CONTROLS = ["IDS-04", "IDS-13", "IDS-14", "LOG-01", "LOG-02", "LOG-09", "LOG-11"];
const AUDIT_UNITS = ["auditd.service", "phiward-journal-upload.service", "systemd-journald.service"];
/** File systems in memory, which fill and empty without harm. */
export const MEMORY_FILE_SYSTEMS = { fstype: ["ramfs", "tmpfs"] } as const;

/** All alerts, by what they tell of; those of the record after the others. */
export function alertMatrix({ diskPercent, memoryPercent, certificateDays, vulnerabilities, rotation }: Thresholds): readonly Alert[] {
  return [
    {
      id: "HOST_SILENT",
      summary: "The host {host} has sent no metrics for two minutes",
      source: "metrics",
      condition: { kind: "silent", seconds: SILENT_SECONDS },
      holdsMinutes: 0,
      severity: "critical",
      runbook: "a-host-is-silent",
      control: "MON-04",
      guides: ["ops-guide:check"],
    },
    {
      id: "AUDIT_LOG_FAILURE",
      summary: "What is to be on record of the host {host} may not be",
      source: "checks",
      condition: {
        kind: "any",
        of: [
          { kind: "above", metric: "phiward_check_failing", labels: { control: AUDIT_CONTROLS }, threshold: 0 },
          { kind: "above", metric: "phiward_unit_failed", labels: { unit: AUDIT_UNITS }, threshold: 0 },
          { kind: "events", event: "record-lost", count: 1, minutes: 60 },
        ],
      },
      holdsMinutes: 0,
      severity: "critical",
      runbook: "audit-log-failure",
      control: "LOG-09",
      guides: ["ops-guide:auditfail"],
    },
    {
      id: "UNDECLARED_PORT",
      summary: "On the host {host} something listens that nobody declared",
      source: "checks",
      condition: { kind: "above", metric: "phiward_undeclared", labels: { kind: ["listener"] }, threshold: 0 },
      holdsMinutes: 0,
      severity: "high",
      runbook: "undeclared",
      control: "MON-05",
      guides: ["runbook:metrics"],
    },
    {
      id: "UNDECLARED_CHANGE",
      summary: "On the host {host} there is something that nobody declared: {what}",
      source: "checks",
      condition: { kind: "above", metric: "phiward_undeclared", except: { kind: ["listener"] }, threshold: 0 },
      holdsMinutes: 0,
      about: "kind",
      severity: "high",
      runbook: "undeclared",
      control: "MON-06",
      guides: ["ops-guide:suspicious"],
    },
    {
      // A daily backup is a day old when the next one begins: it gets two hours to end.
      id: "BACKUP_LATE",
      summary: "The newest backup {what} of the host {host} is older than 24 hours",
      source: "checks",
      condition: { kind: "olderThan", metric: "phiward_backup_last_success_timestamp_seconds", hours: 24 },
      holdsMinutes: 120,
      about: "backup",
      severity: "medium",
      runbook: "a-backup-is-late",
      control: "BKP-06",
      guides: ["runbook:metrics"],
    },
    {
      id: "BACKUP_MISSING",
      summary: "The newest backup {what} of the host {host} is older than 48 hours",
      source: "checks",
      condition: { kind: "olderThan", metric: "phiward_backup_last_success_timestamp_seconds", hours: 48 },
      holdsMinutes: 0,
      about: "backup",
      severity: "high",
      runbook: "a-backup-is-late",
      control: "BKP-06",
      guides: ["runbook:metrics", "ops-guide:sev"],
    },
    {
      // Hosts install security updates each day: one that came out since waits for its turn.
      id: "PATCHES_PENDING",
      summary: "The host {host} has security updates that are not installed",
      source: "checks",
      condition: { kind: "above", metric: "phiward_updates_pending", labels: { kind: ["security"] }, threshold: 0 },
      holdsMinutes: DAY_MINUTES + 120,
      severity: "low",
      runbook: "updates-are-pending",
      control: "PKG-01",
      guides: ["runbook:metrics", "runbook:class"],
    },
    {
      id: "REBOOT_PENDING",
      summary: "The host {host} runs what an update has replaced, until it is restarted",
      source: "checks",
      condition: { kind: "above", metric: "phiward_reboot_required", threshold: 0 },
      holdsMinutes: 2 * DAY_MINUTES,
      severity: "low",
      runbook: "updates-are-pending",
      control: "PKG-01",
      guides: ["runbook:class"],
    },
    ...scanAlerts(vulnerabilities),
    ageAlert(rotation),
    {
      id: "CERTIFICATE_ENDS",
      summary: `The certificate of {what} on the host {host} ends in less than ${String(certificateDays)} days`,
      source: "checks",
      condition: { kind: "closerThan", metric: "phiward_certificate_expires_timestamp_seconds", days: certificateDays },
      holdsMinutes: 0,
      about: "site",
      severity: "high",
      runbook: "a-certificate-ends",
      control: "MON-01",
      guides: ["ops-guide:check"],
    },
    {
      id: "UNIT_FAILED",
      summary: "On the host {host} {what} has failed",
      source: "checks",
      condition: { kind: "above", metric: "phiward_unit_failed", except: { unit: AUDIT_UNITS }, threshold: 0 },
      holdsMinutes: 5,
      about: "unit",
      severity: "medium",
      runbook: "a-unit-has-failed",
      control: "MON-04",
      guides: ["ops-guide:check"],
    },
    {
      id: "CHECK_FAILS",
      summary: "The host {host} is not as declared: its check {what} fails",
      source: "checks",
      condition: { kind: "above", metric: "phiward_check_failing", except: { control: AUDIT_CONTROLS }, threshold: 0 },
      holdsMinutes: 5,
      about: "check",
      severity: "medium",
      runbook: "a-check-fails",
      control: "MON-06",
      guides: ["ops-guide:sev"],
    },
    {
      id: "CHECKS_OLD",
      summary: "The checks of the host {host} were last asked more than 48 hours ago",
      source: "checks",
      condition: { kind: "olderThan", metric: "phiward_checks_last_run_timestamp_seconds", hours: 48 },
      holdsMinutes: 0,
      severity: "medium",
      runbook: "a-check-fails",
      control: "MON-06",
      guides: ["ops-guide:check"],
    },
    {
      id: "DISK_FILLS",
      summary: `Of the file system {what} on the host {host}, more than ${String(diskPercent)} percent are in use`,
      source: "metrics",
      condition: {
        kind: "used",
        left: "node_filesystem_avail_bytes",
        whole: "node_filesystem_size_bytes",
        except: MEMORY_FILE_SYSTEMS,
        percent: diskPercent,
      },
      holdsMinutes: 5,
      about: "mountpoint",
      severity: "medium",
      runbook: "a-disk-fills",
      control: "MON-02",
      guides: ["ops-guide:auditfail", "ops-guide:check"],
    },
    {
      id: "DISK_FULL",
      summary: "Of the file system {what} on the host {host}, more than 95 percent are in use",
      source: "metrics",
      condition: {
        kind: "used",
        left: "node_filesystem_avail_bytes",
        whole: "node_filesystem_size_bytes",
        except: MEMORY_FILE_SYSTEMS,
        percent: 95,
      },
      holdsMinutes: 0,
      about: "mountpoint",
      severity: "high",
      runbook: "a-disk-fills",
      control: "MON-02",
      guides: ["ops-guide:auditfail"],
    },
    {
      id: "MEMORY_SHORT",
      summary: `Of the memory of the host {host}, more than ${String(memoryPercent)} percent are in use`,
      source: "metrics",
      condition: { kind: "used", left: "node_memory_MemAvailable_bytes", whole: "node_memory_MemTotal_bytes", percent: memoryPercent },
      holdsMinutes: 15,
      severity: "medium",
      runbook: "memory-is-short",
      control: "MON-02",
      guides: ["ops-guide:check"],
    },
    ...SERVED_ALERTS,
    {
      id: "MONITORING_FAILS",
      summary: "The vault cannot ask {what} for its metrics",
      source: "monitoring",
      condition: { kind: "equal", metric: "up", threshold: 0 },
      holdsMinutes: 1,
      about: "job",
      severity: "high",
      runbook: "the-monitoring-fails",
      control: "MON-02",
      guides: [],
    },
    {
      // By whichever way still works.
      id: "ALERTS_NOT_DELIVERED",
      summary: "Alerts could not be delivered by {what}; they are tried again",
      source: "monitoring",
      condition: { kind: "rose", metric: "alertmanager_notifications_failed_total", minutes: 60, threshold: 0 },
      holdsMinutes: 0,
      about: "integration",
      severity: "high",
      runbook: "alerts-are-not-delivered",
      control: "BKP-10",
      guides: [],
    },
    ...ISOLATION_ALERTS,
    ...INCIDENT_ALERTS,
    ...EVENT_ALERTS,
  ];
}
