import type { Rule } from "../engine/rule";
import { optionalText } from "../readers/containers";

/** What passes between a service and its database is patients' data and passwords, and whoever gets into one container may listen. */
export const databasesEncryptConnections: Rule = {
  id: "databases-encrypt-connections",
  description: "Services connect to their databases by TLS, and know them by certificates of the host's own authority.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["PG-04", "RDS-06"],
  remedy: "take `unencrypted` out of the database, or waive this for the time until its program can TLS",
  appliesTo: ["phiward:host:Docker"],
  judge(unit, report) {
    for (const database of unit.at("settings").at("databases").items() ?? []) {
      // A database has a name: without one, its arguments are hidden.
      database.at("name").text();
      if (database.has("unencrypted") && (optionalText(database, "unencrypted") ?? "") !== "")
        report({ at: `${database.path}.unencrypted`, found: "a database that accepts connections without TLS", allowed: "none" });
    }
  },
};
