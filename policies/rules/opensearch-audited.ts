import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";

/** Searches are access to patients' data, and a wildcard can delete every index at once. */
export const opensearchAudited: Rule = {
  id: "opensearch-audited",
  description: "Managed OpenSearch records security events, and deletes indexes by their whole names only.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["CLD-08"],
  remedy: "set enableSecurityAudit and actionDestructiveRequiresName to true",
  appliesTo: [cloudType("DatabaseOpensearchConfig")],
  judge(unit, report) {
    for (const key of ["enableSecurityAudit", "actionDestructiveRequiresName"])
      if (unit.at(key).flag() === false) report({ at: key, found: "off", allowed: "on" });
  },
};
