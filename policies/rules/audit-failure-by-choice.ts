import type { Rule } from "../engine/rule";
import { demandClosed } from "../readers/closedLines";
import { filesAt } from "../readers/files";

const RULES = "/etc/audit/rules.d/phiward.rules";
// A second: for so long a daemon that hangs holds up whoever makes a record.
const MOST_TICKS = 250;

function daemonLines(worst: string, full: string): readonly string[] {
  return [
    "local_events = yes",
    "write_logs = yes",
    "log_file = /var/log/audit/audit.log",
    "log_group = root",
    "log_format = ENRICHED",
    "flush = INCREMENTAL_ASYNC",
    "freq = {1..100}",
    "max_log_file = {8..1250}",
    "num_logs = {5..99}",
    "max_log_file_action = ROTATE",
    "name_format = HOSTNAME",
    "space_left = {5..50}%",
    "space_left_action = SYSLOG",
    "admin_space_left = {2..49}%",
    `admin_space_left_action = ${worst}`,
    `disk_full_action = ${full}`,
    `disk_error_action = ${worst}`,
    "q_depth = {2000..99999}",
    `overflow_action = ${worst}`,
    "priority_boost = {0..10}",
    "plugin_dir = /etc/audit/plugins.d",
  ];
}

/** Neither does a full disk end the record without a word, nor does it stop a clinic unless its owner says so. */
export const auditFailureByChoice: Rule = {
  id: "audit-failure-by-choice",
  description: "Where audit records cannot be written, a host does what audit.onFailure declares, and nothing is suspended in silence.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["IDS-14", "IDS-15"],
  remedy: "set audit.onFailure to alert or halt, and let the concern audit write the daemon's file",
  appliesTo: ["phiward:host:Audit"],
  judge(unit, report) {
    const choice = unit.at("settings").at("onFailure");
    const chosen = choice.text();
    if (chosen === undefined) return;
    if (chosen !== "alert" && chosen !== "halt") {
      report({ at: choice.path, found: "another value", allowed: "alert or halt" });
      return;
    }
    const halts = chosen === "halt";
    const lines = daemonLines(halts ? "HALT" : "SYSLOG", halts ? "HALT" : "ROTATE");
    demandClosed(unit, [{ path: "/etc/audit/auditd.conf", lines, comment: /^#/ }], {}, report);
    const kernel = `-f ${halts ? "2" : "1"}`;
    for (const { at, texts } of filesAt(unit, [RULES], report))
      for (const text of texts) {
        if (!text.split("\n").includes(kernel)) report({ at, found: "another -f, or none", allowed: kernel });
        if (!halts && waitTicks(text) > MOST_TICKS)
          report({ at, found: "a longer --backlog_wait_time, or none", allowed: `at most ${String(MOST_TICKS)}` });
      }
  },
};

// Without the setting the kernel has its own, a minute.
function waitTicks(text: string): number {
  return Number(/^--backlog_wait_time (\d{1,9})$/m.exec(text)?.[1] ?? Number.POSITIVE_INFINITY);
}
