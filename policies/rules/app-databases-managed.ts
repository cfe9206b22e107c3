import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { optionalFlag, optionalItems } from "../readers/containers";

/** A development database has no backups, no standby and no firewall. */
export const appDatabasesManaged: Rule = {
  id: "app-databases-managed",
  description: "Databases of apps are managed clusters of the stack, and no development databases.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["BKP-01", "CLD-05"],
  remedy: "set production to true and clusterName to a DatabaseCluster",
  appliesTo: [cloudType("App")],
  judge(unit, report) {
    const spec = unit.at("spec");
    spec.at("name").text();
    for (const database of optionalItems(spec, "databases") ?? []) {
      if (optionalFlag(database, "production") === false)
        report({ at: database.path, found: "a development database", allowed: "production" });
      if (!database.has("clusterName")) report({ at: database.path, found: "no cluster", allowed: "the name of a DatabaseCluster" });
      else database.at("clusterName").text();
    }
  },
};
