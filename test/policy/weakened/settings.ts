/** Ways to weaken `Pulumi.prod.yaml`, one setting at a time, and what refuses each. */

/** A setting, its weaker value, the rule that refuses it, and the clause that the rule is for. */
export type RuledOut = readonly [path: string, value: unknown, rule: string, clause: string];

const VAULT_HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJx2TrhVVrzjQq2EMxX0pnVTE2uU1CTwCGzm5g2sGCl6";
const ACCESS = "164.312(a)(1)";
const BANS = ["fail2ban-guards-sshd", "164.308(a)(5)(ii)(C)"] as const;
const DATABASE_PORT = ["no-public-database-port", ACCESS] as const;
const ADMIN_PORT = ["admin-ports-not-public", ACCESS] as const;
const SECRET = ["container-no-plain-secret-environment", "164.312(a)(2)(iv)"] as const;
const HEADERS = ["nginx-security-headers", "164.312(e)(1)"] as const;

const port = (number: number): object => ({ port: number, purpose: "as asked for" });
const variable = (name: string): string => `services.2.environment.${name}`;
const CSP = "sites.0.contentSecurityPolicy";
const STRICT = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** What the schema allows, and a rule refuses. */
export const BY_RULE: readonly RuledOut[] = [
  ["backup.restores", {}, "restores-by-two-people", "164.312(b)"],
  ["sites.0.certificate.directory", "staging", "certificates-not-staging", "164.312(d)"],
  ["bans.maxRetry", 6, ...BANS],
  ["bans.maxRetry", 10, ...BANS],
  ["bans.findTime", 60, ...BANS],
  ["bans.banTime", 600, ...BANS],
  ["adminNetworks.0", "198.0.0.0/8", ...BANS],
  ["adminNetworks.1", "2001:db8::/31", ...BANS],
  ["adminNetworks", Array.from({ length: 256 }, (_, index) => `198.${String(index)}.0.0/16`), ...BANS],
  ["publicPorts.2", port(5432), ...DATABASE_PORT],
  ["publicPorts.2", port(3306), ...DATABASE_PORT],
  ["publicPorts.2", port(6379), ...DATABASE_PORT],
  ["publicPorts.2", port(27_017), ...DATABASE_PORT],
  ["publicPorts.2", port(9200), ...DATABASE_PORT],
  ["publicPorts.2", port(2375), ...ADMIN_PORT],
  ["publicPorts.2", port(2049), ...ADMIN_PORT],
  ["publicPorts.2", port(3389), ...ADMIN_PORT],
  ["publicPorts.2", port(445), ...ADMIN_PORT],
  ["publicPorts.2", port(8081), ...ADMIN_PORT],
  ["publicPorts.2", port(10_250), ...ADMIN_PORT],
  ["services.2.port", 5432, "container-ports-on-loopback", ACCESS],
  [variable("DB_PASSWORD"), "x", ...SECRET],
  [variable("PGPASS"), "x", ...SECRET],
  [variable("MASTERKEY"), "x", ...SECRET],
  [variable("DATABASE_URL"), "postgresql://api:x@db/api", ...SECRET],
  [variable("DSN_OF_LOGS"), "https://x@logs.example.org/1", ...SECRET],
  [variable("UPSTREAM"), `Authorization: Bearer ${"aB3dE5".repeat(4)}`, ...SECRET],
  [variable("CLOUD"), `AKIA${"A1B2".repeat(4)}`, ...SECRET],
  [variable("API_KEY_FILE"), "a-key-and-no-path", ...SECRET],
  ["services.2.command", ["/app/server", "--db-password", "x"], ...SECRET],
  ["services.2.command", ["sh", "-c", "PGPASSWORD=x /app/server"], ...SECRET],
  ["services.2.health.command", ["/app/health", "--token=x"], ...SECRET],
  [CSP, "default-src 'self'; script-src 'self' 'unsafe-inline'", ...HEADERS],
  [CSP, "default-src 'self'; script-src 'unsafe-eval'", ...HEADERS],
  [CSP, "default-src *", ...HEADERS],
  [CSP, "default-src 'self'; script-src https://*", ...HEADERS],
  [CSP, "script-src 'self'", ...HEADERS],
  [CSP, "default-src 'self'", ...HEADERS],
  [CSP, `${STRICT}; script-src 'self' data:`, ...HEADERS],
  [CSP, `${STRICT}; script-src 'nonce-YWx3YXlzIHRoZSBzYW1l'`, ...HEADERS],
  [CSP, `${STRICT}; style-src 'self' 'unsafe-inline'`, "nginx-styles-not-inline", ACCESS],
  ["sites.0.sameSite", "none", "nginx-cookies-guarded", "164.312(e)(1)"],
  ["backup.keep.last", 1, "backup-restore-tested", "164.308(a)(7)(ii)(A)"],
  ["backup.keep.days", 1, "backup-restore-tested", "164.308(a)(7)(ii)(A)"],
  ["recovery.publicKey", VAULT_HOST_KEY, "secrets-escrowed", "164.312(a)(2)(ii)"],
];

