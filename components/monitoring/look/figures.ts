/** What is shown of each host at one look: the guide's morning check in numbers. */
import { MEMORY_FILE_SYSTEMS } from "../alerts/matrix";
import type { MetricName } from "./metrics";

/** How a figure is read: a number, a share, a moment before or after now (seconds since 1970), or whether. */
export type FigureForm = "count" | "percent" | "since" | "until" | "flag";

/** One number of each host. */
export interface Figure {
  readonly name: string;
  /** Head of its column. */
  readonly title: string;
  /** The same in a line of a terminal. */
  readonly short: string;
  /** A question in Prometheus' language whose answer has the label `instance`. */
  readonly query: string;
  readonly form: FigureForm;
  /** The alerts by which it is known to be wrong: no screen has a threshold of its own. */
  readonly alerts: readonly string[];
}

const EVENTS: MetricName = "phiward_events_total";
// Of what the host itself sends: what the vault counts of its record comes as a job of its own.
const HEARD = `${metric("push_time_seconds")}{job="host"}`;
const LEFT: MetricName = "node_filesystem_avail_bytes";
const SIZE: MetricName = "node_filesystem_size_bytes";
const NO_MEMORY_FILE_SYSTEM = `fstype!~"${MEMORY_FILE_SYSTEMS.fstype.join("|")}"`;

/** Percent of each file system that are in use; those in memory do not count. */
export const DISK_PERCENT = `100 * (1 - ${LEFT}{${NO_MEMORY_FILE_SYSTEM}} / ${SIZE}{${NO_MEMORY_FILE_SYSTEM}})`;
/** Percent of the memory that are in use. */
export const MEMORY_PERCENT = percentUsed("node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes");
/** Percent of the connections of each PostgreSQL that are in use. */
export const CONNECTIONS_PERCENT = percentUsed("phiward_postgres_connections_free", "phiward_postgres_connections_limit");
/** Percent of the memory of each Redis that are in use. */
export const REDIS_PERCENT = percentUsed("phiward_redis_memory_free_bytes", "phiward_redis_memory_limit_bytes");
/** Events of a kind on each host within 24 hours. */
export function eventsOfDay(event: string): string {
  return `sum by (instance) (increase(${EVENTS}{event="${event}"}[24h]))`;
}

/** All of them, in the order in which they are looked at. */
export const FIGURES: readonly Figure[] = [
  { name: "heard", title: "Last heard", short: "heard", query: `max by (instance) (${HEARD})`, form: "since", alerts: ["HOST_SILENT"] },
  {
    name: "isolated",
    title: "Isolated",
    short: "isolated",
    query: each("max", "phiward_isolated"),
    form: "flag",
    alerts: ["HOST_ISOLATED", "HOST_ISOLATED_LONG"],
  },
  {
    name: "keptOut",
    title: "People, keys and networks kept out",
    short: "kept out",
    query: each("sum", "phiward_kept_out"),
    form: "count",
    alerts: [],
  },
  {
    name: "logins",
    title: "Failed logins in 24 h",
    short: "failed logins",
    query: eventsOfDay("login-failed"),
    form: "count",
    alerts: ["BRUTE_FORCE_ATTACK", "FAILED_LOGINS", "FAILED_LOGINS_MANY"],
  },
  {
    name: "impossible",
    title: "SSH logins that cannot succeed in 24 h",
    short: "impossible logins",
    query: eventsOfDay("login-impossible"),
    form: "count",
    alerts: ["LOGINS_IMPOSSIBLE"],
  },
  {
    name: "backup",
    title: "Oldest last backup",
    short: "backup",
    query: each("min", "phiward_backup_last_success_timestamp_seconds"),
    form: "since",
    alerts: ["BACKUP_LATE", "BACKUP_MISSING"],
  },
  {
    name: "disk",
    title: "Fullest disk",
    short: "disk",
    query: `max by (instance) (${DISK_PERCENT})`,
    form: "percent",
    alerts: ["DISK_FILLS", "DISK_FULL"],
  },
  {
    name: "memory",
    title: "Memory",
    short: "memory",
    query: `max by (instance) (${MEMORY_PERCENT})`,
    form: "percent",
    alerts: ["MEMORY_SHORT"],
  },
  {
    name: "databases",
    title: "Databases that do not answer",
    short: "databases down",
    query: `sum by (instance) (1 - ${metric("phiward_database_up")})`,
    form: "count",
    alerts: ["DATABASE_DOWN", "REDIS_DOWN", "LONG_TRANSACTION", "REDIS_NOT_WRITTEN", "REDIS_EVICTS"],
  },
  {
    name: "connections",
    title: "Fullest PostgreSQL",
    short: "connections",
    query: `max by (instance) (${CONNECTIONS_PERCENT})`,
    form: "percent",
    alerts: ["DATABASE_CONNECTIONS"],
  },
  {
    name: "redis",
    title: "Fullest Redis",
    short: "redis",
    query: `max by (instance) (${REDIS_PERCENT})`,
    form: "percent",
    alerts: ["REDIS_MEMORY"],
  },
  {
    name: "certificate",
    title: "Next certificate ends",
    short: "certificate",
    query: each("min", "phiward_certificate_expires_timestamp_seconds"),
    form: "until",
    alerts: ["CERTIFICATE_ENDS"],
  },
  {
    name: "checks",
    title: "Failing checks",
    short: "failing checks",
    query: ofHeard("phiward_check_failing"),
    form: "count",
    alerts: ["CHECK_FAILS", "CHECKS_OLD", "AUDIT_LOG_FAILURE"],
  },
  {
    name: "units",
    title: "Failed units",
    short: "failed units",
    query: ofHeard("phiward_unit_failed"),
    form: "count",
    alerts: ["UNIT_FAILED", "AUDIT_LOG_FAILURE"],
  },
  {
    name: "undeclared",
    title: "Undeclared",
    short: "undeclared",
    query: each("sum", "phiward_undeclared"),
    form: "count",
    alerts: ["UNDECLARED_PORT", "UNDECLARED_CHANGE"],
  },
  {
    name: "updates",
    title: "Security updates",
    short: "updates",
    query: `sum by (instance) (${metric("phiward_updates_pending")}{kind="security"})`,
    form: "count",
    alerts: ["PATCHES_PENDING"],
  },
  {
    name: "restart",
    title: "Restart pending",
    short: "restart pending",
    query: each("max", "phiward_reboot_required"),
    form: "flag",
    alerts: ["REBOOT_PENDING"],
  },
];

/** Messages that did not get through within an hour, by the way that they were to go; Alertmanager goes on trying. */
export const UNDELIVERED = `sum by (integration) (increase(${metric("alertmanager_notifications_failed_total")}[1h]))`;

function metric(name: MetricName): MetricName {
  return name;
}

function each(how: "max" | "min" | "sum", name: MetricName): string {
  return `${how} by (instance) (${name})`;
}

// What fails has a series, and what does not has none: of a host that is heard that is none at all.
function ofHeard(name: MetricName): string {
  return `sum by (instance) (${name}) or (0 * max by (instance) (${HEARD}))`;
}

function percentUsed(left: MetricName, whole: MetricName): string {
  return `100 * (1 - ${left} / ${whole})`;
}
