/** How long backups are kept. */
import { DEMANDED_RETENTION } from "../../components/config/demanded";
import type { Finding } from "../engine/rule";
import { type Configured, thresholdOf } from "../engine/thresholds";
import type { Value } from "./value";

/** How long, of each rule that demands it. */
export const RETENTION_THRESHOLDS = {
  days: {
    description: "the fewest days that backups are kept for",
    default: DEMANDED_RETENTION.days,
    minimum: DEMANDED_RETENTION.days,
    maximum: 3650,
  },
  last: {
    description: "the fewest backups that are kept however old they are",
    default: DEMANDED_RETENTION.last,
    minimum: DEMANDED_RETENTION.last,
    maximum: 1000,
  },
};

/** Demands that backups are kept for a month, and some of them for longer if no new ones come. */
export function demandRetention(keep: Value, report: (finding: Finding) => void, configured: Configured | undefined): void {
  for (const key of ["last", "days"] as const) {
    const least = thresholdOf(RETENTION_THRESHOLDS, key, configured);
    const value = keep.at(key);
    const found = value.number();
    if (found !== undefined && found < least)
      report({
        at: value.path,
        found: String(found),
        allowed: `${String(least)} at least`,
        remedy: `set backup.keep.${key} in the stack's configuration to ${String(least)} or more`,
      });
  }
}
