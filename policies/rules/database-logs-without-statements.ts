import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { optionalFlag, optionalText } from "../readers/containers";

/** A statement holds the values that it writes: patients' data would be in logs, and wherever those are sent. */
export const databaseLogsWithoutStatements: Rule = {
  id: "database-logs-without-statements",
  description: "Managed databases write no statements and no verbose errors to their logs.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["CLD-08"],
  remedy: "leave logMinDurationStatement at -1, logErrorVerbosity below VERBOSE, and slowQueryLog off",
  appliesTo: [cloudType("DatabaseMysqlConfig"), cloudType("DatabasePostgresqlConfig")],
  judge(unit, report) {
    unit.at("clusterId").text();
    const duration = unit.has("logMinDurationStatement") ? unit.at("logMinDurationStatement").number() : -1;
    if (duration !== undefined && duration !== -1)
      report({ at: "logMinDurationStatement", found: "statements that take a while in the log", allowed: "-1" });
    if (optionalText(unit, "logErrorVerbosity")?.toUpperCase() === "VERBOSE")
      report({ at: "logErrorVerbosity", found: "VERBOSE", allowed: "DEFAULT or TERSE" });
    if (optionalFlag(unit, "slowQueryLog") === true) report({ at: "slowQueryLog", found: "on", allowed: "off" });
    if (optionalFlag(unit, "innodbPrintAllDeadlocks") === true) report({ at: "innodbPrintAllDeadlocks", found: "on", allowed: "off" });
  },
};
