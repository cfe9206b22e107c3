import type { Rule } from "../engine/rule";
import { cloudType, forwardingRules } from "../readers/cloud";
import { optionalFlag } from "../readers/containers";
import { shown } from "../readers/value";

const TLS = ["https", "http2", "http3"];

/** The default policy accepts suites without forward secrecy, for clients that no longer exist. */
export const loadBalancerStrongCiphers: Rule = {
  id: "load-balancer-strong-ciphers",
  description: "Load balancers that end TLS accept strong suites only.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["CLD-09"],
  remedy: "set tlsCipherPolicy to STRONG",
  appliesTo: [cloudType("LoadBalancer")],
  judge(unit, report) {
    const protocols = forwardingRules(unit).map((rule) => ({
      protocol: rule.at("entryProtocol").text() ?? "",
      isPassed: optionalFlag(rule, "tlsPassthrough"),
    }));
    const endsTls = protocols.some(({ protocol, isPassed }) => TLS.includes(protocol) && isPassed === false);
    if (!endsTls) return;
    const policy = unit.has("tlsCipherPolicy") ? unit.at("tlsCipherPolicy").text() : "DEFAULT";
    if (policy !== undefined && policy !== "STRONG")
      report({ at: "tlsCipherPolicy", found: shown(policy, ["DEFAULT"]), allowed: "STRONG" });
  },
};
