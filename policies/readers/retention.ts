/** How long backups are kept. */
import { DEMANDED_RETENTION } from "../../components/config/demanded";
import type { Finding } from "../engine/rule";
import type { Value } from "./value";

/** Demands that backups are kept for a month, and some of them for longer if no new ones come. */
export function demandRetention(keep: Value, report: (finding: Finding) => void): void {
  for (const [key, least] of Object.entries(DEMANDED_RETENTION)) {
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
