/** The files that PostgreSQL is configured by. */
import { CONFIGURATION_IN_CONTAINER, TLS_IN_CONTAINER } from "../names";
import type { ConfigurationFile } from "../services/containerSettings";
import type { DatabaseSettings, DatabaseTuning } from "./engine";
import { tunedLines } from "./postgresTuning";

/** Name of the list of accounts that the container has in place of its image's (passwd(5)). */
export const PASSWD_FILE = "passwd";

/** The configuration of a PostgreSQL that runs as this user with this much memory. */
export function postgresFiles({
  user,
  memoryMegabytes,
  settings,
}: Pick<DatabaseSettings, "user" | "memoryMegabytes"> & DatabaseTuning): readonly ConfigurationFile[] {
  return [
    { name: PASSWD_FILE, text: `postgres:x:${String(user.uid)}:${String(user.gid)}:PostgreSQL:/var/lib/postgresql:/usr/sbin/nologin\n` },
    { name: "pg_hba.conf", text: `${POSTGRES_HBA_RULES.join("\n")}\n` },
    { name: "pg_ident.conf", text: `phiward postgres /^${MAINTENANCE_PREFIX}\n` },
    { name: "postgresql.conf", text: postgresql(memoryMegabytes, settings) },
  ];
}

/** The PostgreSQL that this is written for: its data can be read by no other. */
export const POSTGRES_MAJOR = "17";

/** What the names of maintenance logins begin with; no service's name has an underscore in it. */
export const MAINTENANCE_PREFIX = "phiward_";

/**
 * The login by which an owner's databases are backed up, restored and maintained. It is no superuser: code that an application put
 * into its database runs with the rights of whoever meets it.
 */
export function maintenanceLogin(owner: string): string {
  return `${MAINTENANCE_PREFIX}${owner}`;
}

/** What the names of people's roles begin with (phiward_host/databases/people.py); no name of a service has an underscore, and no login of one two. */
export const PERSON_PREFIX = "person__";

/** The login by which a server is asked how it is (phiward_host/databases/metrics_login.py): no owner is called so. */
export const METRICS_LOGIN = `${MAINTENANCE_PREFIX}host_metrics`;

/** What the running PostgreSQL must say of itself: setting to value as SHOW prints it. */
export const POSTGRES_SETTINGS = {
  archive_mode: "off",
  data_checksums: "on",
  fsync: "on",
  full_page_writes: "on",
  hba_file: `${CONFIGURATION_IN_CONTAINER}/pg_hba.conf`,
  ident_file: `${CONFIGURATION_IN_CONTAINER}/pg_ident.conf`,
  idle_in_transaction_session_timeout: "1min",
  idle_session_timeout: "1h",
  log_error_verbosity: "terse",
  log_min_duration_statement: "-1",
  log_min_error_statement: "panic",
  // Messages of errors and of RAISE repeat values. Refused connections are logged still: who, to which database, from where.
  log_min_messages: "fatal",
  log_parameter_max_length: "0",
  log_parameter_max_length_on_error: "0",
  log_statement: "none",
  password_encryption: "scram-sha-256",
  // Backups find a place when applications have taken all others.
  reserved_connections: "3",
  ssl: "on",
  ssl_cert_file: `${TLS_IN_CONTAINER}/server/certificate.pem`,
  ssl_key_file: `${TLS_IN_CONTAINER}/server/key.pem`,
  ssl_min_protocol_version: "TLSv1.3",
  statement_timeout: "5min",
  synchronous_commit: "on",
} as const;

/**
 * What counts before `POSTGRES_SETTINGS`: who connects is on record. The accounts program has the server keep it (ALTER SYSTEM) beside
 * the file, since a file of other content would have a running database replaced. Of what a server says by the priority `log`
 * nothing has a text of a session: sessions log nothing (below), and no message has its details (log_error_verbosity).
 */
export const POSTGRES_RECORDED = { log_connections: "on", log_min_messages: "log" } as const;

/**
 * What holds for every session once it is let in, of applications, parallel workers and autovacuum alike: `exit_on_error`, which anybody
 * may set, makes the server take each error for the end of a session, which `POSTGRES_SETTINGS` would log with its text. The
 * accounts program sets it for all roles; it has no effect yet where a connection is refused, and only a superuser can change it.
 */
export const POSTGRES_SESSION_LOGGING = "log_min_messages=panic";

/**
 * Who may connect, in the order in which PostgreSQL reads it; what matches no line is refused.
 *
 * The superuser comes over the socket, by being the account that owns the server, and to the database that no application owns;
 * to the others come maintenance logins, by the same account. Services come by password and by TLS, from their own internal network alone
 * (164.312(e)(1), (e)(2)(ii)). Without TLS they come where a file is there that is not for long: until no service has an address from
 * before there was TLS; or for good, where the stack says why its services cannot (`unencrypted`).
 */
export const POSTGRES_HBA_RULES = [
  "local postgres postgres peer",
  "local all postgres reject",
  `local all /^${MAINTENANCE_PREFIX} peer map=phiward`,
  "local all all reject",
  "host all postgres all reject",
  `host all /^${MAINTENANCE_PREFIX} all reject`,
  // Their psql runs in the server's own container: who came by a password of theirs elsewhere is not let in.
  `host all /^${PERSON_PREFIX} 127.0.0.1 255.255.255.255 scram-sha-256`,
  `host all /^${PERSON_PREFIX} all reject`,
  "hostssl all all samenet scram-sha-256",
  `include_if_exists ${TLS_IN_CONTAINER}/plain.conf`,
  "host all all all reject",
] as const;

/** What that file holds where it is there: the host's program has it (phiward_host/databases/encryption.py). */
export const POSTGRES_PLAIN_RULE = "hostnossl all all samenet scram-sha-256";

// Statements, parameters and details of errors hold patients' data: none of them reaches a log.
function postgresql(memoryMegabytes: number, settings: DatabaseTuning["settings"]): string {
  const part = (share: number, least: number): string => `${String(Math.max(least, Math.floor(memoryMegabytes * share)))}MB`;
  const declared = Object.entries(POSTGRES_SETTINGS).filter(([name]) => name !== "data_checksums");
  return [
    "listen_addresses = '*'",
    "unix_socket_directories = '/run/postgresql'",
    "max_connections = 100",
    // A dump takes one for each table, and a restore for what it makes in one step. All of them take a twentieth of the memory.
    `max_locks_per_transaction = ${String(Math.min(4096, Math.max(64, memoryMegabytes)))}`,
    `shared_buffers = ${part(0.25, 16)}`,
    `effective_cache_size = ${part(0.5, 16)}`,
    `maintenance_work_mem = ${part(0.06, 4)}`,
    "max_wal_senders = 0",
    "jit = off",
    "log_destination = 'stderr'",
    "log_line_prefix = '%m [%p] %q%u@%d %h '",
    "log_timezone = 'UTC'",
    "timezone = 'UTC'",
    ...declared.map(([name, value]) => `${name} = '${value}'`),
    // Of two lines about one setting the later counts.
    ...tunedLines(settings),
    "",
  ].join("\n");
}
