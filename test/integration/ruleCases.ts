/** When each alert is raised and when not, by series of metrics: what `promtool test rules` asks of the rules. */
import type { Severity } from "../../components/config/severity";

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
const mended = "phiward_vulnerability_update_since_timestamp_seconds";
const aged = "phiward_secret_made_timestamp_seconds";
const backup = "phiward_backup_last_success_timestamp_seconds";

const database = "db";
/** One series of a database, over minutes. */
const of = (metric: string, values: string, more: Readonly<Record<string, string>> = {}) =>
  [metric, { database, ...more }, values] as const;
const sessions = { profile: "sessions" };

/** Alerts on clocks of incidents: their moments are in seconds since the first minute. */
const INCIDENT_CASES: readonly RuleCase[] = (
  [
    [
      "INCIDENT_CLOCK",
      "high",
      "warns",
      "A clock of an incident has little time left: 3 authority; npx phiward incident status says what stops it",
    ],
    ["INCIDENT_OVERDUE", "critical", "ends", "The time of a clock of an incident is over: 3 authority"],
  ] as const
).map(([alert, severity, moment, summary]) => ({
  ...{ alert, severity, summary, quiet: 5, raised: 6, labels: { clock: "3 authority" } },
  series: [[`phiward_incident_clock_${moment}_timestamp_seconds`, { clock: "3 authority" }, "300x20"]],
}));

/** Alerts on hosts that are isolated. */
const ISOLATION_CASES: readonly RuleCase[] = [
  {
    ...{ alert: "HOST_ISOLATED", severity: "medium", series: [["phiward_isolated", {}, "0x5 1x10"]], quiet: 5, raised: 6, labels: {} },
    summary: "The host web is isolated: it serves nobody, and alerts that only follow from that are kept back",
  },
  {
    ...{ alert: "HOST_ISOLATED_LONG", severity: "high", quiet: 24 * HOUR + 5, raised: 24 * HOUR + 6, labels: {} },
    series: [["phiward_isolated_since_timestamp_seconds", {}, `300x${String(25 * HOUR)}`]],
    summary: "The host web is isolated for more than 24 hours, without a backup and without updates meanwhile",
  },
];

/** Alerts on databases and the web server. */
const SERVED_CASES: readonly RuleCase[] = [
  {
    ...{
      alert: "DATABASE_DOWN",
      severity: "high",
      series: [of("phiward_database_up", "1x5 0x10", { kind: "postgres" })],
      quiet: 9,
      raised: 11,
    },
    ...{ labels: { database, kind: "postgres" }, summary: "The PostgreSQL db on the host web does not say how it is" },
  },
  {
    ...{ alert: "REDIS_DOWN", severity: "high", series: [of("phiward_database_up", "1x5 0x10", { kind: "redis" })], quiet: 9, raised: 11 },
    ...{ labels: { database, kind: "redis" }, summary: "The Redis db on the host web does not say how it is" },
  },
  {
    ...{ alert: "NGINX_DOWN", severity: "high", series: [["phiward_nginx_up", {}, "1x5 0x10"]], quiet: 9, raised: 11 },
    ...{ labels: {}, summary: "The web server of the host web does not say how it is" },
  },
  {
    ...{ alert: "DATABASE_CONNECTIONS", severity: "medium", quiet: 10, raised: 12, labels: { database } },
    series: [of("phiward_postgres_connections_limit", "100x20"), of("phiward_postgres_connections_free", "20x5 19x14")],
    summary: "Of the connections that the PostgreSQL db on the host web allows, more than 80 percent are in use",
  },
  {
    ...{ alert: "LONG_TRANSACTION", severity: "medium", quiet: 5, raised: 6, labels: { database } },
    series: [of("phiward_postgres_oldest_transaction_seconds", "900x5 901x5")],
    summary: "In the PostgreSQL db on the host web, a transaction is open for more than 15 minutes",
  },
  {
    ...{ alert: "REDIS_MEMORY", severity: "medium", quiet: 10, raised: 12, labels: { database, ...sessions } },
    series: [
      of("phiward_redis_memory_limit_bytes", "100x20", sessions),
      of("phiward_redis_memory_free_bytes", "20x5 19x14", sessions),
      // A cache is full when it does its work.
      of("phiward_redis_memory_limit_bytes", "100x20", { profile: "cache" }),
      of("phiward_redis_memory_free_bytes", "0x20", { profile: "cache" }),
    ],
    summary: "Of the memory that the Redis db on the host web may use, more than 80 percent are in use",
  },
  {
    ...{ alert: "REDIS_EVICTS", severity: "high", quiet: 5, raised: 7, labels: { database, ...sessions } },
    series: [of("phiward_redis_evicted_total", "3x5 5x5", sessions), of("phiward_redis_evicted_total", "0+9x10", { profile: "cache" })],
    summary: "The Redis db on the host web has thrown data away, for want of memory",
  },
  {
    ...{ alert: "REDIS_NOT_WRITTEN", severity: "high", quiet: 6, raised: 8, labels: { database, ...sessions } },
    series: [of("phiward_redis_write_failing", "0x5 1x9", sessions)],
    summary: "The Redis db on the host web cannot write what it acknowledged to its disk",
  },
  {
    ...{ alert: "NGINX_DROPS", severity: "medium", quiet: 5, raised: 7, labels: {} },
    series: [["phiward_nginx_connections_dropped_total", {}, "2x5 3x5"]],
    summary: "The web server of the host web has dropped connections, for it has no place for more",
  },
];

