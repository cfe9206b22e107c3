import type { Rule } from "../engine/rule";
import { DROPLETS, dropletOf } from "../readers/droplets";

/** The host decides on access: the provider's agent would admit its web console by its own keys. */
export const dropletAccessOnlyBySsh: Rule = {
  id: "droplet-access-only-by-ssh",
  description: "No droplet runs the agent of DigitalOcean's web console, and each has its own private network.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["SSH-22", "NET-18"],
  remedy: "set dropletAgent to false, and create a VPC for the droplet",
  appliesTo: DROPLETS,
  judge(unit, report) {
    const droplet = dropletOf(unit);
    const agent = droplet.at("dropletAgent");
    if (agent.flag() === true) report({ at: agent.path, found: "on", allowed: "off" });
    // A component makes its network itself.
    const network = droplet.at(unit.has("settings") ? "vpc" : "vpcUuid");
    if (unit.has("settings")) network.keys();
    else if (droplet.has("vpcUuid")) network.text();
    else report({ at: network.path, found: "the region's shared network", allowed: "its own VPC" });
  },
};
