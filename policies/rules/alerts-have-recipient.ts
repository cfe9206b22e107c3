import type { Rule } from "../engine/rule";
import { jsonFile } from "../readers/files";

/** A failure that only a journal knows of is found when it is too late. */
export const alertsHaveRecipient: Rule = {
  id: "alerts-have-recipient",
  description: "When a backup, a check or a restore test fails, an alert leaves the host.",
  severity: "medium",
  enforcementLevel: "advisory",
  controls: ["BKP-10"],
  remedy: "give alerts a webhook or an email address",
  appliesTo: ["phiward:host:Backup", "phiward:host:Vault"],
  judge(unit, report) {
    const rendered = jsonFile(unit, "/etc/phiward/alert.json", report);
    for (const alerts of [unit.at("settings").at("alerts"), ...(rendered === undefined ? [] : [rendered])]) {
      const webhook = alerts.has("webhook") ? alerts.at("webhook").text() : "";
      const mail = alerts.has("mail") ? alerts.at("mail").at("to").text() : "";
      if (webhook === "" && mail === "") report({ at: alerts.path, found: "no recipient", allowed: "a webhook or an email address" });
    }
  },
};
