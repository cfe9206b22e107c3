/** The sections of docs/operations.md that say what to do about an alert, each with the command that it begins with. */

/** By the section's anchor; `{host}` is the host that the alert is of. */
export const RUNBOOK = {
  "a-host-is-silent": "npx phiward verify",
  "audit-log-failure": "npx phiward verify",
  "a-host-is-isolated": "npx phiward status",
  "a-clock-of-an-incident": "npx phiward incident status",
  undeclared: "npx phiward drift --host {host}",
  "a-backup-is-late": "npx phiward logs backup --host {host}",
  "updates-are-pending": 'npx phiward shell {host} --why "updates are pending"',
  vulnerabilities: "npx phiward vulnerabilities {host}",
  "secrets-are-overdue": "npx phiward secrets",
  lynis: "npx phiward vulnerabilities {host}",
  "a-certificate-ends": "npx phiward verify",
  "a-unit-has-failed": 'npx phiward shell {host} --why "a unit has failed"',
  "a-check-fails": "npx phiward verify",
  "a-disk-fills": 'npx phiward shell {host} --why "a disk fills"',
  "memory-is-short": 'npx phiward shell {host} --why "memory is short"',
  "a-database-does-not-answer": "npx phiward status",
  "a-database-runs-out-of-connections": "npx phiward audit --what application --host {host}",
  "a-redis-is-full": 'npx phiward shell {host} --why "a Redis is full"',
  "the-web-server-drops-connections": "npx phiward logs nginx --host {host}",
  "the-monitoring-fails": "npx phiward verify",
  "alerts-are-not-delivered": 'npx phiward shell {host} --why "alerts are not delivered"',
  "brute-force-attack": "npx phiward audit --what login,ban --host {host}",
  "multiple-backup-restores": "npx phiward audit --what restore --host {host}",
  "web-scan": "npx phiward logs nginx --host {host}",
  "sql-injection": "npx phiward logs nginx --host {host}",
  "port-scan": "npx phiward status",
  "root-at-an-odd-hour": "npx phiward audit --what privilege --host {host}",
  "session-from-a-new-network": "npx phiward audit --what login --host {host}",
  "unusual-rates": "npx phiward audit --what application --host {host}",
  "suspicious-activity": "npx phiward audit --host {host}",
  "encryption-key-access": "npx phiward audit --what ENCRYPTION_KEY_ACCESS --host {host}",
} as const;

/** A section of the runbook. */
export type RunbookSection = keyof typeof RUNBOOK;
