import { type PlanFile, textFile } from "../../plan/files";
import { programCommand } from "../../plan/programs";
import { enableStep, readUnits } from "../../plan/systemd";
import { type ConcernPlan, EMPTY_PLAN, type Step } from "../../plan/types";
import { AUDIT_UNITS, auditChecks, JOURNAL_SOCKET } from "./checks";
import { auditRules, WATCHED_DIRECTORIES } from "./rules";
import type { AuditSettings } from "./settings";

const RULES = "/etc/audit/rules.d/phiward.rules";
const FILES = 8;

/** Records of the kernel: what is recorded, where it goes, and that nothing on the host changes it. */
export function auditPlan(settings: AuditSettings): ConcernPlan {
  const rules = textFile(RULES, auditRules(settings.onFailure === "halt"), "0640");
  const daemon = textFile("/etc/audit/auditd.conf", daemonText(settings), "0640");
  const conditions = AUDIT_UNITS.map(notInContainer);
  return {
    ...EMPTY_PLAN,
    packages: ["auditd"],
    directories: [
      { path: "/etc/audit", owner: "root:root", mode: "0750" },
      { path: "/etc/audit/rules.d", owner: "root:root", mode: "0750", exclusive: { noun: "audit rules", keep: [] } },
      ...AUDIT_UNITS.map((unit) => ({ path: `/etc/systemd/system/${unit}.d`, owner: "root:root", mode: "0755" }) as const),
    ],
    files: [rules, daemon, ...conditions],
    steps: [readUnits(conditions), ...FORGOTTEN_FAILURES, ...steps(rules, daemon)],
    checks: auditChecks(RULES),
  };
}

// A container has its machine's kernel, which takes audit rules from nobody in it: the units would fail at each start.
function notInContainer(unit: string): PlanFile {
  return textFile(`/etc/systemd/system/${unit}.d/phiward.conf`, "[Unit]\nConditionVirtualization=!container\n");
}

// The package starts its units when it is installed, before the condition is there.
const FORGOTTEN_FAILURES: readonly Step[] = AUDIT_UNITS.map((unit) => ({
  id: `forget-failure-of-${unit}`,
  argv: ["systemctl", "reset-failed", unit],
  phase: "after",
  when: {
    kind: "state",
    unless: { argv: ["systemctl", "show", "--property=ActiveState", unit], expect: { kind: "lacks", pattern: "^ActiveState=failed$" } },
  },
  undo: { kind: "none" },
}));

function steps(rules: PlanFile, daemon: PlanFile): readonly Step[] {
  const directories = Object.entries(WATCHED_DIRECTORIES).map(([path, mode]) => `${mode}:${path}`);
  return [
    {
      id: "load-audit-rules-now-or-at-the-next-restart",
      argv: programCommand("audit", "settle", RULES, ...directories),
      phase: "after",
      when: { kind: "change", on: [rules] },
      // What the kernel has locked stays as it is until the next restart, and is read from the files then.
      undo: { kind: "none" },
      notInContainer: true,
      advice: "see in that log which rule the kernel refused",
    },
    ...[...AUDIT_UNITS, JOURNAL_SOCKET].map((unit) => enableStep(unit, { requiredNow: true })),
    {
      // A socket of a service that runs cannot be started: it is, by the restart of the service that wants it.
      id: "restart-journald-for-audit",
      argv: ["systemctl", "restart", "systemd-journald.service"],
      phase: "after",
      when: {
        kind: "state",
        unless: { argv: ["systemctl", "--quiet", "is-active", JOURNAL_SOCKET], expect: { kind: "exit", code: 0 } },
      },
      undo: { kind: "none" },
      notInContainer: true,
    },
    {
      id: "start-auditd.service",
      argv: ["systemctl", "start", "auditd.service"],
      phase: "after",
      when: {
        kind: "state",
        unless: { argv: ["systemctl", "--quiet", "is-active", "auditd.service"], expect: { kind: "exit", code: 0 } },
      },
      undo: { kind: "none" },
      notInContainer: true,
    },
    {
      id: "reload-auditd",
      argv: ["auditctl", "--signal", "reload"],
      phase: "after",
      when: { kind: "change", on: [daemon] },
      undo: { kind: "again" },
      notInContainer: true,
    },
  ];
}

/** See auditd.conf(5). The oldest file goes when there are enough, with `halt` too: the journal has the records. */
function daemonText({ onFailure, megabytes }: AuditSettings): string {
  const worst = onFailure === "halt" ? "HALT" : undefined;
  return [
    "local_events = yes",
    "write_logs = yes",
    "log_file = /var/log/audit/audit.log",
    "log_group = root",
    "log_format = ENRICHED",
    "flush = INCREMENTAL_ASYNC",
    "freq = 50",
    `max_log_file = ${String(Math.floor(megabytes / FILES))}`,
    `num_logs = ${String(FILES)}`,
    "max_log_file_action = ROTATE",
    "name_format = HOSTNAME",
    "space_left = 10%",
    "space_left_action = SYSLOG",
    "admin_space_left = 5%",
    `admin_space_left_action = ${worst ?? "SYSLOG"}`,
    `disk_full_action = ${worst ?? "ROTATE"}`,
    `disk_error_action = ${worst ?? "SYSLOG"}`,
    "q_depth = 8192",
    `overflow_action = ${worst ?? "SYSLOG"}`,
    "priority_boost = 4",
    "plugin_dir = /etc/audit/plugins.d",
    "",
  ].join("\n");
}
