import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";

/** The image is the whole system: who can change it on the way has every droplet made from it. */
export const customImageOverHttps: Rule = {
  id: "custom-image-over-https",
  description: "Custom images are fetched over HTTPS, by an address without a password in it.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["PKG-03"],
  remedy: "give an https:// address without a user and a password",
  appliesTo: [cloudType("CustomImage")],
  judge(unit, report) {
    const url = unit.at("url").text();
    if (url === undefined) return;
    if (!/^https:\/\//i.test(url)) report({ at: "url", found: "an address without TLS", allowed: "one that begins with https://" });
    if (/^[a-z]+:\/\/[^/]*@/i.test(url)) report({ at: "url", found: "an address with a password in it", allowed: "one without" });
  },
};
