import type { Rule } from "../engine/rule";

/** Addresses of DigitalOcean's own, by the provider's argument. */
const OWN: Readonly<Record<string, { readonly pattern: RegExp; readonly allowed: string }>> = {
  apiEndpoint: { pattern: /^https:\/\/api\.digitalocean\.com\/?$/, allowed: "https://api.digitalocean.com" },
  spacesEndpoint: {
    pattern: /^https:\/\/(\{\{\s*\.Region\s*\}\}|[a-z]{3}\d)\.digitaloceanspaces\.com\/?$/,
    allowed: "https://REGION.digitaloceanspaces.com",
  },
};

/** Whoever answers at the address of the API is sent the token, which can do everything that its account can. */
export const cloudProviderOwnEndpoint: Rule = {
  id: "cloud-provider-own-endpoint",
  description: "The provider of DigitalOcean sends its token and keys to DigitalOcean alone.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["CLD-04"],
  remedy: "leave apiEndpoint, spacesEndpoint and pluginDownloadURL of the provider out",
  notWaivable: "whoever answers there has the account, and all that is in it",
  appliesTo: ["pulumi:providers:digitalocean"],
  judge(unit, report) {
    for (const [key, { pattern, allowed }] of Object.entries(OWN)) {
      const address = unit.has(key) ? unit.at(key).text() : undefined;
      if (address !== undefined && !pattern.test(address)) report({ at: key, found: "an address of another", allowed });
    }
    if (unit.has("pluginDownloadURL"))
      report({ at: "pluginDownloadURL", found: "a place of its own for the provider's program", allowed: "nothing" });
  },
};
