/**
 * Two ordinary days of a clinic, a Monday with a deploy and a restart and the day after it, as series of metrics: what `promtool test
 * rules` finds no alert in. The events are those that the detectors count of the same days (components/host/tests/detectors/clinic.py).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HEARTBEAT } from "../../components/monitoring/alerts/matrix";

const COUNTED = join(__dirname, "../../components/host/tests/detectors/clinic.json");
const [HOUR, DAYS, GIB] = [60, 2, 1_073_741_824];
const MINUTES = DAYS * 24 * HOUR;
const RESTART = 22.5 * HOUR;

/** The value of a metric at a minute of the two days, which begin at the second 0; undefined: nothing came. */
type Course = (minute: number) => number | undefined;
type Series = readonly [metric: string, labels: Readonly<Record<string, string>>, course: Course];

const clock = (minute: number): number => minute % (24 * HOUR);
const between = (minute: number, from: number, hours: number): boolean =>
  clock(minute) >= from * HOUR && clock(minute) < (from + hours) * HOUR;
/** When something was last, that is due each day at an hour and takes so many minutes. */
const daily =
  (hour: number, takes: number): Course =>
  (minute) =>
    60 * (Math.floor((minute - hour * HOUR - takes) / (24 * HOUR)) * 24 * HOUR + hour * HOUR + takes);
const always =
  (value: number): Course =>
  () =>
    value;
const within =
  (from: number, hours: number, then: number, else_: number): Course =>
  (minute) =>
    between(minute, from, hours) ? then : else_;

/** All that a host sends, and the monitoring itself; in values as hosts have them, near to what an alert is for. */
const QUIET: readonly Series[] = [
  // The last that came before 90 seconds without any.
  ["push_time_seconds", {}, (minute) => 60 * (minute === RESTART + 1 ? minute - 1 : minute)],
  ["phiward_backup_last_success_timestamp_seconds", { backup: "local" }, daily(1.5, 20)],
  ["phiward_backup_last_success_timestamp_seconds", { backup: "vault" }, (minute) => daily(1.5, minute > 24 * HOUR ? 70 : 15)(minute)],
  ["phiward_checks_last_run_timestamp_seconds", {}, daily(4, 5)],
  // An update comes out each day, is listed in the evening and installed the next morning; the look at 20:50 has seen it.
  ["phiward_updates_pending", { kind: "security" }, (minute) => (between(minute, 6.5, 12) ? 0 : 2)],
  ["phiward_updates_pending", { kind: "other" }, always(7)],
  [
    "phiward_vulnerability_update_since_timestamp_seconds",
    { where: "host", severity: "high" },
    (minute) => (minute < 20.9 * HOUR ? -11_400 : minute < 44.9 * HOUR ? 60 * 20.85 * HOUR : undefined),
  ],
  ["phiward_vulnerability_update_since_timestamp_seconds", { where: "host", severity: "low" }, always(-5 * 86_400)],
  ["phiward_reboot_required", {}, (minute) => (minute > 6.5 * HOUR && minute < RESTART ? 1 : 0)],
  ["phiward_lynis_index_dropped", {}, always(2)],
  // A certificate for six weeks, renewed ten days before its end.
  ["phiward_certificate_expires_timestamp_seconds", { site: "api.example.org" }, (minute) => (minute < 24.5 * HOUR ? 10 : 42) * 86_400],
  ["phiward_undeclared", { kind: "listener" }, always(0)],
  ["phiward_undeclared", { kind: "job of cron" }, always(0)],
  // While the deploy replaces a container, what asks for it fails, and while the host starts.
  [
    "phiward_unit_failed",
    { unit: "phiward-job-report.service" },
    (minute) => (minute >= 14 * HOUR && minute < 14 * HOUR + 3 ? 1 : undefined),
  ],
  [
    "phiward_check_failing",
    { check: "container-api-healthy", control: "SVC-01" },
    (minute) => (minute >= RESTART + 2 && minute < RESTART + 5 ? 1 : undefined),
  ],
  ["phiward_exporter_up", { exporter: "node" }, always(1)],
  ["node_filesystem_size_bytes", { mountpoint: "/", fstype: "ext4" }, always(100 * GIB)],
  // The backup has its copies of databases beside the data for as long as it runs; a deploy brings an image.
  [
    "node_filesystem_avail_bytes",
    { mountpoint: "/", fstype: "ext4" },
    (minute) => (between(minute, 1.5, 0.3) ? 21 : between(minute, 14, 0.05) ? 18 : 30) * GIB,
  ],
  ["node_filesystem_size_bytes", { mountpoint: "/run", fstype: "tmpfs" }, always(GIB)],
  ["node_filesystem_avail_bytes", { mountpoint: "/run", fstype: "tmpfs" }, within(14, 1, GIB / 50, GIB)],
  ["node_memory_MemTotal_bytes", {}, always(4 * GIB)],
  ["node_memory_MemAvailable_bytes", {}, (minute) => (between(minute, 14, 0.2) ? 0.3 : between(minute, 7, 11) ? 0.9 : 2) * GIB],
  // A deploy replaces them, and the host's restart; a report takes what it needs, and a client's reload many connections at once.
  ...[
    ["db", "postgres"],
    ["cache", "redis"],
  ].map(
    ([database = "", kind = ""]): Series => [
      "phiward_database_up",
      { database, kind },
      (minute) => ((minute >= 14 * HOUR && minute < 14 * HOUR + 3) || (minute >= RESTART + 2 && minute < RESTART + 5) ? 0 : 1),
    ],
  ),
  ["phiward_postgres_connections_limit", { database: "db" }, always(94)],
  ["phiward_postgres_connections_free", { database: "db" }, (minute) => (between(minute, 9, 0.07) ? 10 : 70)],
  ["phiward_postgres_oldest_transaction_seconds", { database: "db" }, (minute) => (between(minute, 18, 0.2) ? 300 : 1)],
  ["phiward_redis_memory_limit_bytes", { database: "cache", profile: "sessions" }, always(160 << 20)],
  ["phiward_redis_memory_free_bytes", { database: "cache", profile: "sessions" }, within(8, 10, 60 << 20, 150 << 20)],
  ["phiward_redis_evicted_total", { database: "cache", profile: "sessions" }, (minute) => (minute < RESTART ? 4 : 0)],
  ["phiward_redis_write_failing", { database: "cache", profile: "sessions" }, always(0)],
  ["phiward_nginx_up", {}, always(1)],
  ["phiward_nginx_connections_dropped_total", {}, always(0)],
  ["up", { job: "prometheus" }, always(1)],
  ["up", { job: "pushgateway" }, always(1)],
  ["alertmanager_notifications_failed_total", { integration: "webhook" }, always(3)],
  ...Object.entries(JSON.parse(readFileSync(COUNTED, "utf8")) as Readonly<Record<string, readonly (readonly [number, number])[]>>).map(
    ([event, rises]): Series => [
      "phiward_events_total",
      { event },
      (minute) => rises.reduce((sum, [at, by]) => sum + (at <= minute ? by : 0), 0),
    ],
  ),
];

