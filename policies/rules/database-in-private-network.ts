import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";

/** In a network of its own a database is reached by its servers without crossing that of others. */
export const databaseInPrivateNetwork: Rule = {
  id: "database-in-private-network",
  description: "Every managed database and every replica is in a declared private network.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["CLD-05"],
  remedy: "set privateNetworkUuid to the id of the VPC of the servers that use it",
  appliesTo: [cloudType("DatabaseCluster"), cloudType("DatabaseReplica")],
  judge(unit, report) {
    const network = unit.at("privateNetworkUuid");
    if (!unit.has("privateNetworkUuid")) report({ at: network.path, found: "the region's shared network", allowed: "its own VPC" });
    else if (network.text() === "") report({ at: network.path, found: "an empty text", allowed: "the id of a VPC" });
  },
};
