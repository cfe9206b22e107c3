import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";

/** Droplets that a pool adds by itself are like any other: nobody looks at them one by one. */
export const dropletPoolPrivate: Rule = {
  id: "droplet-pool-private",
  description: "Droplets of a pool are in a network of their own, and without the agent of DigitalOcean's web console.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["SSH-22", "NET-18"],
  remedy: "set withDropletAgent to false and vpcUuid to a VPC of their own in dropletTemplate",
  appliesTo: [cloudType("DropletAutoscale")],
  judge(unit, report) {
    const template = unit.at("dropletTemplate");
    const agent = template.at("withDropletAgent");
    if (agent.flag() === true) report({ at: agent.path, found: "on", allowed: "off" });
    if (template.has("vpcUuid")) template.at("vpcUuid").text();
    else report({ at: template.at("vpcUuid").path, found: "the region's shared network", allowed: "their own VPC" });
  },
};
