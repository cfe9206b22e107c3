import type { StackRule } from "../engine/rule";
import { thresholdOf } from "../engine/thresholds";
import { FIREWALL, undeclaredOpenings } from "../readers/firewalls";
import { WIDTH_THRESHOLDS, widthOf } from "../readers/openings";

/** Who breaks into a machine sends data out by whatever port is open. */
export const cloudFirewallEgressNamed: StackRule = {
  id: "cloud-firewall-egress-named",
  description: "A cloud firewall beside those of declared hosts names the ports by which a machine reaches the world.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["NET-04"],
  remedy: "name the ports that the machine needs in outboundRules, such as 443, 53 and 123",
  appliesTo: [FIREWALL],
  thresholds: WIDTH_THRESHOLDS,
  judge(stack, report, { configured }) {
    const widest = thresholdOf(WIDTH_THRESHOLDS, "ports", configured);
    for (const { at, ports } of undeclaredOpenings(stack, "outbound", (opening) => widthOf(opening.ports) > widest))
      report({ at, found: `${String(widthOf(ports))} ports to the world`, allowed: `${String(widest)} at most in one rule` });
  },
};
