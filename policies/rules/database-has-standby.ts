import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";

/** One node is one machine: while it is replaced, nobody reads a patient's file. */
export const databaseHasStandby: Rule = {
  id: "database-has-standby",
  description: "Every managed database has a standby node.",
  severity: "medium",
  enforcementLevel: "advisory",
  controls: ["CLD-13"],
  remedy: "set nodeCount to 2 or more",
  appliesTo: [cloudType("DatabaseCluster")],
  judge(unit, report) {
    const nodes = unit.at("nodeCount").number();
    if (nodes !== undefined && nodes < 2) report({ at: "nodeCount", found: String(nodes), allowed: "2 or more" });
  },
};
