import type { Rule } from "../engine/rule";
import { cloudType, templateOf } from "../readers/cloud";
import { optionalText } from "../readers/containers";
import { runsDownload } from "../readers/userData";

/** What is piped from the Internet into a shell is whatever its server says on that day. */
export const dropletUserDataNoUnverifiedDownload: Rule = {
  id: "droplet-user-data-no-unverified-download",
  description: "No droplet's user data runs a download whose content it has not verified.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["PKG-03"],
  remedy: "install a signed package, or compare the file's SHA-256 with one that is written down before it runs",
  appliesTo: [cloudType("Droplet"), cloudType("DropletAutoscale")],
  judge(unit, report) {
    const droplet = templateOf(unit);
    droplet.at("image").text();
    const text = optionalText(droplet, "userData");
    if (text !== undefined && runsDownload(text))
      report({ at: droplet.at("userData").path, found: "a download that goes straight into an interpreter", allowed: "verified files" });
  },
};
