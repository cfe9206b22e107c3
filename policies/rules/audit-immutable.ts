import type { Rule } from "../engine/rule";
import { filesAt, filesWhere } from "../readers/files";

const FILE = "/etc/audit/rules.d/phiward.rules";

/** Whoever becomes root for a moment cannot switch the records off: that takes a restart, which is itself on record. */
export const auditImmutable: Rule = {
  id: "audit-immutable",
  description: "Audit rules are locked once they are loaded, until the next restart.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["IDS-13"],
  remedy: "let the concern audit write its rules, which end with -e 2",
  appliesTo: ["phiward:host:Audit"],
  judge(unit, report) {
    for (const { at, texts } of filesAt(unit, [FILE], report))
      for (const text of texts) {
        const lines = text.split("\n").flatMap((line) => (/^\s*(#|$)/.test(line) ? [] : [line.trim()]));
        if (lines.at(-1) !== "-e 2") report({ at, found: "another last line", allowed: "-e 2" });
        if (lines.filter((line) => /^-e\b|^--reset/.test(line)).length > 1)
          report({ at, found: "-e more than once", allowed: "-e 2 alone" });
      }
    // augenrules(8) puts all files of the directory together, by name.
    for (const { path, at } of filesWhere(unit, (found) => /^\/etc\/audit\/(rules|plugins)\.d\//.test(found)).files)
      if (path !== FILE) report({ at, found: "another file of audit rules or plugins", allowed: FILE });
  },
};
