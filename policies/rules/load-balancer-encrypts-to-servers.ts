import type { Rule } from "../engine/rule";
import { cloudType, forwardingRules, optionalMap } from "../readers/cloud";

/** Behind the balancer requests cross the provider's network: plainly only inside a network of one's own. */
export const loadBalancerEncryptsToServers: Rule = {
  id: "load-balancer-encrypts-to-servers",
  description: "Load balancers reach their servers by TLS, or inside a declared private network.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["CLD-09"],
  remedy: "set targetProtocol to https, or vpcUuid to the servers' own VPC",
  appliesTo: [cloudType("LoadBalancer")],
  judge(unit, report) {
    const settings = optionalMap(unit, "glbSettings");
    const isApart = unit.has("vpcUuid") ? unit.at("vpcUuid").text() !== "" : false;
    for (const rule of [...settings, ...forwardingRules(unit)])
      if (rule.at("targetProtocol").text() === "http" && !isApart)
        report({ at: rule.path, found: "plain HTTP to the servers", allowed: "https, or a VPC of their own" });
  },
};
