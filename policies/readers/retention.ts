/** How long backups are kept. */
import type { Finding } from "../engine/rule";
import type { Value } from "./value";

// As many as the operations guide recommends for: a month to notice what went wrong, and some however old they are.
const LEAST = { last: 7, days: 30 } as const;

/** Demands that backups are kept for a month, and some of them for longer if no new ones come. */
export function demandRetention(keep: Value, report: (finding: Finding) => void): void {
  for (const [key, least] of Object.entries(LEAST)) {
    const value = keep.at(key);
    const found = value.number();
    if (found !== undefined && found < least) report({ at: value.path, found: String(found), allowed: `${String(least)} at least` });
  }
}
