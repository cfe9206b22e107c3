import type { Rule } from "../engine/rule";
import { cloudType, templateOf } from "../readers/cloud";
import { optionalText } from "../readers/containers";
import { secretInUserData } from "../readers/userData";

/** User data are not for secrets: the metadata service shows them to every process of the droplet, for as long as it lives. */
export const dropletUserDataNoSecret: Rule = {
  id: "droplet-user-data-no-secret",
  description: "No droplet has a secret in its user data, other than the first host key that cloud-init installs.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["SEC-02"],
  remedy: "take the secret out of userData, replace it wherever it is used, and send it over SSH once the droplet is there",
  appliesTo: [cloudType("Droplet"), cloudType("DropletAutoscale")],
  judge(unit, report) {
    const droplet = templateOf(unit);
    droplet.at("image").text();
    const text = optionalText(droplet, "userData");
    const kind = text === undefined ? undefined : secretInUserData(text);
    if (kind !== undefined) report({ at: droplet.at("userData").path, found: kind, allowed: "no secret" });
  },
};
