import type { Rule } from "../engine/rule";
import { cloudType, forwardingRules, optionalMap } from "../readers/cloud";
import { optionalFlag } from "../readers/containers";

// Ports at which a server behind it speaks HTTP without TLS, although the balancer takes it for TCP.
const PLAIN = [80, 8000, 8080];

/** What a client sends over plain HTTP is read on the way, the first request with its cookies too. */
export const loadBalancerHttpsOnly: Rule = {
  id: "load-balancer-https-only",
  description: "Load balancers accept HTTPS only, and redirect plain HTTP to it.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["CLD-09"],
  remedy: "remove the http rule, or set redirectHttpToHttps to true beside an https rule",
  appliesTo: [cloudType("LoadBalancer")],
  judge(unit, report) {
    const redirect = optionalFlag(unit, "redirectHttpToHttps");
    for (const settings of optionalMap(unit, "glbSettings"))
      if (settings.at("targetProtocol").text() === "http" && redirect === false)
        report({ at: settings.path, found: "plain HTTP", allowed: "https, or a redirect to it" });
    for (const rule of forwardingRules(unit)) {
      const protocol = rule.at("entryProtocol").text();
      const port = rule.at("entryPort").number();
      const isPlain = protocol === "http" || (protocol === "tcp" && PLAIN.includes(port ?? 0));
      if (isPlain && (redirect === false || protocol === "tcp"))
        report({ at: rule.path, found: "plain HTTP", allowed: "https, or a redirect to it" });
    }
  },
};
