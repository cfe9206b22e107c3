import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";

/** A look from outside that asks over plain HTTP sees neither the certificate nor what clients see. */
export const uptimeCheckOverHttps: Rule = {
  id: "uptime-check-over-https",
  description: "Uptime checks ask over HTTPS, at an address without a password in it.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["MON-01"],
  remedy: "set type to https, and target to an https:// address without a user and a password",
  appliesTo: [cloudType("UptimeCheck")],
  judge(unit, report) {
    const target = unit.at("target").text();
    if (target !== undefined && /^[a-z]+:\/\/[^/]*@/i.test(target))
      report({ at: "target", found: "an address with a password in it", allowed: "one without" });
    const type = unit.has("type") ? unit.at("type").text() : undefined;
    if (type === "http" || target?.startsWith("http://") === true) report({ at: "target", found: "plain HTTP", allowed: "https" });
  },
};
