/** What has to be done again and again, and who does it. */
import type { AtLeastOne } from "../control";
import type { ClauseId } from "../law";

/** What a signature under an attested duty is for (ssh-keygen(1), `-n`): one for a report or anything else is refused. */
export const DUTY_NAMESPACE = "phiward-duty";

/** How often a duty comes round, with the days from one to the next, and the days before its end from which it is shown as due. */
export const INTERVALS = {
  day: { days: 1, ahead: 0, words: "each day" },
  week: { days: 7, ahead: 2, words: "each week" },
  month: { days: 31, ahead: 7, words: "each month" },
  quarter: { days: 92, ahead: 14, words: "each quarter" },
  year: { days: 366, ahead: 30, words: "each year" },
} as const;

/** How often a duty comes round. */
export type Interval = keyof typeof INTERVALS;

/** Who does a duty: a timer of the hosts, a command that is run, or people, who attest that they did. */
export type Doing =
  | {
      readonly by: "timer";
      /** Its unit on the hosts. */
      readonly unit: string;
      /** The check of the hosts that fails where it did not run, or found something. */
      readonly check: string;
    }
  | {
      readonly by: "command";
      /** What follows `npx phiward`. */
      readonly command: string;
    }
  | {
      readonly by: "person";
      /** What there is to do, and to look at. */
      readonly what: string;
      /** What helps with it; follows `npx phiward`. */
      readonly command?: string;
    };

/** One duty. Its id is a public name, which signed records have. */
export interface Duty {
  /** The fact that is so once it is done, as a sentence without its full stop. */
  readonly title: string;
  readonly every: Interval;
  readonly done: Doing;
  /** What of the law asks for it. */
  readonly law: AtLeastOne<ClauseId>;
}
