import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { optionalItems, optionalText } from "../readers/containers";

/** What was deleted at a patient's wish would be kept for ever as a former version. */
export const bucketFormerVersionsExpire: Rule = {
  id: "bucket-former-versions-expire",
  description: "Every bucket removes former versions of its objects in the end.",
  severity: "low",
  enforcementLevel: "advisory",
  controls: ["LOG-05"],
  remedy: "add a lifecycle rule for the whole bucket, enabled, with noncurrentVersionExpiration",
  appliesTo: [cloudType("SpacesBucket")],
  judge(unit, report) {
    unit.at("region").text();
    const rules = optionalItems(unit, "lifecycleRules")?.map((rule) => ({
      isOn: rule.at("enabled").flag(),
      expires: rule.has("noncurrentVersionExpiration") ? rule.at("noncurrentVersionExpiration").keys() : [],
      prefix: optionalText(rule, "prefix"),
    }));
    if (
      rules?.every(({ isOn, expires, prefix }) => isOn === false || expires?.length === 0 || (prefix !== undefined && prefix !== "")) ===
      true
    )
      report({ at: "lifecycleRules", found: "no rule that removes former versions", allowed: "one for the whole bucket" });
  },
};
