import type { StackRule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { namedBy } from "../readers/relations";

/** The user that a cluster comes with may do everything in it. */
export const databaseHasOwnUser: StackRule = {
  id: "database-has-own-user",
  description: "Programs log in to a managed database by a user of their own, and not by its administrator.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["CLD-07"],
  remedy: "add a DatabaseUser with the cluster's id for each program",
  appliesTo: [cloudType("DatabaseCluster")],
  judge(stack, report) {
    const hasUser = namedBy(stack.of(cloudType("DatabaseUser")), "clusterId");
    for (const { args, ...cluster } of stack.of(cloudType("DatabaseCluster")))
      if (hasUser({ args, ...cluster }) === false)
        report({ at: args.path, found: "a cluster with its administrator alone", allowed: "a user for each program" });
  },
};
