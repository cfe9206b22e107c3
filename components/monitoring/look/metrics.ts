/** Every metric that an alert, a figure or a panel asks for, and what publishes it: a name that nobody publishes does not compile. */

/** What publishes a metric: Debian's node exporter, our own programs (`served`: of databases and the web server), or a part of the monitoring itself. */
export type Publisher = "node" | "host" | "served" | "detectors" | "pushgateway" | "prometheus" | "alertmanager";

/** The metrics by their names. */
export const METRICS = {
  node_cpu_seconds_total: "node",
  node_boot_time_seconds: "node",
  node_filesystem_avail_bytes: "node",
  node_filesystem_size_bytes: "node",
  node_memory_MemAvailable_bytes: "node",
  node_memory_MemTotal_bytes: "node",
  node_network_receive_bytes_total: "node",
  node_network_transmit_bytes_total: "node",
  phiward_backup_last_success_timestamp_seconds: "host",
  phiward_certificate_expires_timestamp_seconds: "host",
  phiward_check_failing: "host",
  phiward_checks_last_run_timestamp_seconds: "host",
  phiward_incident_clock_ends_timestamp_seconds: "host",
  phiward_incident_clock_warns_timestamp_seconds: "host",
  phiward_isolated: "host",
  phiward_isolated_since_timestamp_seconds: "host",
  phiward_kept_out: "host",
  phiward_login_sessions: "host",
  phiward_lynis_index_dropped: "host",
  phiward_database_up: "served",
  phiward_nginx_connections_active: "served",
  phiward_nginx_connections_dropped_total: "served",
  phiward_nginx_requests_total: "served",
  phiward_nginx_up: "served",
  phiward_postgres_archive_failures_total: "served",
  phiward_postgres_connections_free: "served",
  phiward_postgres_connections_limit: "served",
  phiward_postgres_deadlocks_total: "served",
  phiward_postgres_oldest_transaction_seconds: "served",
  phiward_postgres_replication_slot_retained_bytes: "served",
  phiward_postgres_size_bytes: "served",
  phiward_reboot_required: "host",
  phiward_redis_evicted_total: "served",
  phiward_redis_memory_free_bytes: "served",
  phiward_redis_memory_limit_bytes: "served",
  phiward_redis_rejected_connections_total: "served",
  phiward_redis_write_failing: "served",
  phiward_secret_made_timestamp_seconds: "host",
  phiward_undeclared: "host",
  phiward_unit_failed: "host",
  phiward_updates_pending: "host",
  phiward_vulnerability_update_since_timestamp_seconds: "host",
  phiward_events_total: "detectors",
  push_time_seconds: "pushgateway",
  ALERTS: "prometheus",
  process_start_time_seconds: "prometheus",
  up: "prometheus",
  alertmanager_notifications_failed_total: "alertmanager",
} as const satisfies Readonly<Record<string, Publisher>>;

/** The name of a metric that is published. */
export type MetricName = keyof typeof METRICS;

/** The names of metrics in an expression of Prometheus: what stands before a selector, or by itself and is no word of the language. */
export function namesIn(expression: string): readonly string[] {
  const bare = expression
    .replace(/"(?:[^"\\]|\\.)*"/g, '""')
    .replace(/\{[^}]*\}/g, "")
    .replace(/\[[^\]]*\]/g, "")
    .replace(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, "");
  const words = bare.match(/[a-zA-Z_:][a-zA-Z0-9_:]*\b(?!\s*\()/g) ?? [];
  return [...new Set(words.filter((word) => !WORDS.has(word)))];
}

const WORDS = new Set(["and", "or", "unless", "by", "without", "on", "ignoring", "bool", "offset", "sum", "max", "min", "count", "avg"]);
