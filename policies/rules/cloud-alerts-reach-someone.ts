import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { optionalItems } from "../readers/containers";

/** An alert that is off, or that nobody gets, looks like a machine that is well. */
export const cloudAlertsReachSomeone: Rule = {
  id: "cloud-alerts-reach-someone",
  description: "Alerts of the cloud are on, and have a recipient.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["MON-01", "MON-02"],
  remedy: "leave enabled on, and name a recipient under emails or slacks",
  appliesTo: [cloudType("MonitorAlert"), cloudType("UptimeAlert"), cloudType("UptimeCheck")],
  judge(unit, report) {
    if (unit.has("enabled") && unit.at("enabled").flag() === false) report({ at: "enabled", found: "off", allowed: "on" });
    // A check has its recipients in the alerts about it.
    if (unit.has("target")) {
      unit.at("target").text();
      return;
    }
    const key = unit.has("notifications") ? "notifications" : "alerts";
    const routes = key === "alerts" ? [unit.at(key)] : unit.at(key).items();
    const recipients = routes?.flatMap((route) => [
      optionalItems(route, "emails")?.map((email) => email.text()),
      optionalItems(route, "slacks")?.map((slack) => slack.at("channel").text()),
    ]);
    if (recipients?.every((list) => list?.length === 0) === true) report({ at: key, found: "no recipient", allowed: "at least one" });
  },
};
