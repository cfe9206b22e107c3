import type { StackRule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { namedBy } from "../readers/relations";

const TYPES = [cloudType("DatabaseCluster"), cloudType("DatabaseReplica")];

/** Without trusted sources a managed database answers the whole Internet, and its password is all that protects it. */
export const databaseClusterBehindFirewall: StackRule = {
  id: "database-cluster-behind-firewall",
  description: "Every managed database and every replica has a database firewall.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["CLD-05"],
  remedy: "add a DatabaseFirewall with the cluster's id, and name the droplets or tags that need it",
  notWaivable: "anyone could try to log in to patients' data",
  appliesTo: TYPES,
  judge(stack, report) {
    const isGuarded = namedBy(stack.of(cloudType("DatabaseFirewall")), "clusterId");
    for (const type of TYPES)
      for (const database of stack.of(type))
        if (isGuarded(database) === false)
          report({ at: database.args.path, found: "a database without a firewall", allowed: "one that names its trusted sources" });
  },
};
