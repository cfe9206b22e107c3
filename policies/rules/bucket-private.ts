import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { shown } from "../readers/value";

/** A public bucket is read by whoever guesses its name, and listed by programs that guess all day. */
export const bucketPrivate: Rule = {
  id: "bucket-private",
  description: "Buckets and their objects are private.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["CLD-01"],
  remedy: "set acl to private, and hand out single objects by signed addresses that expire",
  notWaivable: "patients' data could be read by anyone",
  appliesTo: [cloudType("SpacesBucket"), cloudType("SpacesBucketObject")],
  judge(unit, report) {
    // Without a region the arguments are hidden, or the bucket lands in a region that nobody chose.
    unit.at("region").text();
    const acl = unit.has("acl") ? unit.at("acl").text() : "private";
    if (acl !== undefined && acl !== "private")
      report({ at: "acl", found: shown(acl, ["public-read", "public-read-write", "authenticated-read"]), allowed: "private" });
  },
};
