import type { Rule } from "../engine/rule";
import { thresholdOf } from "../engine/thresholds";
import { cloudType } from "../readers/cloud";
import { optionalItems } from "../readers/containers";

// As long as an attack usually goes unseen for.
const THRESHOLDS = {
  days: { description: "the fewest days that former versions are kept for", default: 30, minimum: 30, maximum: 3650 },
};

/** What is overwritten or deleted, by mistake or by malware, is still there for a month. */
export const bucketKeepsVersions: Rule = {
  id: "bucket-keeps-versions",
  description: "Every bucket keeps former versions of its objects for 30 days or more.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["CLD-02"],
  remedy: "set versioning.enabled to true, and noncurrentVersionExpiration to 30 days or more",
  appliesTo: [cloudType("SpacesBucket")],
  thresholds: THRESHOLDS,
  judge(unit, report, { configured }) {
    const least = thresholdOf(THRESHOLDS, "days", configured);
    if (!unit.has("versioning")) report({ at: "versioning", found: "nothing", allowed: "enabled" });
    else if (unit.at("versioning").at("enabled").flag() === false) report({ at: "versioning.enabled", found: "off", allowed: "on" });
    for (const rule of optionalItems(unit, "lifecycleRules") ?? []) {
      if (rule.at("enabled").flag() !== true || !rule.has("noncurrentVersionExpiration")) continue;
      const days = rule.at("noncurrentVersionExpiration").at("days");
      const kept = days.number();
      if (kept !== undefined && kept < least) report({ at: days.path, found: `${String(kept)} days`, allowed: `${String(least)} or more` });
    }
  },
};
