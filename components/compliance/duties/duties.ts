/** The year's work: every duty that comes round, by its id. */
import { type Duty, INTERVALS } from "./duty";
import { MACHINE_DUTIES } from "./machines";
import { PEOPLE_DUTIES } from "./people";

/** Every duty. */
export const DUTIES = { ...MACHINE_DUTIES, ...PEOPLE_DUTIES } as const satisfies Readonly<Record<string, Duty>>;

/** The id of a duty. */
export type DutyId = keyof typeof DUTIES;
/** The id of a duty that people attest. */
export type AttestedId = keyof typeof PEOPLE_DUTIES;

/** A duty with its id. */
export type ListedDuty = Duty & { readonly id: DutyId };

/** The duties, what comes round most often first. */
export const LISTED_DUTIES: readonly ListedDuty[] =
  // Object.keys is typed as plain strings; these are the keys of a constant, and there are no others.
  (Object.keys(DUTIES) as DutyId[])
    .map((id) => ({ id, ...DUTIES[id] }))
    .toSorted((one, other) => INTERVALS[one.every].days - INTERVALS[other.every].days);

/** Whether a text is the id of a duty that people attest. */
export function isAttested(id: string): id is AttestedId {
  return Object.hasOwn(PEOPLE_DUTIES, id);
}
