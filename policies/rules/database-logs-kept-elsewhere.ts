import type { StackRule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { namedBy } from "../readers/relations";

const SINKS = [cloudType("DatabaseLogsinkOpensearch"), cloudType("DatabaseLogsinkRsyslog")];

/** Who reads data through the database leaves traces in its log alone, which the cluster keeps for days. */
export const databaseLogsKeptElsewhere: StackRule = {
  id: "database-logs-kept-elsewhere",
  description: "Logs of every managed database are sent to another place.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["CLD-08"],
  remedy: "add a DatabaseLogsinkOpensearch or DatabaseLogsinkRsyslog with the cluster's id",
  appliesTo: [cloudType("DatabaseCluster")],
  judge(stack, report) {
    const sinks = SINKS.flatMap((type) => stack.of(type));
    const isLogged = namedBy(sinks, "clusterId");
    for (const cluster of stack.of(cloudType("DatabaseCluster")))
      if (isLogged(cluster) === false)
        report({ at: cluster.args.path, found: "a cluster without a log sink", allowed: "one that sends its log elsewhere" });
  },
};
