import type { Rule } from "../engine/rule";

/** A machine that is gone cannot say so. */
export const monitoringHeartbeatDeclared: Rule = {
  id: "monitoring-heartbeat-declared",
  description: "An outside address hears from the vault every few minutes, and alerts when it does not.",
  severity: "medium",
  enforcementLevel: "advisory",
  controls: ["MON-01", "MON-04"],
  remedy: "declare monitoring.heartbeat with an address of a service that watches cron jobs, at another provider",
  appliesTo: ["phiward:host:Monitor"],
  judge(unit, report) {
    const settings = unit.at("settings");
    const heartbeat = settings.at("heartbeat");
    if (!settings.has("heartbeat")) {
      report({ at: heartbeat.path, found: "no heartbeat", allowed: "an https address of another provider" });
      return;
    }
    const url = heartbeat.at("url");
    const found = url.text();
    if (found !== undefined && !found.startsWith("https://"))
      report({ at: url.path, found: "another address", allowed: "an https address" });
  },
};
