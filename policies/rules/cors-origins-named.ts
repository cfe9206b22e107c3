import type { Finding, Rule } from "../engine/rule";
import { cloudType, optionalMap } from "../readers/cloud";
import { optionalItems } from "../readers/containers";
import type { Value } from "../readers/value";

const ANY = { found: "every origin, or one without TLS", allowed: "https:// and a host" };

/** A page of whoever likes would read answers in the browser of a person who is logged in. */
export const corsOriginsNamed: Rule = {
  id: "cors-origins-named",
  description: "Buckets and apps share answers with the pages of named origins only.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["CLD-01"],
  remedy: "name each origin whole, as https:// and a host",
  appliesTo: [cloudType("App"), cloudType("SpacesBucket"), cloudType("SpacesBucketCorsConfiguration")],
  judge(unit, report) {
    if (unit.has("spec")) judgeApp(unit.at("spec"), report);
    else {
      unit.at("region").text();
      // Only the resource for it needs rules.
      const isApart = unit.has("bucket") && unit.at("bucket").text() !== "";
      const rules = isApart ? unit.at("corsRules").items() : optionalItems(unit, "corsRules");
      for (const rule of rules ?? [])
        for (const origin of rule.at("allowedOrigins").items() ?? []) if (isAny(origin.text())) report({ at: origin.path, ...ANY });
    }
  },
};

function judgeApp(spec: Value, report: (finding: Finding) => void): void {
  spec.at("name").text();
  const ingress = optionalMap(spec, "ingress").flatMap((one) => optionalItems(one, "rules") ?? []);
  const parts = ["services", "staticSites", "functions"].flatMap((key) => optionalItems(spec, key) ?? []);
  const origins = [...ingress, ...parts].flatMap((part) => optionalMap(part, "cors")).flatMap((cors) => optionalMap(cors, "allowOrigins"));
  for (const origin of origins) {
    if (origin.has("exact") && isAny(origin.at("exact").text())) report({ at: origin.at("exact").path, ...ANY });
    if (origin.has("prefix") && origin.at("prefix").text() !== undefined)
      report({ at: origin.at("prefix").path, found: "a beginning, which any host may continue", allowed: ANY.allowed });
    const regex = origin.has("regex") ? origin.at("regex").text() : undefined;
    // A dot that stands for any character, or an end that is open, is more than one origin.
    if (regex !== undefined && !/^\^https:\/\/(?:[A-Za-z0-9-]|\\\.)+\$$/.test(regex))
      report({ at: origin.at("regex").path, found: "a pattern of more than one origin", allowed: "^https://host$, with each dot escaped" });
  }
}

function isAny(origin: string | undefined): boolean {
  return origin !== undefined && !/^https:\/\/[A-Za-z0-9.-]+(:\d+)?$/.test(origin);
}
