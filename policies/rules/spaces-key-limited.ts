import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { shown } from "../readers/value";

/** A key for everything opens every bucket of the account, the ones with backups too. */
export const spacesKeyLimited: Rule = {
  id: "spaces-key-limited",
  description: "Access keys of Spaces are for named buckets.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["CLD-04"],
  remedy: "give the key grants with a bucket and the permission read or readwrite",
  appliesTo: [cloudType("SpacesKey")],
  judge(unit, report) {
    const grants = unit.at("grants");
    if (!unit.has("grants") || grants.items()?.length === 0) {
      report({ at: "grants", found: "no grant", allowed: "at least one, for a named bucket" });
      return;
    }
    for (const grant of grants.items() ?? []) {
      const permission = grant.at("permission").text();
      const bucket = grant.at("bucket").text();
      if (permission !== undefined && !["read", "readwrite"].includes(permission))
        report({ at: grant.path, found: `the permission ${shown(permission, ["fullaccess"])}`, allowed: "read or readwrite" });
      if (bucket === "" || bucket?.includes("*") === true)
        report({ at: grant.path, found: "every bucket", allowed: "the name of one bucket" });
    }
  },
};
