/** What databases are configured by: files that their containers see read-only. */
/** A file of a database's configuration. */
export interface ServiceFile {
  readonly name: string;
  readonly text: string;
}

/** The configuration of a database of this kind with this much memory. */
export function configurationFiles(kind: "postgres" | "redis", memoryMegabytes: number): readonly ServiceFile[] {
  const texts =
    kind === "postgres"
      ? { "pg_hba.conf": PG_HBA, "postgresql.conf": postgresql(memoryMegabytes) }
      : { "redis.conf": redis(memoryMegabytes), "users.acl": REDIS_BASE_USERS };
  return Object.entries(texts).map(([name, text]) => ({ name, text }));
}

/** The PostgreSQL that this is written for: its data can be read by no other. */
export const POSTGRES_MAJOR = "17";

/** What the running PostgreSQL must say of itself: setting to value as SHOW prints it. */
export const POSTGRES_SETTINGS = {
  archive_mode: "off",
  data_checksums: "on",
  fsync: "on",
  full_page_writes: "on",
  hba_file: "/etc/phiward/pg_hba.conf",
  idle_in_transaction_session_timeout: "1min",
  idle_session_timeout: "1h",
  log_connections: "on",
  log_disconnections: "on",
  log_error_verbosity: "terse",
  log_min_duration_statement: "-1",
  log_min_error_statement: "panic",
  log_parameter_max_length: "0",
  log_parameter_max_length_on_error: "0",
  log_statement: "none",
  password_encryption: "scram-sha-256",
  statement_timeout: "5min",
  synchronous_commit: "on",
} as const;

// The superuser comes over the socket alone, by being the account that owns the server; services by password, from their own
// internal network alone. TLS between them would end in the same host's memory: the network that nothing else is in stands
// for it (164.312(e)(1)). What matches no line is refused.
const PG_HBA = `local all postgres peer
host all postgres all reject
host all all samenet scram-sha-256
host all all all reject
`;

// Statements, parameters and details of errors hold patients' data: none of them reaches a log.
function postgresql(memoryMegabytes: number): string {
  const part = (share: number, least: number): string => `${String(Math.max(least, Math.floor(memoryMegabytes * share)))}MB`;
  const declared = Object.entries(POSTGRES_SETTINGS).filter(([name]) => name !== "data_checksums");
  return [
    "listen_addresses = '*'",
    "unix_socket_directories = '/run/postgresql'",
    "max_connections = 100",
    `shared_buffers = ${part(0.25, 16)}`,
    `effective_cache_size = ${part(0.5, 16)}`,
    `maintenance_work_mem = ${part(0.06, 4)}`,
    "max_wal_senders = 0",
    "jit = off",
    "ssl = off",
    "log_destination = 'stderr'",
    "log_line_prefix = '%m [%p] %q%u@%d %h '",
    "log_timezone = 'UTC'",
    "timezone = 'UTC'",
    ...declared.map(([name, value]) => `${name} = '${value}'`),
    "",
  ].join("\n");
}

/** Accounts of Redis that need no password: one may ask whether it is up, the other how it is set, and have the host's list of users read again. */
export const REDIS_BASE_USERS = `user default off resetpass resetkeys resetchannels -@all
user health on nopass resetkeys resetchannels -@all +ping
user phiward on nopass resetkeys resetchannels -@all +acl|load +acl|users +acl|dryrun +config|get
`;

/** What the running Redis must say of itself: setting to value as CONFIG GET prints it. */
export function redisSettings(memoryMegabytes: number): Readonly<Record<string, string>> {
  return {
    appendfsync: "always",
    appendonly: "yes",
    maxmemory: String(Math.max(8, Math.floor(memoryMegabytes * 0.6)) * 1024 * 1024),
    // What has no end to its life is never thrown away; sessions and caches have one.
    "maxmemory-policy": "volatile-lru",
    "protected-mode": "yes",
    "slowlog-log-slower-than": "-1",
  };
}

// The slow log keeps arguments of commands, and so patients' data: it is off.
function redis(memoryMegabytes: number): string {
  return [
    "bind 0.0.0.0",
    "port 6379",
    "aclfile /acl/users.acl",
    "dir /data",
    'save ""',
    // Within the limit of open files that Docker gives.
    "maxclients 10000",
    "enable-protected-configs no",
    "enable-debug-command no",
    "enable-module-command no",
    'logfile ""',
    ...Object.entries(redisSettings(memoryMegabytes)).map(([name, value]) => `${name} ${value}`),
    "",
  ].join("\n");
}
