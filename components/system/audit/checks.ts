import { programCommand } from "../../plan/programs";
import { isEnabled } from "../../plan/systemd";
import type { Check } from "../../plan/types";

/** What loads the rules, and what writes the records down. */
export const AUDIT_UNITS = ["audit-rules.service", "auditd.service"] as const;

/**
 * By it the journal gets each record from the kernel itself, its fields apart. By way of syslog they would count against the limit of
 * lines of one service, and records would be left out.
 */
export const JOURNAL_SOCKET = "systemd-journald-audit.socket";

const SHARED_KERNEL = "container kernel: audit is the machine's, and takes no rules from a container";

/** Asked of the kernel: rules in a file record nothing. */
export function auditChecks(rules: string): readonly Check[] {
  const state = programCommand("audit", "state", rules);
  return [
    {
      id: "audit-rules-in-effect",
      control: "IDS-04",
      argv: state,
      expect: { kind: "oneOf", texts: ["active", "declared, active after the next restart"] },
      skipInContainer: SHARED_KERNEL,
    },
    {
      // Rules that were changed while the kernel had them locked wait for the restart, which is no fault of the deploy.
      id: "audit-rules-locked",
      control: "IDS-13",
      argv: state,
      expect: { kind: "equals", text: "active" },
      skipInContainer: SHARED_KERNEL,
      onlyWarns: true,
    },
    {
      // Since the start of the host: a queue that was full, or no daemon for a while.
      id: "audit-records-not-lost",
      control: "IDS-14",
      argv: programCommand("audit", "health"),
      expect: { kind: "equals", text: "a daemon takes them; lost 0" },
      skipInContainer: SHARED_KERNEL,
      onlyWarns: true,
      outOfReach: true,
    },
    {
      id: "audit-daemon-runs",
      control: "IDS-04",
      argv: ["systemctl", "is-active", "auditd.service"],
      expect: { kind: "equals", text: "active" },
      skipInContainer: SHARED_KERNEL,
    },
    ...AUDIT_UNITS.map((unit) => isEnabled(unit, { id: `${unit.replace(".service", "")}-starts-at-boot`, control: "IDS-04" })),
    {
      id: "audit-records-in-journal",
      control: "LOG-01",
      argv: ["systemctl", "is-active", JOURNAL_SOCKET],
      expect: { kind: "equals", text: "active" },
      skipInContainer: SHARED_KERNEL,
    },
    {
      id: "audit-files-of-root-alone",
      control: "IDS-15",
      argv: ["find", "/var/log/audit", "/etc/audit", "-ignore_readdir_race", "(", "!", "-user", "root", "-o", "-perm", "/o+rwx", ")"],
      expect: { kind: "equals", text: "" },
    },
    {
      id: "audit-programs-of-root-alone",
      control: "IDS-15",
      argv: [
        "find",
        "/usr/sbin/auditctl",
        "/usr/sbin/auditd",
        "/usr/sbin/augenrules",
        "(",
        "!",
        "-user",
        "root",
        "-o",
        "-perm",
        "/022",
        ")",
      ],
      expect: { kind: "equals", text: "" },
    },
  ];
}
