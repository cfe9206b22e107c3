/** When each alert is raised and when not, by series of metrics: what `promtool test rules` asks of the rules. */
import type { Severity } from "../../components/monitoring/alerts/severity";

/** An alert, the series that raise it, and the minutes at which it is not raised yet, and is. */
export interface RuleCase {
  readonly alert: string;
  readonly severity: Severity;
  /** Series of the host web, by metric and labels, with their values, one a minute, as promtool has them. */
  readonly series: readonly (readonly [metric: string, labels: Readonly<Record<string, string>>, values: string])[];
  readonly quiet: number;
  readonly raised: number;
  /** Labels that it has besides. */
  readonly labels: Readonly<Record<string, string>>;
  /** What it says. */
  readonly summary: string;
}

const HOUR = 60;
const GIB = 1_073_741_824;
const size = (labels: Readonly<Record<string, string>>) => ["node_filesystem_size_bytes", labels, `${String(GIB)}x30`] as const;
const backup = "phiward_backup_last_success_timestamp_seconds";

/** Every alert that is raised, at its threshold: one before it, one behind. */
export const RULE_CASES: readonly RuleCase[] = [
  {
    alert: "HOST_SILENT",
    severity: "critical",
    series: [["push_time_seconds", {}, "0+60x3 180x10"]],
    quiet: 5,
    raised: 6,
    labels: {},
    summary: "The host web has sent no metrics for two minutes",
  },
  {
    alert: "AUDIT_LOG_FAILURE",
    severity: "critical",
    series: [["phiward_check_failing", { check: "audit-rules", control: "IDS-13" }, "0x5 1x5"]],
    quiet: 5,
    raised: 6,
    labels: { check: "audit-rules", control: "IDS-13" },
    summary: "What is to be on record of the host web may not be",
  },
  {
    alert: "AUDIT_LOG_FAILURE",
    severity: "critical",
    series: [["phiward_unit_failed", { unit: "auditd.service" }, "0x5 1x5"]],
    quiet: 5,
    raised: 6,
    labels: { unit: "auditd.service" },
    summary: "What is to be on record of the host web may not be",
  },
  {
    alert: "UNDECLARED_PORT",
    severity: "high",
    series: [["phiward_undeclared", { kind: "listener" }, "0x5 1x5"]],
    quiet: 5,
    raised: 6,
    labels: { kind: "listener" },
    summary: "On the host web something listens that nobody declared",
  },
  {
    alert: "UNDECLARED_CHANGE",
    severity: "high",
    series: [["phiward_undeclared", { kind: "job of cron" }, "0x5 1x5"]],
    quiet: 5,
    raised: 6,
    labels: { kind: "job of cron" },
    summary: "On the host web there is something that nobody declared: job of cron",
  },
  {
    alert: "BACKUP_LATE",
    severity: "medium",
    series: [[backup, { backup: "local" }, `0x${String(30 * HOUR)}`]],
    quiet: 26 * HOUR,
    raised: 26 * HOUR + 2,
    labels: { backup: "local" },
    summary: "The newest backup local of the host web is older than 24 hours",
  },
  {
    alert: "BACKUP_MISSING",
    severity: "high",
    series: [[backup, { backup: "local" }, `0x${String(50 * HOUR)}`]],
    quiet: 48 * HOUR,
    raised: 48 * HOUR + 1,
    labels: { backup: "local" },
    summary: "The newest backup local of the host web is older than 48 hours",
  },
  {
    alert: "PATCHES_PENDING",
    severity: "low",
    series: [["phiward_updates_pending", { kind: "security" }, `1x${String(30 * HOUR)}`]],
    quiet: 25 * HOUR,
    raised: 26 * HOUR + 1,
    labels: { kind: "security" },
    summary: "The host web has security updates that are not installed",
  },
  {
    alert: "REBOOT_PENDING",
    severity: "low",
    series: [["phiward_reboot_required", {}, `1x${String(50 * HOUR)}`]],
    quiet: 47 * HOUR,
    raised: 48 * HOUR + 1,
    labels: {},
    summary: "The host web runs what an update has replaced, until it is restarted",
  },
  {
    alert: "CERTIFICATE_ENDS",
    severity: "high",
    series: [["phiward_certificate_expires_timestamp_seconds", { site: "api.example.org" }, `${String(7 * 86_400 + 300)}x30`]],
    quiet: 5,
    raised: 6,
    labels: { site: "api.example.org" },
    summary: "The certificate of api.example.org on the host web ends in less than 7 days",
  },
  {
    alert: "UNIT_FAILED",
    severity: "medium",
    series: [["phiward_unit_failed", { unit: "nginx.service" }, "1x20"]],
    quiet: 4,
    raised: 5,
    labels: { unit: "nginx.service" },
    summary: "On the host web nginx.service has failed",
  },
  {
    alert: "CHECK_FAILS",
    severity: "medium",
    series: [["phiward_check_failing", { check: "ssh-no-root-login", control: "SSH-03" }, "1x20"]],
    quiet: 4,
    raised: 5,
    labels: { check: "ssh-no-root-login", control: "SSH-03" },
    summary: "The host web is not as declared: its check ssh-no-root-login fails",
  },
  {
    alert: "CHECKS_OLD",
    severity: "medium",
    series: [["phiward_checks_last_run_timestamp_seconds", {}, `0x${String(50 * HOUR)}`]],
    quiet: 48 * HOUR,
    raised: 48 * HOUR + 1,
    labels: {},
    summary: "The checks of the host web were last asked more than 48 hours ago",
  },
  {
    alert: "DISK_FILLS",
    severity: "medium",
    series: [
      size({ mountpoint: "/", fstype: "ext4" }),
      ["node_filesystem_avail_bytes", { mountpoint: "/", fstype: "ext4" }, `${String(GIB / 4)}x5 ${String(GIB / 8)}x20`],
    ],
    quiet: 10,
    raised: 11,
    labels: { mountpoint: "/", fstype: "ext4" },
    summary: "Of the file system / on the host web, 80 percent are in use",
  },
  {
    alert: "DISK_FULL",
    severity: "high",
    series: [
      size({ mountpoint: "/", fstype: "ext4" }),
      ["node_filesystem_avail_bytes", { mountpoint: "/", fstype: "ext4" }, `${String(GIB / 8)}x5 ${String(GIB / 32)}x20`],
    ],
    quiet: 5,
    raised: 6,
    labels: { mountpoint: "/", fstype: "ext4" },
    summary: "Of the file system / on the host web, 95 percent are in use",
  },
  {
    alert: "MEMORY_SHORT",
    severity: "medium",
    series: [
      ["node_memory_MemTotal_bytes", {}, `${String(GIB)}x30`],
      ["node_memory_MemAvailable_bytes", {}, `${String(GIB / 2)}x5 ${String(GIB / 16)}x30`],
    ],
    quiet: 20,
    raised: 21,
    labels: {},
    summary: "Of the memory of the host web, 90 percent are in use",
  },
  {
    alert: "MONITORING_FAILS",
    severity: "high",
    series: [["up", {}, "1x5 0x10"]],
    quiet: 6,
    raised: 7,
    labels: {},
    summary: "The vault cannot ask host for its metrics",
  },
  {
    alert: "ALERTS_NOT_DELIVERED",
    severity: "high",
    series: [["alertmanager_notifications_failed_total", { integration: "webhook" }, "0x5 1x10"]],
    quiet: 5,
    raised: 6,
    labels: { integration: "webhook" },
    summary: "Alerts could not be delivered by webhook; they are tried again",
  },
];