/** No alert in all of it; and one where a single event is added, by which one sees that the days are asked about. */
export function quietDaysTests(): readonly object[] {
  const louder = QUIET.map(([metric, labels, course]): Series => {
    const isAttack = labels["event"] === "brute-force";
    return [metric, labels, isAttack ? (minute) => (minute < 9 * HOUR ? 0 : 1) : course];
  });
  const raised = { labels: '{alertname="BRUTE_FORCE_ATTACK"}', value: 1 };
  return [test(QUIET, MINUTES - 1, []), test(louder, 9 * HOUR + 10, [raised])];
}

function test(series: readonly Series[], minute: number, found: readonly object[]): object {
  const fired = `ALERTS{alertstate="firing",alertname!="${HEARTBEAT}"}`;
  return {
    interval: "1m",
    input_series: series.map(([metric, labels, course]) => {
      const all = Object.entries({ instance: "web", job: "host", ...labels }).map(([name, text]) => `${name}=${JSON.stringify(text)}`);
      return { series: `${metric}{${all.join(",")}}`, values: valuesOf(course) };
    }),
    promql_expr_test: [
      {
        eval_time: `${String(minute)}m`,
        expr: `count by (alertname) (count_over_time(${fired}[${String(minute)}m]))`,
        exp_samples: found,
      },
    ],
  };
}

/** As promtool has them: `_` for nothing, and a value that stays the same with how many times more it comes. */
function valuesOf(course: Course): string {
  const runs: { text: string; more: number }[] = [];
  for (let minute = 0; minute < MINUTES; minute += 1) {
    const text = course(minute)?.toString() ?? "stale";
    const last = runs.at(-1);
    if (last?.text === text && text !== "stale") last.more += 1;
    else if (!(last?.text === "stale" && text === "stale")) runs.push({ text, more: 0 });
    else last.more += 1;
  }
  return runs
    .map(({ text, more }) =>
      text === "stale" ? ["stale", ...(more > 0 ? [`_x${String(more)}`] : [])].join(" ") : `${text}x${String(more)}`,
    )
    .join(" ");
}
