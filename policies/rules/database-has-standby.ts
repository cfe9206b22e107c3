import type { Rule } from "../engine/rule";
import { thresholdOf } from "../engine/thresholds";
import { cloudType } from "../readers/cloud";

const THRESHOLDS = {
  nodes: { description: "the fewest nodes of a managed database", default: 2, minimum: 2, maximum: 3 },
};

/** One node is one machine: while it is replaced, nobody reads a patient's file. */
export const databaseHasStandby: Rule = {
  id: "database-has-standby",
  description: "Every managed database has a standby node.",
  severity: "medium",
  enforcementLevel: "advisory",
  controls: ["CLD-13"],
  remedy: "set nodeCount to 2 or more",
  appliesTo: [cloudType("DatabaseCluster")],
  thresholds: THRESHOLDS,
  judge(unit, report, { configured }) {
    const least = thresholdOf(THRESHOLDS, "nodes", configured);
    const nodes = unit.at("nodeCount").number();
    if (nodes !== undefined && nodes < least) report({ at: "nodeCount", found: String(nodes), allowed: `${String(least)} or more` });
  },
};
