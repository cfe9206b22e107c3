import type { StackRule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { namedBy } from "../readers/relations";

/** Without a log nobody can say who has read what, and so whom to notify. */
export const bucketAccessRecorded: StackRule = {
  id: "bucket-access-recorded",
  description: "Access to every bucket is recorded, in a bucket other than itself.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["CLD-03"],
  remedy: "add a SpacesBucketLogging for it, with another bucket under targetBucket",
  appliesTo: [cloudType("SpacesBucket")],
  judge(stack, report) {
    const logs = stack.of(cloudType("SpacesBucketLogging"));
    const isRecorded = namedBy(logs, "bucket");
    const isTarget = namedBy(logs, "targetBucket");
    // The bucket of the logs would log that it logs.
    for (const bucket of stack.of(cloudType("SpacesBucket")))
      if (isRecorded(bucket) === false && isTarget(bucket) === false)
        report({ at: bucket.args.path, found: "a bucket whose access is not recorded", allowed: "a SpacesBucketLogging for it" });
  },
};
