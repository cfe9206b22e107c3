import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { shown } from "../readers/value";

/** An uploaded certificate ends on a day that nobody has in mind. */
export const cloudCertificateRenewed: Rule = {
  id: "cloud-certificate-renewed",
  description: "Certificates at the cloud are issued and renewed by the cloud itself.",
  severity: "medium",
  enforcementLevel: "advisory",
  controls: ["CRT-01"],
  remedy: "set type to lets_encrypt and name the domains, or watch the end of an uploaded certificate by an UptimeAlert",
  appliesTo: [cloudType("Certificate")],
  judge(unit, report) {
    const type = unit.at("type");
    const found = type.text();
    if (found !== undefined && found !== "lets_encrypt")
      report({ at: type.path, found: shown(found, ["custom"]), allowed: "lets_encrypt" });
  },
};
