import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { optionalItems, optionalText } from "../readers/containers";

/** A user of a database is for one program: what it does not need, who breaks into the program should not have. */
export const databaseUserLimited: Rule = {
  id: "database-user-limited",
  description: "Users of managed databases have strong authentication, and rights on what they name only.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["CLD-07"],
  remedy: "leave mysqlAuthPlugin at caching_sha2_password, and name topics and indexes with the rights that the program needs",
  appliesTo: [cloudType("DatabaseUser")],
  judge(unit, report) {
    unit.at("clusterId").text();
    if (optionalText(unit, "mysqlAuthPlugin") === "mysql_native_password")
      report({ at: "mysqlAuthPlugin", found: "mysql_native_password", allowed: "caching_sha2_password" });
    for (const setting of optionalItems(unit, "settings") ?? [])
      for (const [key, name] of [
        ["acls", "topic"],
        ["opensearchAcls", "index"],
      ] as const)
        for (const acl of optionalItems(setting, key) ?? []) {
          const isAll = acl.at(name).text() === "*";
          const permission = acl.at("permission").text();
          if (permission === "admin" || (isAll && permission !== undefined && permission !== "deny"))
            report({ at: acl.path, found: "rights on everything, or an administrator's", allowed: "rights on what the program needs" });
        }
  },
};
