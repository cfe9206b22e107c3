/** The lists of the operations guide, version 1.0.0. */
import { alert, check, command, duty, type GuideList } from "./row";

const guide = "operations guide";
const ALERTED = alert("phiward-integrity.service");

export const OPERATIONS_LISTS: readonly GuideList[] = [
  {
    guide,
    heading: "Morning Security Check",
    rows: [
      ["Check for new security alerts", duty("morning-looked-at"), duty("alerts-delivered")],
      ["Check authentication failures", duty("morning-looked-at"), command("audit --what login,ban")],
      ["Verify system health", duty("morning-looked-at")],
      ["Check last backup", duty("morning-looked-at"), alert("phiward-backup-fresh.service")],
    ],
  },
  {
    guide,
    heading: "Security Alert Response Procedures",
    rows: [
      ["BRUTE_FORCE_ATTACK: 5 in 15 minutes", check("fail2ban-sshd-maxretry"), check("fail2ban-sshd-acts"), command("unban 192.0.2.7")],
      ["MULTIPLE_BACKUP_RESTORES: 2 in 1 hour", command("audit --what restore"), duty("records-read")],
      ["AUDIT_LOG_FAILURE", command("audit --what AUDIT_LOG_FAILURE"), check("journal-on-disk"), alert("phiward-journal-watch.service")],
      ["SUSPICIOUS_ACTIVITY", ALERTED, command("drift"), duty("records-read")],
      ["ENCRYPTION_KEY_ACCESS", command("audit --what ENCRYPTION_KEY_ACCESS"), check("audit-rules-in-effect"), duty("records-read")],
    ],
  },
  {
    guide,
    heading: "Security Event Severity Levels",
    rows: [
      ["CRITICAL: immediate action", command("audit --what ENCRYPTION_KEY_ACCESS,AUDIT_LOG_FAILURE"), ALERTED],
      ["HIGH: within 1 hour", check("fail2ban-sshd-acts"), alert("phiward-backup.service")],
      ["MEDIUM: within 24 hours", command("drift"), ALERTED],
      ["LOW: monitor and review", duty("records-read")],
    ],
  },
  {
    guide,
    heading: "Emergency Contacts",
    rows: [
      ["System Administrator", command("incident status"), duty("contacts-checked")],
      ["Security Team", command("incident status"), duty("contacts-checked")],
      ["Compliance Officer", command("incident status"), duty("contacts-checked")],
      ["Legal Department", command("incident status"), duty("contacts-checked")],
    ],
  },
  {
    guide,
    heading: "Security Operations Checklist: Daily",
    rows: [
      ["Review security alerts", duty("morning-looked-at"), duty("alerts-delivered")],
      ["Check failed login attempts", duty("morning-looked-at"), check("fail2ban-bans-in-effect")],
      ["Verify backup created successfully", duty("backup-made"), alert("phiward-backup-fresh.service")],
      ["Review system health status", duty("morning-looked-at"), duty("integrity-looked-at")],
    ],
  },
  {
    guide,
    heading: "Security Operations Checklist: Weekly",
    rows: [
      ["Test backup restore to temporary location", duty("restore-tested")],
      ["Review audit logs for anomalies", duty("records-read")],
      ["Check disk space and resource usage", duty("hosts-verified"), check("state-can-be-written")],
      ["Update security monitoring thresholds if needed", duty("thresholds-reviewed")],
    ],
  },
  {
    guide,
    heading: "Security Operations Checklist: Monthly",
    rows: [
      ["Generate security report", duty("month-reported")],
      ["Review and update access controls", duty("access-reviewed")],
      ["Archive old audit logs", duty("journal-kept"), command("audit export --from DAY --to DAY")],
      ["Test disaster recovery procedures", duty("restore-practised")],
      ["Review compliance documentation", duty("compliance-reviewed")],
    ],
  },
  {
    guide,
    heading: "Security Operations Checklist: Quarterly",
    rows: [
      ["Rotate master password", duty("passwords-rotated")],
      ["Review and update security policies", duty("policies-reviewed")],
      ["Conduct security training", duty("training-held")],
      ["Test incident response procedures", duty("incident-practised")],
      ["Update security documentation", duty("documents-updated")],
    ],
  },
  {
    guide,
    heading: "Security Operations Checklist: Annually",
    rows: [
      ["Rotate encryption keys", duty("keys-rotated")],
      ["Comprehensive security audit", duty("security-audited")],
      ["Review and update compliance documentation", duty("risks-analysed"), duty("compliance-reviewed")],
      ["Disaster recovery full test", duty("disaster-recovered")],
      ["Third-party security assessment", duty("assessed-from-outside")],
    ],
  },
];
