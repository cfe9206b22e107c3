/** Alerts on what serves people: databases and the web server. */
import type { Alert } from "./alert";

/** Percent of the places for connections in a PostgreSQL, and of the memory of a Redis, in use. */
const MOST_PERCENT = 80;
// No statement of a service lasts longer than its limit, five minutes by default: what is open for three times that was forgotten.
const LONGEST_TRANSACTION_SECONDS = 900;
// A deploy replaces a database, and the next question comes a minute after it.
const DOWN_MINUTES = 4;
// A cache is full when it does its work.
const NO_CACHE = { profile: ["cache"] };

/** All of them, as each host measures them where it has such a thing. */
export const SERVED_ALERTS: readonly Alert[] = [
  {
    id: "DATABASE_DOWN",
    summary: "The PostgreSQL {what} on the host {host} does not say how it is",
    source: "metrics",
    condition: { kind: "equal", metric: "phiward_database_up", labels: { kind: ["postgres"] }, threshold: 0 },
    holdsMinutes: DOWN_MINUTES,
    about: "database",
    severity: "high",
    runbook: "a-database-does-not-answer",
    control: "MON-02",
    guides: ["ops-guide:check"],
  },
  {
    id: "REDIS_DOWN",
    summary: "The Redis {what} on the host {host} does not say how it is",
    source: "metrics",
    condition: { kind: "equal", metric: "phiward_database_up", labels: { kind: ["redis"] }, threshold: 0 },
    holdsMinutes: DOWN_MINUTES,
    about: "database",
    severity: "high",
    runbook: "a-database-does-not-answer",
    control: "MON-02",
    guides: ["ops-guide:check"],
  },
  {
    id: "NGINX_DOWN",
    summary: "The web server of the host {host} does not say how it is",
    source: "metrics",
    condition: { kind: "equal", metric: "phiward_nginx_up", threshold: 0 },
    holdsMinutes: DOWN_MINUTES,
    severity: "high",
    runbook: "the-web-server-drops-connections",
    control: "MON-02",
    guides: ["ops-guide:check"],
  },
  {
    id: "DATABASE_CONNECTIONS",
    summary: `Of the connections that the PostgreSQL {what} on the host {host} allows, more than ${String(MOST_PERCENT)} percent are in use`,
    source: "metrics",
    condition: {
      ...{ kind: "used", left: "phiward_postgres_connections_free", whole: "phiward_postgres_connections_limit" },
      percent: MOST_PERCENT,
    },
    holdsMinutes: 5,
    about: "database",
    severity: "medium",
    runbook: "a-database-runs-out-of-connections",
    control: "MON-02",
    guides: ["ops-guide:check"],
  },
  {
    id: "LONG_TRANSACTION",
    summary: `In the PostgreSQL {what} on the host {host}, a transaction is open for more than ${String(LONGEST_TRANSACTION_SECONDS / 60)} minutes`,
    source: "metrics",
    condition: { kind: "above", metric: "phiward_postgres_oldest_transaction_seconds", threshold: LONGEST_TRANSACTION_SECONDS },
    holdsMinutes: 0,
    about: "database",
    severity: "medium",
    runbook: "a-database-runs-out-of-connections",
    control: "MON-02",
    guides: ["ops-guide:check"],
  },
  {
    id: "REDIS_MEMORY",
    summary: `Of the memory that the Redis {what} on the host {host} may use, more than ${String(MOST_PERCENT)} percent are in use`,
    source: "metrics",
    condition: {
      ...{ kind: "used", left: "phiward_redis_memory_free_bytes", whole: "phiward_redis_memory_limit_bytes" },
      ...{ except: NO_CACHE, percent: MOST_PERCENT },
    },
    holdsMinutes: 5,
    about: "database",
    severity: "medium",
    runbook: "a-redis-is-full",
    control: "MON-02",
    guides: ["ops-guide:check"],
  },
  {
    id: "REDIS_EVICTS",
    summary: "The Redis {what} on the host {host} has thrown data away, for want of memory",
    source: "metrics",
    condition: { kind: "rose", metric: "phiward_redis_evicted_total", except: NO_CACHE, minutes: 15, threshold: 0 },
    holdsMinutes: 0,
    about: "database",
    severity: "high",
    runbook: "a-redis-is-full",
    control: "MON-02",
    guides: ["ops-guide:check"],
  },
  {
    id: "REDIS_NOT_WRITTEN",
    summary: "The Redis {what} on the host {host} cannot write what it acknowledged to its disk",
    source: "metrics",
    condition: { kind: "above", metric: "phiward_redis_write_failing", threshold: 0 },
    holdsMinutes: 1,
    about: "database",
    severity: "high",
    runbook: "a-redis-is-full",
    control: "MON-02",
    guides: ["ops-guide:check"],
  },
  {
    id: "NGINX_DROPS",
    summary: "The web server of the host {host} has dropped connections, for it has no place for more",
    source: "metrics",
    condition: { kind: "rose", metric: "phiward_nginx_connections_dropped_total", minutes: 15, threshold: 0 },
    holdsMinutes: 0,
    severity: "medium",
    runbook: "the-web-server-drops-connections",
    control: "MON-02",
    guides: ["ops-guide:check"],
  },
];
