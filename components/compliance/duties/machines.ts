/** Duties that timers of the hosts do, or that one command does: nobody signs for them, since what they found is on record. */
import type { Duty } from "./duty";

export const MACHINE_DUTIES = {
  "alerts-delivered": {
    title: "Alerts that could not be delivered are tried again, and none waits",
    every: "day",
    done: { by: "timer", unit: "phiward-alerts.timer", check: "alerts-all-sent" },
    law: ["164.308(a)(6)(ii)"],
  },
  "backup-made": {
    title: "Backups are made, here and off-site, and one that is late raises an alert",
    every: "day",
    done: { by: "timer", unit: "phiward-backup.timer", check: "backup-recent" },
    law: ["164.308(a)(7)(ii)(A)"],
  },
  "restore-tested": {
    title: "The newest backup is restored to another place, compared and removed",
    every: "week",
    done: { by: "timer", unit: "phiward-restore-test.timer", check: "backup-restore-tested" },
    law: ["164.308(a)(7)(ii)(D)"],
  },
  "repository-checked": {
    title: "The repositories of backups are read, and what is damaged is found",
    every: "day",
    done: { by: "timer", unit: "phiward-backup-check.timer", check: "backup-checked" },
    law: ["164.308(a)(7)(ii)(A)"],
  },
  "integrity-looked-at": {
    title: "Files, accounts, listeners, modules, raised rights and containers that nobody declared are looked for",
    every: "day",
    done: { by: "timer", unit: "phiward-integrity.timer", check: "integrity-nothing-found-daily" },
    law: ["164.308(a)(1)(ii)(D)", "164.312(c)(1)"],
  },
  "updates-installed": {
    title: "Security updates of the system are installed",
    every: "day",
    done: { by: "timer", unit: "apt-daily-upgrade.timer", check: "security-updates-scheduled" },
    law: ["164.308(a)(5)(ii)(B)"],
  },
  "certificates-renewed": {
    title: "Certificates are renewed in time",
    every: "day",
    done: { by: "timer", unit: "phiward-certificates.timer", check: "certificates-last-renewal-succeeded" },
    law: ["164.312(e)(1)"],
  },
  "journal-kept": {
    title: "The journal is sealed, kept on the disk and limited; the vault keeps it for years",
    every: "day",
    done: { by: "timer", unit: "phiward-sealing.timer", check: "journal-sealed" },
    law: ["164.312(b)", "164.316(b)(2)(i)"],
  },
  "morning-looked-at": {
    title: "Units, drift, containers, backups, bans and alerts are looked at on one screen",
    every: "day",
    done: { by: "command", command: "status" },
    law: ["164.308(a)(1)(ii)(D)"],
  },
  "vulnerabilities-looked-for": {
    title: "Known vulnerabilities of packages and images are looked for, and an update that waits too long raises an alert",
    every: "day",
    done: { by: "timer", unit: "phiward-vulnerabilities.timer", check: "vulnerabilities-looked-for" },
    law: ["164.308(a)(1)(ii)(B)", "164.308(a)(5)(ii)(B)"],
  },
  "settings-judged": {
    title: "The system's settings are judged by lynis, and an index that falls raises an alert",
    every: "week",
    done: { by: "timer", unit: "phiward-lynis.timer", check: "settings-judged" },
    law: ["164.308(a)(8)"],
  },
  "hosts-verified": {
    title: "Every check is asked of every host, from inside and from outside",
    every: "week",
    done: { by: "command", command: "verify" },
    law: ["164.308(a)(8)"],
  },
  "month-reported": {
    title: "The security report of the month was made, and read",
    every: "month",
    done: { by: "command", command: "report month" },
    law: ["164.308(a)(8)"],
  },
} as const satisfies Readonly<Record<string, Duty>>;
