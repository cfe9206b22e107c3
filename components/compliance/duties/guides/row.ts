/** A row of a checklist or table of the two guides of hand-run procedures, and what does it here. */
import type { AtLeastOne } from "../../control";
import type { DutyId } from "../duties";

/** What does a row. */
export type Does =
  | { readonly duty: DutyId }
  /** What follows `npx phiward`. */
  | { readonly command: string }
  /** The unit of the hosts whose failure raises an alert. */
  | { readonly alert: string }
  /** The check of the hosts that shows it. */
  | { readonly check: string };

/** A list of a guide: the heading that it stands under, and its rows in their order. */
export interface GuideList {
  readonly guide: "operations guide" | "security runbook";
  readonly heading: string;
  readonly rows: readonly GuideRow[];
}

/** The words of the row, shortened where they are many, and all that does it. */
export type GuideRow = readonly [row: string, ...does: AtLeastOne<Does>];

/** Done by a duty. */
export function duty(id: DutyId): Does {
  return { duty: id };
}

/** Done by a command, whenever it is needed. */
export function command(words: string): Does {
  return { command: words };
}

/** Noticed by the hosts, which raise an alert. */
export function alert(unit: string): Does {
  return { alert: unit };
}

/** So on the hosts, as a check shows each time. */
export function check(id: string): Does {
  return { check: id };
}
