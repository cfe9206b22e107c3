import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { optionalFlag } from "../readers/containers";

/** A bucket that is deleted with all that it holds is one mistaken line away from that. */
export const bucketNotDeletedWithContent: Rule = {
  id: "bucket-not-deleted-with-content",
  description: "No bucket is deleted while it holds anything, and no object with its former versions.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["BKP-11", "CLD-02"],
  remedy: "leave forceDestroy out, and empty the bucket by hand once it is not needed",
  appliesTo: [cloudType("SpacesBucket"), cloudType("SpacesBucketObject")],
  judge(unit, report) {
    unit.at("region").text();
    if (optionalFlag(unit, "forceDestroy") === true) report({ at: "forceDestroy", found: "on", allowed: "off" });
  },
};
