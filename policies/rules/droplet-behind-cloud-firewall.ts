import type { StackRule } from "../engine/rule";
import { cloudType, templateOf } from "../readers/cloud";
import { FIREWALL } from "../readers/firewalls";
import { namedBy, sharesTag } from "../readers/relations";

const DROPLET = cloudType("Droplet");
const POOL = cloudType("DropletAutoscale");

/** The cloud's firewall holds while the machine's own is not there yet, or not any more. */
export const dropletBehindCloudFirewall: StackRule = {
  id: "droplet-behind-cloud-firewall",
  description: "Every droplet is behind a cloud firewall, by its id or by a tag.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["NET-01"],
  remedy: "add a Firewall with the droplet under dropletIds, or with one of its tags under tags",
  appliesTo: [DROPLET, POOL],
  judge(stack, report) {
    const firewalls = stack.of(FIREWALL);
    const named = namedBy(firewalls, "dropletIds");
    const tagged = sharesTag(firewalls);
    for (const droplet of [...stack.of(DROPLET), ...stack.of(POOL)]) {
      const isNamed = named(droplet);
      if (isNamed !== true && tagged(droplet, templateOf(droplet.args)) === false && isNamed === false)
        report({ at: droplet.args.path, found: "a droplet outside of every cloud firewall", allowed: "one that names it or its tag" });
    }
  },
};
