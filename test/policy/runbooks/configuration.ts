/**
 * What the two runbooks do, as somebody declares it who copies their numbers and habits into a stack's configuration. Each row: the
 * runbook's place, the path of the setting, its value, and what is said of it.
 */
import { VAULT_KEY } from "../fixtures";

/** What the schema refuses. */
export const BEYOND_SCHEMA: readonly (readonly [string, string, unknown, string])[] = [
  [
    "security, Add New SSH Key: root logs in",
    "people.0.name",
    "root",
    "people.0.name: found text of 4 characters, allowed: a login name that no account",
  ],
  [
    "security, Add New SSH Key: a key of any kind",
    "people.0.keys.0",
    "ssh-rsa AAAAB3... user@host",
    "people.0.keys.0: found a key of type ssh-rsa",
  ],
  [
    "security, UFW Rules: 22/tcp from everywhere",
    "adminNetworks.0",
    "0.0.0.0/0",
    'adminNetworks.0: found "0.0.0.0/0", allowed: a network of your own',
  ],
  ["operations, Key Rotation: the key is on the server alone", "recovery", undefined, "recovery: found nothing"],
  [
    "security, Vulnerability Scanning: auren-api:latest",
    "services.2.image",
    "auren-api:latest",
    "services.2.image: found text of 16 characters, allowed: name@sha256:…",
  ],
  [
    "security, Restore Services: everything runs as root",
    "services.2.user",
    "0:0",
    "services.2.user: found text of 3 characters, allowed: uid:gid",
  ],
  [
    "security, Vulnerability Scanning: the engine's socket",
    "services.2.volumes.0.path",
    "/var/run/docker.sock",
    "services.2.volumes.0.path: found text of 20 characters, allowed: a path outside of",
  ],
  ["security, Secure .env File", "services.2.env_file", "/root/auren-production/.env", 'services.2: found the unknown key "env_file"'],
  ["operations, Reviewing: the API over plain HTTP", "sites.0.plain", true, 'sites.0: found the unknown key "plain"'],
  [
    "security, Key Security Indicators: 50 failed logins an hour",
    "bans.maxRetry",
    50,
    "bans.maxRetry: found 50, allowed: a whole number from 2 to 10",
  ],
  ["operations, Weekly Off-Site Backup", "backup.every", "week", "backup.every: found text of 4 characters, allowed: hour or day"],
  [
    "operations, Weekly Off-Site Backup: a directory",
    "backup.offsite",
    "/mnt/offsite-storage/chatman",
    "backup.offsite: found text of 28 characters, allowed: a name",
  ],
  ["operations, Weekly Off-Site Backup: rsync --delete", "backup.delete", true, 'backup: found the unknown key "delete"'],
  [
    "operations, Daily Backup Verification: who hears of a failure is left open",
    "alerts",
    undefined,
    "alerts: found nothing, allowed: a webhook or mail",
  ],
];

/** What rules refuse: with the rule, and what it found. */
export const BEYOND_RULES: readonly (readonly [string, string, unknown, string, string])[] = [
  [
    "security, Key Security Indicators: port 8081 open",
    "publicPorts.2",
    port(8081),
    "admin-ports-not-public",
    "port 8081 (an administration page) open to the world",
  ],
  [
    "security, UFW Rules: PostgreSQL's port opened",
    "publicPorts.3",
    port(5432),
    "no-public-database-port",
    "port 5432 (PostgreSQL) open to the world",
  ],
  [
    "security, UFW Rules: Redis' port opened",
    "publicPorts.4",
    port(6379),
    "no-public-database-port",
    "port 6379 (Redis) open to the world",
  ],
  [
    "operations, Morning Security Check: the API's own port",
    "publicPorts.5",
    port(3001),
    "public-ports-answered",
    "port 3001/tcp open to the world, at which nothing that is declared answers",
  ],
  [
    "security, API Key Rotation: a key in the environment",
    "services.2.environment.OPENAI_API_KEY",
    "new_key_here",
    "container-no-plain-secret-environment",
    "a variable with KEY in its name: OPENAI_API_KEY of the service api",
  ],
  [
    "operations, Password Rotation: the master password in the environment",
    "services.2.environment.CHAT_MAN_PASSWORD",
    "correct",
    "container-no-plain-secret-environment",
    "a variable with PASSWORD in its name: CHAT_MAN_PASSWORD of the service api",
  ],
  [
    "operations, Key Rotation: the salt beside the data",
    "services.2.environment.ENCRYPTION_SALT",
    "c2FsdA==",
    "container-no-plain-secret-environment",
    "a variable with SALT in its name: ENCRYPTION_SALT of the service api",
  ],
  [
    "security, Rotate Secrets: a password in a command",
    "services.2.command",
    ["psql", "-c", "ALTER USER auren_user WITH PASSWORD 'x';"],
    "container-no-plain-secret-environment",
    "a password in a statement",
  ],
  [
    "operations, Password Rotation: a password in a request",
    "services.2.health.command",
    ["curl", "-d", '{"password": "x"}', "http://localhost:3001/api/auth/login"],
    "container-no-plain-secret-environment",
    "a field with PASSWORD in its name",
  ],
  [
    "security, TLS 1.3 Configuration: unsafe-inline and unsafe-eval",
    "sites.0.contentSecurityPolicy",
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' https://cdnjs.cloudflare.com; style-src 'self' 'unsafe-inline';",
    "nginx-security-headers",
    "'unsafe-eval' in script-src",
  ],
  [
    "security, Encryption Functions Setup: the key beside the data",
    "recovery.publicKey",
    VAULT_KEY,
    "secrets-escrowed",
    "a server's host key as the recovery key: who has the server opens every backup, and who loses it none",
  ],
  [
    "security, UFW Rules: a wide network of administrators",
    "adminNetworks",
    ["198.0.0.0/8"],
    "fail2ban-guards-sshd",
    "an exemption of a whole /8",
  ],
  ["operations, Backup Retention Management: keepLastN", "backup.keep.last", 1, "backup-restore-tested", "1"],
  ["operations, Backup Retention Management: older ones deleted by hand", "backup.keep.days", 29, "vault-append-only", "29"],
];

/** What nothing refuses, and why that is so. */
export const BEYOND_NOTHING: readonly (readonly [string, string, unknown, string])[] = [
  [
    "operations, Audit Log Retention: 365 days",
    "journal.retentionDays",
    365,
    "the record of six years (164.316(b)(2)(i)) is kept off the host",
  ],
  ["security, Self-Signed Certificate: 365 days", "sites.0.certificate.days", 365, "browsers take up to 397 days, and the host renews it"],
  ["security, System Updates: by hand", "updates.reboot", "manual", "updates are installed every day; a restart may have its own time"],
  ["security, Brute Force: tries of the login page are not limited", "sites.0.login", undefined, "not every site has a login page"],
  ["operations, Key Rotation: SALT_ROUNDS", "services.2.environment.SALT_ROUNDS", "12", "a number of rounds is no secret"],
];

function port(number: number): object {
  return { port: number, protocol: "tcp", purpose: "as the runbook has it" };
}