/** What the schema refuses: a setting, its weaker value, and the words. */
export const BY_SCHEMA: readonly (readonly [path: string, value: unknown, says: string])[] = [
  ["hosts.0.image", "debian-11-x64", "hosts.0.image: found"],
  ["hosts.0.firstHostKey", undefined, "hosts.0.firstHostKey: found nothing"],
  ["hosts.0.volume.mount", "/etc", "hosts.0.volume.mount: found"],
  ["hosts.0.alerts.emails", [], "hosts.0.alerts.emails: found an empty list"],
  ["hosts.0.alerts.cpuPercent", 100, "hosts.0.alerts.cpuPercent: found 100"],
  ["hosts.0.vpc", { ipRange: "203.0.113.0/24" }, "hosts.0.vpc.ipRange: found"],
  ["hosts.1.hostKey", undefined, "hosts.1.hostKey: found nothing"],
  ["hosts.1.hostKey", "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAI", "hosts.1.hostKey: found"],
  ["hosts.1.address", "127.0.0.1", "hosts.1.address: found"],
  ["hosts.1.role", "application", "backup.offsite"],
  ["people.0.name", "root", "people.0.name: found"],
  ["people.0.sudo", false, "people"],
  ["people.0.expires", "2026-12-31", "people"],
  ["people.1.keys", [], "people.1.keys: found an empty list"],
  ["people.1.keys.0", "ssh-dss AAAAB3NzaC1kc3MAAACBAJ", "people.1.keys.0: found"],
  [
    "people.1.keys.0",
    'command="sh" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJGnVRtp2uVbmgVzSJPhuRSvTBlCsvczzVsOvVciL3mV',
    "people.1.keys.0: found",
  ],
  ["people.1.keys.0", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICEPjrr6Uzr6sYFWNG7oy/F2CAy4uRZPobp6DeglhljR", "people.1.keys.0"],
  ["people.2.expires", "2027-02-30", "people.2.expires: found"],
  ["adminNetworks", [], "adminNetworks: found an empty list"],
  ["adminNetworks.0", "0.0.0.0/0", 'adminNetworks.0: found "0.0.0.0/0"'],
  ["adminNetworks.0", "64.0.0.0/2", 'adminNetworks.0: found "64.0.0.0/2"'],
  ["publicPorts.0.purpose", "", "publicPorts.0.purpose: found"],
  ["recovery", undefined, "recovery: found nothing"],
  ["recovery.publicKey", "age1dw7tk0pdum6scaazaa6az7zug0teqyfpqhzg9u7nn4txlgcqw9rsn78d9q", "recovery.publicKey: found"],
  ["deadMan", { seconds: 0 }, "deadMan.seconds: found 0"],
  ["ssh", { idleSeconds: 3600 }, "ssh.idleSeconds: found 3600"],
  ["ssh", { maxAuthTries: 100 }, "ssh.maxAuthTries: found 100"],
  ["ssh", { loginGraceTime: 0 }, "ssh.loginGraceTime: found 0"],
  ["ssh", { permitRootLogin: "yes" }, 'ssh: found the unknown key "permitRootLogin"'],
  ["shell", { idleSeconds: 0 }, "shell.idleSeconds: found 0"],
  ["services.0.image", "postgres:latest", "services.0.image: found"],
  ["services.2.user", "0:0", "services.2.user: found"],
  ["services.2.user", "10001", "services.2.user: found"],
  ["services.2.privileged", true, 'services.2: found the unknown key "privileged"'],
  ["services.2.health", undefined, "services.2.health: found nothing"],
  ["services.2.volumes", [{ name: "engine", path: "/var/run/docker.sock" }], "services.2.volumes.0.path: found"],
  ["services.2.processes", 0, "services.2.processes: found 0"],
  ["services.2.memoryMegabytes", 0, "services.2.memoryMegabytes: found 0"],
  ["docker", { addressPool: "198.51.100.0/16" }, "docker.addressPool: found"],
  ["docker", { logs: { maxFile: 1 } }, "docker.logs.maxFile: found 1"],
  ["sites.0.certificate", { kind: "selfSigned", days: 3650 }, "sites.0.certificate.days: found 3650"],
  ["sites.0.certificate", { kind: "selfSigned", renewBeforeDays: 90 }, "sites.0.certificate.renewBeforeDays"],
  ["sites.0.certificate.key", "rsa-1024", "sites.0.certificate.key: found"],
  ["sites.0.tls", "1.0", 'sites.0: found the unknown key "tls"'],
  ["sites.0.routes.0.data", "anything", "sites.0.routes.0.data: found"],
  ["sites.0.routes.0.methods", ["TRACE"], "sites.0.routes.0.methods.0: found"],
  ["sites.0.routes.0.service", "db", "sites.0.routes.0.service: found"],
  ["backup.every", "week", "backup.every: found"],
  ["backup.restoreTest", "never", "backup.restoreTest: found"],
  ["backup.keep.last", 0, "backup.keep.last: found 0"],
  ["backup.offsite", "web", "backup.offsite: found"],
  ["bans", { maxRetry: 100 }, "bans.maxRetry: found 100"],
  [
    "bans",
    { jails: [{ name: "app", filter: "sshd", journalMatch: "_SYSTEMD_UNIT=app.service", ports: [25] }] },
    "bans.jails.0.filter: found",
  ],
  ["updates", { reboot: "never" }, "updates.reboot: found"],
  ["time", { servers: ["0.debian.pool.ntp.org"] }, "time.servers: found a list of 1"],
  ["journal", { retentionDays: 7 }, "journal.retentionDays: found 7"],
  ["banner", "\\n \\l", "banner: found"],
  ["homes", { megabytes: 129 }, "homes.megabytes: found 129"],
  ["alerts", undefined, "alerts: found nothing"],
  ["alerts.webhook", "http://alerts.example.org/phiward", "alerts.webhook: found"],
  ["alerts.webhook", "https://ops:hunter2@alerts.example.org/phiward", "alerts.webhook: found"],
];
