/** How each duty that people attest stands on a day; pure. */

import { type AttestedId, isAttested, LISTED_DUTIES, type ListedDuty } from "../../../components/compliance/duties/duties";
import { INTERVALS } from "../../../components/compliance/duties/duty";
import type { DutyRecord, RecordLine } from "./record";

/** Done, due soon, or overdue: also where nobody ever attested it. */
export type Standing = "done" | "due" | "overdue";

/** A duty of people on a day. */
export interface DutyState {
  readonly duty: ListedDuty & { readonly id: AttestedId };
  readonly standing: Standing;
  /** The last time, with who did it. Nothing: never. */
  readonly last?: { readonly on: string; readonly by: string; readonly note: string };
  /** The last day of doing it again. Nothing where it was never done. */
  readonly next?: string;
}

/** The lines of a record that count: at its end there may be some that nobody stands by. */
export function countedLines({ lines, unvouched }: Pick<DutyRecord, "lines" | "unvouched">): readonly RecordLine[] {
  return unvouched.length === 0 ? lines : lines.slice(0, lines.findLastIndex(({ isDeclared }) => isDeclared) + 1);
}

/** Every duty of people, as it stands on `today`, YYYY-MM-DD in UTC. */
export function dutyStates(today: string, record: Pick<DutyRecord, "lines" | "unvouched">): readonly DutyState[] {
  const counted = countedLines(record);
  return LISTED_DUTIES.filter((duty): duty is DutyState["duty"] => isAttested(duty.id)).map((duty) => {
    const [last] = counted.filter((line) => line.duty === duty.id).toSorted((one, other) => other.on.localeCompare(one.on));
    if (last === undefined) return { duty, standing: "overdue" };
    const { days, ahead } = INTERVALS[duty.every];
    const next = after(last.on, days);
    const standing = today > next ? "overdue" : after(today, ahead) >= next ? "due" : "done";
    return { duty, standing, last: { on: last.on, by: last.by, note: last.note }, next };
  });
}

/** The day so many days after one. */
export function after(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

const DAY = 86_400_000;
