/** What must be said of the program that does as the two runbooks say: place in a runbook, name of the resource, rule, and what it found. */

/** A fault, and the finding that names it. */
export type Row = readonly [string, string, string, string];

const COMMAND = "commands-run-agent-only";
const ENVIRONMENT = "container-no-plain-secret-environment";

/** Faults that a rule names. */
export const NAMED: readonly Row[] = [
  // Who gets in.
  ["security, Add New SSH Key: root logs in", "add-ssh-key", COMMAND, "connection.user: found root"],
  ["security, Add New SSH Key: the host's key is not pinned", "add-ssh-key", COMMAND, "connection.hostKey: found an empty text"],
  ["security, Add New SSH Key: the private key is in the program", "add-ssh-key", COMMAND, "connection.privateKey: found a value"],
  ["security, Add New SSH Key: ssh-rsa of any length", "admin", "ssh-keys-strong", "publicKey: found a key of the type ssh-rsa"],
  ["security, Add New SSH Key: a line more in root's authorized_keys", "add-ssh-key", COMMAND, "create: found text"],
  ["security, Revoke SSH Access: by sed and pkill", "revoke-ssh-key", COMMAND, "create: found text"],
  ["security, Add New SSH Key: the engine reached as root", "auren", "docker-engine-host-key-pinned", "a login as root"],
  ["security, Add New SSH Key: the engine's host not pinned", "auren", "docker-engine-host-key-pinned", "sshOpts: found nothing"],
  // The network.
  ["security, UFW Rules: 22/tcp from everywhere", "auren", "cloud-firewall-ssh-from-known-networks", "found SSH open to the world"],
  ["security, UFW Rules: everything may leave", "auren", "cloud-firewall-egress-named", "found 65536 ports to the world"],
  [
    "security, Key Security Indicators: port 8081 open",
    "auren",
    "admin-ports-not-public",
    "port 8081 (an administration page) open to the world",
  ],
  ["security, UFW Rules: by a command", "firewall", COMMAND, "create: found text"],
  ["security, UFW Rules: databases reached from every container", "database-ports", COMMAND, "create: found text"],
  ["security, Advanced Firewall Rules: iptables beside UFW", "iptables", COMMAND, "create: found text"],
  ["security, Isolate Systems: ufw --force reset", "firewall-reset", COMMAND, "create: found text"],
  ["security, Let's Encrypt Setup: any authority may issue", "", "dns-zone-has-caa", "www: found a name without a CAA record"],
  // Containers.
  [
    "security, Database connections: PostgreSQL published",
    "postgres",
    "container-ports-on-loopback",
    "a port of PostgreSQL that is published",
  ],
  ["security, UFW Rules: Redis published", "redis", "container-ports-on-loopback", "a port of Redis that is published"],
  [
    "security, Key Security Indicators: the API published",
    "api",
    "container-ports-on-loopback",
    "ports.0.ip: found nothing, which is every address",
  ],
  [
    "operations, Morning Security Check: the API published",
    "chatman",
    "container-ports-on-loopback",
    "ports.0.ip: found nothing, which is every address",
  ],
  ["security, Vulnerability Scanning: auren-api:latest", "api", "container-image-by-digest", "without a digest"],
  ["security, Vulnerability Scanning: the scanner of the day", "trivy", "container-image-by-digest", "without a digest"],
  ["security, Vulnerability Scanning: the engine's socket", "trivy", "container-no-host-mounts", "a socket of the host"],
  ["security, Vulnerability Scanning: docker run by hand", "run-scanner", COMMAND, "create: found text"],
  ["security, Rebuild containers: built on the server", "prune", COMMAND, "create: found text"],
  ["security, Restore Services: containers as root", "api", "container-not-root", "user: found nothing"],
  ["security, Restore Services: all privileges kept", "api", "container-not-privileged", "capabilities: found nothing"],
  ["security, Restore Services: no limits", "api", "container-limited", "memory: found nothing"],
  [
    "security, Restore Services: one network for all",
    "api",
    "container-namespaces-private",
    "found none, so that it is in the default network",
  ],
  ["security, Restore Services: nothing restarts what is down", "api", "container-health-checked", "restart: found no"],
  ["security, Clean System: what is written stays", "api", "container-root-read-only", "readOnly: found false or nothing"],
  // Secrets.
  ["security, API Key Rotation: a key in the environment", "api", ENVIRONMENT, "envs.0: found a variable with KEY in its name"],
  ["security, Rotate Secrets: JWT_SECRET_KEY in the environment", "api", ENVIRONMENT, "envs.1: found a variable with JWT in its name"],
  ["security, Rotate Secrets: POSTGRES_PASSWORD in the environment", "postgres", ENVIRONMENT, "found a variable with PASSWORD in its name"],
  ["operations, Password Rotation: in the environment", "chatman", ENVIRONMENT, "envs.0: found a variable with PASSWORD in its name"],
  ["operations, Key Rotation: the salt beside the data", "chatman", ENVIRONMENT, "envs.1: found a variable with SALT in its name"],
  ["security, Secure .env File: sent in the clear", "env", "docker-types-reviewed", "one that copies files past the plans"],
  ["security, Encrypt sensitive values: opened beside it", "decrypt-secrets", COMMAND, "create: found text"],
  ["security, Rotate Secrets: the old ones stay in .env.backup", "rotate-secrets", COMMAND, "create: found text"],
  ["security, Database User Security: a password in a statement", "database-user", COMMAND, "create: found text"],
  ["security, Encryption Functions Setup: the key beside the data", "key-beside-data", COMMAND, "create: found text"],
  ["operations, Password Rotation: by a command", "master-password", COMMAND, "create: found text"],
  ["operations, Key Rotation: without the old data", "salt-rotation", COMMAND, "create: found text"],
  // What patients' data goes through.
  ["security, TLS 1.3 Configuration: nginx past the plans", "nginx", "docker-types-reviewed", "one that copies files past the plans"],
  ["security, Self-Signed Certificate: for a year, by hand", "self-signed-certificate", COMMAND, "create: found text"],
  ["security, Let's Encrypt Setup: certbot edits nginx", "acme-certificate", COMMAND, "create: found text"],
  // The record.
  ["operations, AUDIT_LOG_FAILURE: the audit log for all to read", "audit-log-mode", COMMAND, "create: found text"],
  ["operations, AUDIT_LOG_FAILURE: the audit log moved away", "audit-log-rotate", COMMAND, "create: found text"],
  ["operations, Audit Log Retention: lines taken out after a year", "audit-log-archive", COMMAND, "create: found text"],
  ["security, System Updates and Log Analysis: nobody is told", "", "droplet-watched", "auren: found no alert about cpu, memory, disk"],
  // Backups.
  ["operations, Weekly Off-Site Backup: rsync --delete", "offsite", COMMAND, "create: found text"],
  ["operations, Backup Retention Management: find -delete", "backup-cleanup", COMMAND, "create: found text"],
  ["security, Restore from clean backup: nobody knows whose", "restore", COMMAND, "create: found text"],
  ["security, Recovery Phase: backups on the server itself", "auren", "droplet-backups-and-monitoring-on", "backups: found nothing"],
  [
    "security, Recovery Phase: the server goes with a mistyped change",
    "auren",
    "stateful-resources-protected",
    "options.protect: found off",
  ],
  ["security, System Updates: whatever is there is installed", "install-scanner", COMMAND, "create: found text"],
];

/** Faults that no rule names where a program makes raw resources: name of the resource, path of the value, and why. */
export const NAMED_BY_NONE: readonly (readonly [string, string, string, string])[] = [
  [
    "security, UFW Rules: plain HTTP on port 80",
    "auren",
    "inboundRules.1",
    "a cloud firewall does not say what answers; UFW's plan and nginx' do",
  ],
  [
    "security, Detect attempts: fail2ban is looked for, and not there",
    "",
    "fail2ban",
    "a program of raw resources has no host whose concerns could be missing",
  ],
  ["operations, Morning Security Check: the API on port 3001 of the world", "auren", "inboundRules.3", "as above"],
  [
    "security, TLS 1.3 Configuration: unsafe-inline",
    "nginx",
    "uploads.0.content",
    "a container's own nginx is its image's; ours is judged whole",
  ],
  [
    "operations, ENCRYPTION_KEY_ACCESS: the salt in a directory beside the data",
    "chatman",
    "volumes.0",
    "a path does not say what lies there",
  ],
  ["operations, Prometheus Integration: metrics for all", "prometheus", "command.0", "an option of somebody else's program"],
  ["security, Restore Services: SALT_ROUNDS", "api", "envs.2", "it is no secret, and no fault"],
];
