import type { Rule } from "../engine/rule";
import { policyFaults } from "../readers/contentPolicy";
import { everywhere, NGINX, nginx } from "../readers/nginx";

/**
 * Many interfaces write styles into their pages. What that costs is less than with scripts, and not nothing: a style alone can imitate a
 * form, hide a warning, and send out the value of a field, letter by letter, by the pictures that it asks for.
 */
export const nginxStylesNotInline: Rule = {
  id: "nginx-styles-not-inline",
  description: "Pages take their styles from files, by hash or by nonce, and never from what anyone wrote into them.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["TLS-09"],
  remedy:
    "take the word out of contentSecurityPolicy of the site; where the interface does not work without it, waive this rule for the host's nginx with the reason, and leave img-src and font-src to named origins",
  appliesTo: [NGINX],
  judge(unit, report) {
    const judge = (at: string, policy: string): void => {
      for (const { isStyle, ...fault } of policyFaults(policy)) if (isStyle) report({ at, ...fault });
    };
    for (const site of unit.at("settings").at("sites").items() ?? []) {
      const policy = site.at("contentSecurityPolicy");
      const text = policy.text();
      if (text !== undefined) judge(policy.path, text);
    }
    for (const top of nginx(unit).versions)
      for (const { at, args } of everywhere(top, "add_header"))
        if (args[0]?.toLowerCase() === "content-security-policy") judge(at, args[1] ?? "");
  },
};
