import type { Rule } from "../engine/rule";
import { NEVER_PUBLIC } from "../readers/databases";
import { filesAt } from "../readers/files";
import { direction, letsThrough, netfilter } from "../readers/netfilter";
import { isWorld } from "../readers/network";

/** A database is for the services beside it, never for the Internet. */
export const noPublicDatabasePort: Rule = {
  id: "no-public-database-port",
  description: "The firewall opens no port of a database or of administration to the world.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["NET-09", "PG-13", "RDS-03"],
  remedy: "take the port out of publicPorts and reach the database through the service in front of it or an SSH session",
  notWaivable: "anyone could try to log in to patients' data",
  appliesTo: ["phiward:host:Ufw"],
  judge(unit, report) {
    for (const rule of unit.at("settings").at("rules").items() ?? []) {
      const action = rule.at("action").text();
      const port = rule.at("port").number();
      const from = rule.has("from") ? rule.at("from").text() : "the whole Internet";
      const database = port === undefined ? undefined : NEVER_PUBLIC.get(port);
      if (action === "deny" || action === "reject" || database === undefined || from === undefined || !isWorld(from)) continue;
      report({
        at: rule.path,
        found: `port ${String(port)} (${database}) open to the world`,
        allowed: "ports of databases and of administration from single networks at most",
      });
    }

    filesAt(unit, ["/etc/ufw/user.rules", "/etc/ufw/user6.rules"], report);
    for (const rule of netfilter(unit).rules) {
      if (direction(rule.chain) !== "in" || !letsThrough(rule) || (rule.source !== undefined && !isWorld(rule.source))) continue;
      const open = [...NEVER_PUBLIC].filter(([port]) => rule.ports?.some(([from, to]) => from <= port && port <= to) ?? true);
      if (open.length > 0)
        report({
          at: rule.at,
          found: `a rule that opens port ${open.map(([port, database]) => `${String(port)} (${database})`).join(", ")} to the world`,
          allowed: "ports of databases and of administration from single networks at most",
        });
    }
  },
};
