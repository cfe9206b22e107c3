import type { Rule } from "../engine/rule";
import { thresholdOf } from "../engine/thresholds";
import { cloudType } from "../readers/cloud";
import { openings, WIDTH_THRESHOLDS, widthOf } from "../readers/openings";

/** A firewall that opens all ports to the world is not one, however that is written. */
export const cloudFirewallPortsNamed: Rule = {
  id: "cloud-firewall-ports-named",
  description: "A cloud firewall opens single ports, or short ranges of them, to the world.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["NET-01"],
  remedy: "name each port that the world may reach in inboundRules, in a rule of its own",
  appliesTo: [cloudType("Firewall")],
  thresholds: WIDTH_THRESHOLDS,
  judge(unit, report, { configured }) {
    const widest = thresholdOf(WIDTH_THRESHOLDS, "ports", configured);
    for (const { at, ports } of openings(unit.at("inboundRules"), "sourceAddresses"))
      if (widthOf(ports) > widest)
        report({ at, found: `${String(widthOf(ports))} ports open to the world`, allowed: `${String(widest)} at most in one rule` });
  },
};
