import type { Rule } from "../engine/rule";
import { DROPLET } from "../readers/droplets";

/** No authority that the owner does not know of makes a certificate for a site. */
export const dnsNamesHaveCaa: Rule = {
  id: "dns-names-have-caa",
  description: "Every name that leads to a droplet says which authorities may issue certificates for it.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["CRT-04"],
  remedy: "let the droplet's dns create the records, and name the authorities, if any, under issuers",
  appliesTo: [DROPLET],
  judge(unit, report) {
    const settings = unit.at("settings");
    // Without its own zone the names are managed elsewhere; without a name, the arguments are hidden.
    settings.at("name").text();
    if (!settings.has("dns")) return;
    const records = settings
      .at("dns")
      .at("records")
      .items()
      ?.map((record) => ({
        at: record.path,
        type: record.at("type").text(),
        name: record.at("name").text(),
        tag: record.has("tag") ? record.at("tag").text() : "",
      }));
    if (records === undefined || records.some(({ type, name, tag }) => type === undefined || name === undefined || tag === undefined))
      return;
    for (const { at, name } of records.filter(({ type }) => type === "A" || type === "AAAA"))
      if (!records.some((record) => record.type === "CAA" && record.tag === "issue" && record.name === name))
        report({ at, found: "a name without a CAA record", allowed: "one with the tag issue beside it" });
  },
};
