import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { optionalFlag } from "../readers/containers";

/** What is sent to a database, to its copy or to a collector of its logs holds patients' data. */
export const databaseConnectionsEncrypted: Rule = {
  id: "database-connections-encrypted",
  description: "Connections to managed databases, their migrations and their log sinks are encrypted.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["CLD-06"],
  remedy: "leave TLS on: ssl and tls true, disableSsl false, and an endpoint that begins with https://",
  appliesTo: [
    cloudType("DatabaseLogsinkOpensearch"),
    cloudType("DatabaseLogsinkRsyslog"),
    cloudType("DatabaseOnlineMigration"),
    cloudType("DatabaseRedisConfig"),
    cloudType("DatabaseValkeyConfig"),
  ],
  judge(unit, report) {
    unit.at("clusterId").text();
    // Both caches have TLS unless it is switched off; a log sink of rsyslog has it only where it is switched on.
    if (unit.has("ssl") && unit.at("ssl").flag() === false) report({ at: "ssl", found: "off", allowed: "on" });
    if (optionalFlag(unit, "disableSsl") === true) report({ at: "disableSsl", found: "TLS switched off", allowed: "false" });
    if (unit.has("server") && unit.at("server").text() !== undefined && optionalFlag(unit, "tls") === false)
      report({ at: "tls", found: "off", allowed: "on" });
    const endpoint = unit.has("endpoint") ? unit.at("endpoint").text() : undefined;
    if (endpoint !== undefined && !endpoint.startsWith("https://"))
      report({ at: "endpoint", found: "an address without TLS", allowed: "one that begins with https://" });
  },
};
