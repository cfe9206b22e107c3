import type { Finding, Rule } from "../engine/rule";
import { type Configured, thresholdOf } from "../engine/thresholds";
import { jsonFile } from "../readers/files";
import { demandJob } from "../readers/systemd";
import { shown, type Value } from "../readers/value";

const KINDS = ["ecdsa-p384", "rsa-4096"];
const THRESHOLDS = {
  days: { description: "the most days that a certificate is valid for", default: 398, minimum: 7, maximum: 398 },
  renewBeforeDays: { description: "the fewest days before its end that a certificate is renewed", default: 3, minimum: 3, maximum: 200 },
};

/** No certificate expires before a missed renewal can be noticed. */
export const certificatesRenewed: Rule = {
  id: "certificates-renewed",
  description: "Certificates have strong keys, are valid for about a year at most, and are renewed days before they expire.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["CRT-01", "CRT-03", "CRT-05"],
  remedy: "set days and renewBeforeDays of the site's certificate, and leave the renewal timer unchanged",
  appliesTo: ["phiward:host:Certificates"],
  thresholds: THRESHOLDS,
  judge(unit, report, { configured }) {
    const rendered = jsonFile(unit, "/etc/phiward/certificates.json", report);
    for (const place of [unit.at("settings"), ...(rendered === undefined ? [] : [rendered])])
      for (const site of place.at("sites").items() ?? []) judgeSite(site, report, configured);
    demandJob(unit, "phiward-certificates", /^\/usr\/bin\/python3 -I \/usr\/local\/lib\/phiward\/phiward\.pyz certificates renew$/, report);
  },
};

function judgeSite(site: Value, report: (finding: Finding) => void, configured: Configured | undefined): void {
  const [most, least] = [thresholdOf(THRESHOLDS, "days", configured), thresholdOf(THRESHOLDS, "renewBeforeDays", configured)];
  const kind = site.at("key");
  const found = kind.text();
  if (found !== undefined && !KINDS.includes(found))
    report({ at: kind.path, found: shown(found, ["rsa-2048"]), allowed: KINDS.join(" or ") });
  const days = site.at("days").number();
  const before = site.at("renewBeforeDays").number();
  if (days !== undefined && (days < 1 || days > most))
    report({
      at: site.at("days").path,
      found: `${String(days)} days`,
      allowed: `1 to ${String(most)}, ${most === THRESHOLDS.days.default ? "what browsers accept" : "as configured"}`,
    });
  if (before !== undefined && before < least)
    report({ at: site.at("renewBeforeDays").path, found: `${String(before)} days`, allowed: `${String(least)} at least` });
  if (days !== undefined && before !== undefined && before >= days)
    report({
      at: site.at("renewBeforeDays").path,
      found: "a renewal that is due from the first day",
      allowed: "fewer days than the certificate is valid",
    });
}