/** Every alert that is raised, at its threshold: one before it, one behind. */
export const RULE_CASES: readonly RuleCase[] = [
  ...SERVED_CASES,
  ...ISOLATION_CASES,
  ...INCIDENT_CASES,
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
    alert: "VULNERABILITY_GRAVE",
    severity: "high",
    series: [[mended, { where: "registry.example/api:1", severity: "high" }, `0x${String(28 * HOUR)}`]],
    quiet: 26 * HOUR,
    raised: 26 * HOUR + 1,
    labels: { where: "registry.example/api:1", severity: "high" },
    summary: "On the host web an update that mends a grave vulnerability waits for more than a day: registry.example/api:1",
  },
  {
    alert: "VULNERABILITY_WAITS",
    severity: "low",
    series: [[mended, { where: "host", severity: "unknown" }, `0x${String(172 * HOUR)}`]],
    quiet: 170 * HOUR,
    raised: 170 * HOUR + 1,
    labels: { where: "host" },
    summary: "On the host web a security update waits for more than 7 days: host",
  },
  {
    alert: "SECRET_OVERDUE",
    severity: "medium",
    series: [
      [aged, { kind: "password", secret: "db-api" }, `${String(HOUR * 60 - 106 * 86_400)}x${String(3 * HOUR)}`],
      [aged, { kind: "key", secret: "backup" }, `${String(-4000 * 86_400)}x${String(3 * HOUR)}`],
      [aged, { kind: "brought", secret: "/etc/phiward/collector/key.pem" }, `${String(-379 * 86_400)}x${String(3 * HOUR)}`],
    ],
    quiet: 2 * HOUR,
    raised: 2 * HOUR + 1,
    labels: { kind: "password", secret: "db-api" },
    summary: "A secret on the host web was due for rotation more than 14 days ago: db-api",
  },
  {
    alert: "SETTINGS_WEAKER",
    severity: "low",
    series: [["phiward_lynis_index_dropped", {}, "5x5 6x5"]],
    quiet: 5,
    raised: 6,
    labels: {},
    summary: "On the host web the index of lynis fell by more than 5 points within a week",
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
    summary: "Of the file system / on the host web, more than 80 percent are in use",
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
    summary: "Of the file system / on the host web, more than 95 percent are in use",
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
    summary: "Of the memory of the host web, more than 90 percent are in use",
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
  {
    alert: "AUDIT_LOG_FAILURE",
    severity: "critical",
    series: [["phiward_events_total", { event: "record-lost" }, "0x5 1x10"]],
    quiet: 5,
    raised: 6,
    labels: {},
    summary: "What is to be on record of the host web may not be",
  },
  {
    alert: "BRUTE_FORCE_ATTACK",
    severity: "critical",
    series: [["phiward_events_total", { event: "brute-force" }, "0x5 1x10"]],
    quiet: 5,
    raised: 6,
    labels: {},
    summary: "On the host web five logins of one account, or of five accounts from one address, failed within 15 minutes",
  },
  {
    alert: "FAILED_LOGINS",
    severity: "medium",
    series: [
      ["phiward_events_total", { event: "login-failed" }, "0x5 13x10"],
      ["phiward_events_total", { event: "login-mistyped" }, "0x5 1x10"],
    ],
    quiet: 5,
    raised: 6,
    labels: {},
    summary: "On the host web more than ten logins failed within an hour",
  },
  {
    alert: "FAILED_LOGINS_MANY",
    severity: "high",
    series: [
      ["phiward_events_total", { event: "login-failed" }, "0x5 53x10"],
      ["phiward_events_total", { event: "login-mistyped" }, "0x5 1x10"],
    ],
    quiet: 5,
    raised: 6,
    labels: {},
    summary: "On the host web more than fifty logins failed within an hour",
  },
  {
    alert: "LOGINS_IMPOSSIBLE",
    severity: "low",
    series: [["phiward_events_total", { event: "login-impossible" }, "0x5 2200x10"]],
    quiet: 5,
    raised: 6,
    labels: {},
    summary: "On the host web more than two thousand SSH logins that cannot succeed were tried within an hour",
  },
  {
    alert: "MULTIPLE_BACKUP_RESTORES",
    severity: "high",
    series: [["phiward_events_total", { event: "restores-repeated" }, "0x5 1x10"]],
    quiet: 5,
    raised: 6,
    labels: {},
    summary: "On the host web two backups or more were restored within an hour",
  },
  {
    alert: "UNAUTHORISED_CALLS",
    severity: "medium",
    series: [["phiward_events_total", { event: "access-denied" }, "0x5 7x10"]],
    quiet: 5,
    raised: 6,
    labels: {},
    summary: "The host web refused more than five requests for want of rights within an hour",
  },
  {
    alert: "SUSPICIOUS_ACTIVITY",
    severity: "high",
    series: [["phiward_events_total", { event: "suspicious" }, "0x5 1x10"]],
    quiet: 5,
    raised: 6,
    labels: {},
    summary: "On the host web one account or address was denied five requests within 15 minutes",
  },
  {
    alert: "ENCRYPTION_KEY_ACCESS",
    severity: "critical",
    series: [["phiward_events_total", { event: "key-read" }, "0x5 1x10"]],
    quiet: 5,
    raised: 6,
    labels: {},
    summary: "On the host web a person's login opened a key, a secret or a password",
  },
  {
    alert: "BREAK_GLASS_USED",
    severity: "high",
    series: [["phiward_events_total", { event: "break-glass" }, "0x5 1x10"]],
    quiet: 5,
    raised: 6,
    labels: {},
    summary: "The account for emergencies logged in to the host web",
  },
  {
    alert: "CONTAINER_BY_HAND",
    severity: "medium",
    series: [["phiward_events_total", { event: "container-by-hand" }, "0x5 1x10"]],
    quiet: 5,
    raised: 6,
    labels: {},
    summary: "On the host web a person started or made a container, or brought an image",
  },
  {
    alert: "WEB_SCAN",
    severity: "medium",
    series: [["phiward_events_total", { event: "web-scan" }, "0x5 1x10"]],
    quiet: 5,
    raised: 6,
    labels: {},
    summary: "On the host web one address asked for fifty paths of other programs within ten minutes, and no ban ended it",
  },
  {
    alert: "SQL_INJECTION",
    severity: "high",
    series: [["phiward_events_total", { event: "sql-injection" }, "0x5 1x10"]],
    quiet: 5,
    raised: 6,
    labels: {},
    summary: "On the host web one address sent SQL in three requests within ten minutes",
  },
  {
    alert: "PORT_SCAN",
    severity: "medium",
    series: [["phiward_events_total", { event: "port-scan" }, "0x5 1x10"]],
    quiet: 5,
    raised: 6,
    labels: {},
    summary: "On the host web one address tried ten closed ports within ten minutes",
  },
  {
    alert: "ROOT_AT_ODD_HOUR",
    severity: "medium",
    series: [["phiward_events_total", { event: "odd-hour" }, "0x5 1x10"]],
    quiet: 5,
    raised: 6,
    labels: {},
    summary: "On the host web a person used sudo at an hour of the day at which they had not used it for 90 days",
  },
  {
    alert: "SESSION_FROM_NEW_NETWORK",
    severity: "medium",
    series: [["phiward_events_total", { event: "new-network" }, "0x5 1x10"]],
    quiet: 5,
    raised: 6,
    labels: {},
    summary: "On the host web a person logged in from a network that they had not used there for 90 days",
  },
  {
    alert: "UNUSUAL_READING",
    severity: "high",
    series: [["phiward_events_total", { event: "unusual-user" }, "0x5 1x10"]],
    quiet: 5,
    raised: 6,
    labels: {},
    summary: "On the host web a user of an application did far more within an hour than is usual for that user",
  },
  {
    alert: "UNUSUAL_REQUESTS",
    severity: "medium",
    series: [["phiward_events_total", { event: "unusual-action" }, "0x5 1x10"]],
    quiet: 5,
    raised: 6,
    labels: {},
    summary: "On the host web one action of an application was asked for far more often within an hour than is usual",
  },
];
