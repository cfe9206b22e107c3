import { POSTGRES_TUNING } from "../../components/config/sections/postgresKeys";
import type { Rule } from "../engine/rule";
import { type ClosedFile, demandClosed } from "../readers/closedLines";

const SERVICE = "^/etc/phiward/services/[^/]+";

const FILES: readonly ClosedFile[] = [
  {
    path: new RegExp(`${SERVICE}/pg_hba\\.conf$`),
    lines: [
      "local postgres postgres peer",
      "local all postgres reject",
      "local all /^phiward_ peer map=phiward",
      "local all all reject",
      "host all postgres all reject",
      "host all /^phiward_ all reject",
      "host all /^person__ 127.0.0.1 255.255.255.255 scram-sha-256",
      "host all /^person__ all reject",
      "hostssl all all samenet scram-sha-256",
      "include_if_exists /etc/phiward/tls/plain.conf",
      "host all all all reject",
    ],
    inOrder: true,
  },
  { path: new RegExp(`${SERVICE}/pg_ident\\.conf$`), lines: ["phiward postgres /^phiward_"], inOrder: true },
  {
    path: new RegExp(`${SERVICE}/postgresql\\.conf$`),
    lines: [
      "listen_addresses = '*'",
      "unix_socket_directories = '/run/postgresql'",
      "max_connections = {1..1000}",
      "max_locks_per_transaction = {64..4096}",
      "shared_buffers = {1..999999999}MB",
      "effective_cache_size = {1..999999999}MB",
      "maintenance_work_mem = {1..999999999}MB",
      "max_wal_senders = 0",
      "jit = off",
      "log_destination = 'stderr'",
      "log_line_prefix = '%m [%p] %q%u@%d %h '",
      "log_timezone = 'UTC'",
      "timezone = 'UTC'",
      "archive_mode = 'off'",
      "fsync = 'on'",
      "full_page_writes = 'on'",
      "hba_file = '/etc/phiward/pg_hba.conf'",
      "ident_file = '/etc/phiward/pg_ident.conf'",
      "idle_in_transaction_session_timeout = '{1..10}min'",
      "idle_session_timeout = '{1..1}h'",
      "log_error_verbosity = 'terse'",
      "log_min_duration_statement = '-1'",
      "log_min_error_statement = 'panic'",
      "log_min_messages = 'fatal'",
      "log_parameter_max_length = '0'",
      "log_parameter_max_length_on_error = '0'",
      "log_statement = 'none'",
      "password_encryption = 'scram-sha-256'",
      "reserved_connections = '{1..10}'",
      "ssl = 'on'",
      "ssl_cert_file = '/etc/phiward/tls/server/certificate.pem'",
      "ssl_key_file = '/etc/phiward/tls/server/key.pem'",
      "ssl_min_protocol_version = 'TLSv1.3'",
      "statement_timeout = '{1..60}min'",
      "synchronous_commit = 'on'",
    ],
    // What a stack chooses, in lines of its own.
    more: Object.values(POSTGRES_TUNING).map(
      ({ setting, least, most, unit }) => `${setting} = '{${String(least)}..${String(most)}}${unit}'`,
    ),
  },
  {
    path: new RegExp(`${SERVICE}/redis\\.conf$`),
    lines: [
      "bind 0.0.0.0",
      "port 0",
      "aclfile /acl/users.acl",
      "dir /data",
      'save ""',
      "maxclients {1..10000}",
      "enable-protected-configs no",
      "enable-debug-command no",
      "enable-module-command no",
      'logfile ""',
      "appendfsync always",
      "appendonly yes",
      "maxmemory {*}",
      "maxmemory-policy {volatile-lru|allkeys-lru|noeviction}",
      "protected-mode yes",
      "slowlog-log-slower-than -1",
      "tls-auth-clients no",
      "tls-ca-cert-file /etc/phiward/tls/authority.pem",
      "tls-cert-file /etc/phiward/tls/server/certificate.pem",
      "tls-key-file /etc/phiward/tls/server/key.pem",
      "tls-port 6380",
      "tls-protocols TLSv1.3",
      "include /etc/phiward/tls/plain*.conf",
    ],
  },
  {
    path: new RegExp(`${SERVICE}/users\\.acl$`),
    lines: ["user default off resetpass resetkeys resetchannels -@all"],
    inOrder: true,
  },
];

/** A database's own files decide who may connect, what is logged of patients, and what is kept. */
export const databaseFilesKnown: Rule = {
  id: "database-files-known",
  description:
    "PostgreSQL and Redis have the settings that the rule lists: who may connect, what is logged and what is kept, and no other.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["PG-03", "PG-07", "PG-04", "PG-11", "PG-12", "RDS-01", "RDS-02"],
  remedy: "let the concern docker write the files of databases",
  appliesTo: ["phiward:host:Docker"],
  judge(unit, report) {
    demandClosed(unit, FILES, {}, report);
  },
};
