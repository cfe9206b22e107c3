import type { Rule } from "../engine/rule";
import { cloudType, templateOf } from "../readers/cloud";

/** Without a key DigitalOcean sets a password for root and sends it by email. */
export const dropletHasSshKey: Rule = {
  id: "droplet-has-ssh-key",
  description: "Every droplet is created with an SSH key, and so without a password for root.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["SSH-03"],
  remedy: "name at least one key in sshKeys",
  appliesTo: [cloudType("Droplet"), cloudType("DropletAutoscale")],
  judge(unit, report) {
    const keys = templateOf(unit).at("sshKeys");
    if (keys.items()?.map((key) => key.text()).length === 0) report({ at: keys.path, found: "no key", allowed: "at least one" });
  },
};
