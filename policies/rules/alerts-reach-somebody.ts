import type { Rule } from "../engine/rule";
import { jsonFile } from "../readers/files";

/** A failure that only a journal knows of is found when it is too late. */
export const alertsReachSomebody: Rule = {
  id: "alerts-reach-somebody",
  description: "When a backup, a check or a restore test fails, somebody is told outside of the host.",
  severity: "medium",
  enforcementLevel: "advisory",
  controls: ["BKP-10"],
  remedy: "give alerts a webhook or a mail address",
  appliesTo: ["phiward:host:Backup", "phiward:host:Vault"],
  judge(unit, report) {
    const rendered = jsonFile(unit, "/etc/phiward/alert.json", report);
    for (const alerts of [unit.at("state").at("alerts"), ...(rendered === undefined ? [] : [rendered])]) {
      const webhook = alerts.has("webhook") ? alerts.at("webhook").text() : "";
      const mail = alerts.has("mail") ? alerts.at("mail").at("to").text() : "";
      if (webhook === "" && mail === "") report({ at: alerts.path, found: "nobody who is told", allowed: "a webhook or a mail address" });
    }
  },
};
