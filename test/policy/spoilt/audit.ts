import { textOf } from "../fixtures";
import { type Allowed, added, allowed, becomes, begun, type Refused, refused, replaced } from "./spoil";

const RULES = textOf("audit", "/etc/audit/rules.d/phiward.rules");
const DAEMON = textOf("audit", "/etc/audit/auditd.conf");

/** What the rules about audit must refuse. */
export const AUDIT_REFUSED: readonly Refused[] = [
  ...refused("audit-records-what-matters", "audit", [
    ["a person is left out", RULES, begun("-a never,exit -F auid=1001\n"), "found line 1, which is not known"],
    ["reads of secrets leave no record", RULES, replaced("secrets -F perm=rwa", "secrets -F perm=wa"), "which is not known"],
    ["a file is not watched", RULES, replaced("path=/etc/sudoers ", "path=/etc/motd "), "-F path=/etc/sudoers -F perm=wa"],
    [
      "what people do as root leaves no record",
      RULES,
      replaced("-F euid=0 -F auid>=1000", "-F euid=0 -F auid>=9000"),
      "-F euid=0 -F auid>=1000",
    ],
    ["the queue is short", RULES, replaced("-b 16384", "-b 64"), "which is not known"],
  ]),
  ...refused("audit-immutable", "audit", [
    ["rules are not locked", RULES, replaced("-e 2", "-e 1"), "found another last line, allowed: -e 2"],
    ["the lock is not the last line", RULES, added("-D"), "found another last line"],
    ["records are switched off before", RULES, begun("-e 0\n"), "found -e more than once"],
  ]),
  ...refused("audit-failure-by-choice", "audit", [
    ["a full disk ends the records", DAEMON, replaced("disk_full_action = ROTATE", "disk_full_action = SUSPEND"), "which is not known"],
    ["a full disk stops a clinic that did not ask for it", DAEMON, replaced("= ROTATE", "= HALT"), "which is not known"],
    ["records are written nowhere", DAEMON, replaced("write_logs = yes", "write_logs = no"), "allowed: write_logs = yes"],
    ["others read the records", DAEMON, replaced("log_group = root", "log_group = adm"), "allowed: log_group = root"],
    ["it stops at a full queue", RULES, replaced("-f 1", "-f 2"), "found another -f, or none, allowed: -f 1"],
    [
      "a daemon that hangs holds up services for a minute",
      RULES,
      replaced("wait_time 25", "wait_time 15000"),
      "found a longer --backlog_wait_time, or none, allowed: at most 250",
    ],
    ["it is to halt, and its files say otherwise", "settings.onFailure", becomes("halt"), "found another -f, or none, allowed: -f 2"],
    [
      "that a daemon that hangs is not waited for stands in a comment",
      RULES,
      replaced("--backlog_wait_time", "# --backlog_wait_time"),
      "found a longer --backlog_wait_time, or none",
    ],
    ["it waits a second and a bit", RULES, replaced("wait_time 25", "wait_time 251"), "found a longer --backlog_wait_time, or none"],
    ["the choice is none", "settings.onFailure", becomes("ignore"), "settings.onFailure: found another value"],
  ]),
];

/** What they must let pass. */
export const AUDIT_ALLOWED: readonly Allowed[] = [
  ...allowed("audit-records-what-matters", "audit", [["a line is a comment", RULES, begun("# rules\n")]]),
  ...allowed("audit-immutable", "audit", [["an empty line is last", RULES, added("")]]),
  ...allowed("audit-failure-by-choice", "audit", [
    ["it waits for a second", RULES, replaced("wait_time 25", "wait_time 250")],
    ["there are more files", DAEMON, replaced("num_logs = 8", "num_logs = 40")],
  ]),
];
