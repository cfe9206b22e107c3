import type { Finding, Rule } from "../engine/rule";
import { DROPLETS, dropletOf } from "../readers/droplets";
import type { Value } from "../readers/value";

const SWITCHES = ["backups", "monitoring"];
// What must be watched, so that someone can act before the host stops.
const WATCHED = ["cpu", "memory", "disk"];

/** A droplet is backed up by the provider, and alerts have a recipient. */
export const dropletBackupsAndMonitoringOn: Rule = {
  id: "droplet-backups-and-monitoring-on",
  description: "Every droplet has DigitalOcean's backups and monitoring, and its alerts have a recipient.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["BKP-11", "MON-02"],
  remedy: "leave both on, and name a recipient under alerts.emails of the host",
  appliesTo: DROPLETS,
  judge(unit, report) {
    const droplet = dropletOf(unit);
    for (const key of SWITCHES)
      if (droplet.at(key).flag() === false)
        report({ at: droplet.at(key).path, found: "off", allowed: "on", remedy: `set ${key} of the droplet to true` });
    if (unit.has("settings")) judgeAlerts(droplet, report);
  },
};

function judgeAlerts(settings: Value, report: (finding: Finding) => void): void {
  const emails = settings.at("emails");
  if (emails.items()?.map((email) => email.text()).length === 0)
    report({ at: emails.path, found: "no recipient", allowed: "at least one email address" });
  const thresholds = settings.at("thresholds");
  const roles = thresholds.items()?.map((threshold) => threshold.at("role").text());
  if (roles === undefined || roles.includes(undefined)) return;
  const missing = WATCHED.filter((role) => !roles.includes(role));
  if (missing.length > 0) report({ at: thresholds.path, found: `no alert about ${missing.join(", ")}`, allowed: WATCHED.join(", ") });
}
