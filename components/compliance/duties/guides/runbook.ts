/** The lists of the security runbook, version 1.0. */
import { alert, check, command, duty, type GuideList } from "./row";

const guide = "security runbook";
const EVIDENCE = command("audit export --from DAY --to DAY");
const INTEGRITY = alert("phiward-integrity.service");

export const RUNBOOK_LISTS: readonly GuideList[] = [
  {
    guide,
    heading: "Security Incident Classification",
    rows: [
      ["P1 - Critical: active breach", INTEGRITY, alert("phiward-journal-watch.service")],
      ["P2 - High: attempted breach", check("fail2ban-sshd-acts"), check("fail2ban-nginx-login-acts")],
      ["P3 - Medium: suspicious activity", check("fail2ban-nginx-scanner-acts"), INTEGRITY],
      ["P4 - Low: policy violation", duty("hosts-verified"), duty("updates-installed")],
    ],
  },
  {
    guide,
    heading: "Immediate Response Checklist",
    rows: [
      ["ASSESS", command("incident open --class P1 --what WHAT"), command("status"), command("drift")],
      ["CONTAIN", command("shell web --why REASON")],
      ["NOTIFY", command("incident status"), command("incident draft 1 --to authority"), duty("contacts-checked")],
      ["PRESERVE", EVIDENCE],
      ["REMEDIATE", command("up")],
      ["RECOVER", command("restore --host web --what all --why REASON")],
      ["DOCUMENT", command("incident export 1"), duty("incident-practised")],
    ],
  },
  {
    guide,
    heading: "Daily Security Checks",
    rows: [
      ["SSH Keys", check("people-key-files-exclusive"), duty("integrity-looked-at")],
      ["Failed Logins", duty("morning-looked-at"), check("fail2ban-bans-in-effect")],
      ["Open Ports", check("listening-sockets-declared"), duty("integrity-looked-at")],
      ["Suspicious Processes", duty("integrity-looked-at"), command("audit --what privilege,container")],
      ["Recent File Changes", duty("integrity-looked-at")],
      ["Docker Images", duty("integrity-looked-at"), duty("vulnerabilities-looked-for"), command("vulnerabilities")],
    ],
  },
  {
    guide,
    heading: "Weekly Security Review",
    rows: [
      ["System Updates: check for security updates", duty("updates-installed"), command("vulnerabilities")],
      ["System Updates: apply security patches only", check("security-updates-only")],
      ["Log Analysis: SSH access patterns", duty("records-read"), command("audit --what login")],
      ["Log Analysis: API access patterns", duty("records-read"), command("logs nginx")],
      ["Log Analysis: database connections", duty("records-read"), command("audit --what database")],
      ["Vulnerability Scanning: security audit", duty("settings-judged"), duty("hosts-verified"), command("policy")],
      ["Vulnerability Scanning: images", duty("vulnerabilities-looked-for"), duty("vulnerabilities-reviewed"), command("vulnerabilities")],
    ],
  },
  {
    guide,
    heading: "Administrative Safeguards",
    rows: [
      ["Security Officer designated", duty("contacts-checked")],
      ["Workforce training completed", duty("training-held")],
      ["Access management procedures", duty("access-reviewed")],
      ["Security incident procedures", command("incident open --class P1 --what WHAT"), duty("incident-practised")],
      ["Business Associate Agreements", duty("contracts-reviewed")],
    ],
  },
  {
    guide,
    heading: "Physical Safeguards",
    rows: [
      ["Facility access controls", duty("places-reviewed")],
      ["Workstation security", duty("places-reviewed")],
      ["Device and media controls", duty("places-reviewed")],
    ],
  },
  {
    guide,
    heading: "Technical Safeguards",
    rows: [
      ["Access control (unique user identification)", check("people-accounts-declared")],
      ["Audit logs and monitoring", check("audit-rules-in-effect"), duty("journal-kept")],
      ["Integrity controls (backups)", duty("backup-made"), duty("repository-checked")],
      ["Transmission security (TLS 1.3)", check("nginx-ssl-protocols"), duty("certificates-renewed")],
      ["Encryption at rest (AES-256)", check("backup-repository-encrypted"), command("policy")],
    ],
  },
  {
    guide,
    heading: "Key Security Indicators",
    rows: [
      ["Failed login attempts", check("fail2ban-sshd-maxretry"), duty("morning-looked-at")],
      ["Unauthorized API calls", check("fail2ban-nginx-guesser-acts"), duty("records-read")],
      ["Open ports", check("listening-sockets-declared"), INTEGRITY],
      ["Security patches", duty("updates-installed"), duty("vulnerabilities-looked-for"), duty("vulnerabilities-reviewed")],
      ["Backup age", check("backup-recent"), alert("phiward-backup-fresh.service")],
    ],
  },
  {
    guide,
    heading: "Monthly Security Report Template",
    rows: [
      ["HIPAA requirements met", duty("month-reported"), duty("compliance-reviewed")],
      ["Access logs reviewed", duty("records-read")],
      ["Backups tested", duty("restore-tested")],
      ["Disaster recovery tested", duty("restore-practised"), duty("disaster-recovered")],
    ],
  },
];
