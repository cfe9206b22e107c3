import type { Finding, Rule } from "../engine/rule";
import { jsonFile } from "../readers/files";
import type { Value } from "../readers/value";

// https://letsencrypt.org/docs/staging-environment/
const STAGING = /^https:\/\/acme-staging[^/]*\.letsencrypt\.org(?::443)?\//i;

/** Whoever gets used to a certificate that no client trusts accepts anyone's. */
export const certificatesNotStaging: Rule = {
  id: "certificates-not-staging",
  description: "Certificates come from the directory of an authority over HTTPS, and not from one for trials, which no client trusts.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["CRT-02"],
  remedy: "set directory of the site's certificate to production: each order is tried at the staging directory first all the same",
  appliesTo: ["phiward:host:Certificates"],
  judge(unit, report) {
    const rendered = jsonFile(unit, "/etc/phiward/certificates.json", report);
    for (const place of [unit.at("settings"), ...(rendered === undefined ? [] : [rendered])])
      for (const site of place.at("sites").items() ?? []) if (site.has("authority")) judgeAuthority(site.at("authority"), report);
  },
};

function judgeAuthority(authority: Value, report: (finding: Finding) => void): void {
  const { path } = authority.at("directory");
  const directory = authority.at("directory").text();
  if (directory === undefined) return;
  if (!/^https:\/\//.test(directory))
    report({ at: path, found: "a directory without HTTPS", allowed: "an address that begins with https://" });
  if (STAGING.test(directory)) report({ at: path, found: "the staging directory", allowed: "production, or an authority of your own" });
}
