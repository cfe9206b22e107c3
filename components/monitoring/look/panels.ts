/** The panels of the dashboards for Grafana: those that the operations guide asks for, and the figures of the status page over time. */
import { AUDIT_CONTROLS } from "../alerts/matrix";
import { CONNECTIONS_PERCENT, DISK_PERCENT, eventsOfDay, FIGURES, MEMORY_PERCENT, REDIS_PERCENT } from "./figures";
import type { MetricName } from "./metrics";

/** Grafana's words for what a number is. */
type PanelUnit = "short" | "percent" | "s" | "Bps" | "bytes" | "dateTimeFromNow";

/** One panel. */
export interface Panel {
  readonly title: string;
  /** What it says, for whoever reads it. */
  readonly about: string;
  readonly unit: PanelUnit;
  /** Numbers as they are now, or as they came about. */
  readonly shows: "now" | "over time";
  /** In Prometheus' language; `$host` is what is chosen above the panels. */
  readonly query: string;
  readonly legend: string;
  /** The operations guide's own words, where it asks for it. */
  readonly guide?: string;
}

const HOST = `instance=~"$host"`;
// A backup that is no older when the next one begins: a day, and two hours for its end.
const IN_TIME_SECONDS = 26 * 3600;

/** All of them, in their order; the guide's first. */
export const PANELS: readonly Panel[] = [
  {
    ...{ title: "Failed logins in 24 hours", unit: "short", shows: "now", guide: "Failed login attempts (last 24 hours)" },
    ...{ about: "At hosts, sites and applications, from the record", query: chosen(eventsOfDay("login-failed")), legend: "{{instance}}" },
  },
  {
    ...{ title: "Backups in time, of 7 days", unit: "percent", shows: "now", guide: "Backup success rate" },
    about: "Percent of the hours of a week in which the newest backup was at most a day and two hours old",
    query: `100 * avg_over_time((time() - ${of("phiward_backup_last_success_timestamp_seconds")} < bool ${String(IN_TIME_SECONDS)})[7d:1h])`,
    legend: "{{instance}} {{backup}}",
  },
  {
    ...{ title: "Failures of the audit record", unit: "short", shows: "over time", guide: "Audit log write failures" },
    about: "Checks of what records that fail, and records that were lost within 24 hours",
    query: `sum by (instance) (${of("phiward_check_failing", `control=~"${AUDIT_CONTROLS.join("|")}"`)}) or ${chosen(eventsOfDay("record-lost"))}`,
    legend: "{{instance}}",
  },
  {
    ...{ title: "Sessions of people", unit: "short", shows: "over time", guide: "Active sessions count" },
    ...{ about: "Logins to the host that last, as systemd-logind knows them", query: of("phiward_login_sessions"), legend: "{{instance}}" },
  },
  {
    ...{ title: "Uptime", unit: "s", shows: "now", guide: "System uptime" },
    ...{ about: "Since the host was started", query: `time() - ${of("node_boot_time_seconds")}`, legend: "{{instance}}" },
  },
  {
    ...{ title: "Alerts by severity", unit: "short", shows: "over time", guide: "Security alert count by severity" },
    about: "Those that are raised; the heartbeat, which always is, has no severity",
    query: `count by (severity) (${of("ALERTS", 'alertstate="firing",severity!=""')})`,
    legend: "{{severity}}",
  },
  {
    ...{ title: "Alerts that could not be delivered", unit: "short", shows: "over time", legend: "{{integration}}" },
    about: "Within an hour, by the way that they were to go",
    query: `sum by (integration) (increase(${metric("alertmanager_notifications_failed_total")}[1h]))`,
  },
  {
    ...{ title: "Processor", unit: "percent", shows: "over time", legend: "{{instance}}" },
    about: "In use, of all processors together",
    query: `100 * (1 - avg by (instance) (rate(${of("node_cpu_seconds_total", 'mode="idle"')}[5m])))`,
  },
  { title: "Memory", about: "In use", unit: "percent", shows: "over time", query: chosen(MEMORY_PERCENT), legend: "{{instance}}" },
  {
    ...{ title: "Disks", about: "In use", unit: "percent", shows: "over time" },
    ...{ query: chosen(DISK_PERCENT), legend: "{{instance}} {{mountpoint}}" },
  },
  {
    ...{ title: "Network", about: "What comes in and goes out", unit: "Bps", shows: "over time", legend: "{{instance}}" },
    query: `sum by (instance) (rate(${of("node_network_receive_bytes_total")}[5m]) + rate(${of("node_network_transmit_bytes_total")}[5m]))`,
  },
  {
    ...{ title: "Connections of PostgreSQL", about: "In use, of those that it allows", unit: "percent", shows: "over time" },
    ...{ query: chosen(CONNECTIONS_PERCENT), legend: "{{instance}} {{database}}" },
  },
  {
    ...{ title: "Oldest transaction", unit: "s", shows: "over time", legend: "{{instance}} {{database}}" },
    ...{ about: "Of services, in each PostgreSQL", query: of("phiward_postgres_oldest_transaction_seconds") },
  },
  {
    ...{ title: "Deadlocks and failed archiving", unit: "short", shows: "over time", legend: "{{instance}} {{database}}" },
    about: "Within an hour, in each PostgreSQL",
    query: `increase(${of("phiward_postgres_deadlocks_total")}[1h]) + increase(${of("phiward_postgres_archive_failures_total")}[1h])`,
  },
  {
    ...{ title: "Size of databases", unit: "bytes", shows: "over time", legend: "{{instance}} {{database}} {{of}}" },
    ...{ about: "By their declared names, in each PostgreSQL", query: of("phiward_postgres_size_bytes") },
  },
  {
    ...{ title: "WAL that slots keep", unit: "bytes", shows: "over time", legend: "{{instance}} {{database}}" },
    ...{ about: "For what replicates each PostgreSQL", query: of("phiward_postgres_replication_slot_retained_bytes") },
  },
  {
    ...{ title: "Memory of Redis", about: "In use, of what it may use", unit: "percent", shows: "over time" },
    ...{ query: chosen(REDIS_PERCENT), legend: "{{instance}} {{database}}" },
  },
  {
    ...{ title: "What Redis refused or threw away", unit: "short", shows: "over time", legend: "{{instance}} {{database}}" },
    about: "Connections and keys, within an hour",
    query: `increase(${of("phiward_redis_rejected_connections_total")}[1h]) + increase(${of("phiward_redis_evicted_total")}[1h])`,
  },
  {
    ...{ title: "Connections of nginx", unit: "short", shows: "over time", legend: "{{instance}}" },
    ...{ about: "That are open", query: of("phiward_nginx_connections_active") },
  },
  {
    ...{ title: "Requests", about: "A second, as nginx counts them", unit: "short", shows: "over time" },
    ...{ query: `rate(${of("phiward_nginx_requests_total")}[5m])`, legend: "{{instance}}" },
  },
  ...FIGURES.filter(({ form }) => form === "since" || form === "until" || form === "flag").map(
    ({ title, query, form }): Panel => ({
      ...{ title, about: "As on the status page", shows: "now", query: chosen(form === "flag" ? query : `1000 * (${query})`) },
      ...{ unit: form === "flag" ? "short" : "dateTimeFromNow", legend: "{{instance}}" },
    }),
  ),
  ...FIGURES.filter(({ name }) => ["checks", "units", "undeclared", "updates"].includes(name)).map(
    ({ title, query }): Panel => ({
      ...{ title, about: "As on the status page", unit: "short", shows: "over time", query: chosen(query), legend: "{{instance}}" },
    }),
  ),
];

function metric(name: MetricName): MetricName {
  return name;
}

function of(name: MetricName, labels?: string): string {
  return `${name}{${labels === undefined ? HOST : `${HOST},${labels}`}}`;
}

// Of an expression about all hosts, those that are chosen.
function chosen(query: string): string {
  return `(${query}) and on (instance) ${of("push_time_seconds")}`;
}
