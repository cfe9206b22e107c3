import type { Rule } from "../engine/rule";
import { NETWORKED, networksOf, optionalFlag } from "../readers/containers";

const NAME = "com.docker.network.bridge.name";
const MASQUERADE = "com.docker.network.bridge.enable_ip_masquerade";

/** The firewall knows by a bridge's name that containers are behind it, and whether they may reach the Internet. */
export const containerBridgesKnown: Rule = {
  id: "container-bridges-known",
  description: "A network's bridge has the name that Docker gives it, or the one by which the firewall lets it reach the Internet.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["NET-07", "NET-13", "NET-19"],
  remedy: "declare internet: true for the service, and leave the bridge's name to the plan",
  appliesTo: NETWORKED,
  judge(unit, report) {
    for (const network of networksOf(unit)) {
      // Without a name, its arguments are hidden.
      network.at("name").text();
      const options = network.at("options");
      if (!network.has("options") || !options.has(NAME)) continue;
      const name = options.at(NAME).text();
      const masquerade = options.has(MASQUERADE) ? options.at(MASQUERADE).text() : "true";
      const internal = optionalFlag(network, "internal");
      if (name === undefined || masquerade === undefined || internal === undefined) continue;
      if (!/^br-inet-[0-9a-f]{6}$/.test(name) || masquerade !== "true" || internal)
        report({
          at: options.at(NAME).path,
          found: "a bridge with a name of its own",
          allowed: "none, or br-inet- and six hexadecimal digits where the network masquerades and is not internal",
        });
    }
  },
};
