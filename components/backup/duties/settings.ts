import { LISTED_DUTIES } from "../../compliance/duties/duties";
import { INTERVALS } from "../../compliance/duties/duty";
import { hostDuties } from "../../config/duties";
import type { StackModel } from "../../containers/model";

/** What the vault asks of people, and whose signatures it takes. */
export interface DutiesSettings {
  /** Each duty of people, with the days until it is overdue. */
  readonly duties: readonly { readonly id: string; readonly days: number }[];
  readonly people: readonly {
    readonly name: string;
    /** Type and base64 of each, without a comment. */
    readonly keys: readonly string[];
  }[];
  /** Hour and minute of the vault's jobs, UTC. */
  readonly time: string;
}

/** Undefined where the host is no vault, or the stack has no backups: then nothing sends alerts there. */
export function dutiesSettings({ config }: StackModel, hostName: string): DutiesSettings | undefined {
  if (!hostDuties(config, hostName).vault || config.backup === undefined) return undefined;
  return {
    duties: LISTED_DUTIES.filter(({ done }) => done.by === "person").map(({ id, every }) => ({ id, days: INTERVALS[every].days })),
    people: config.people.map(({ name, keys }) => ({ name, keys: keys.map((key) => key.split(" ").slice(0, 2).join(" ")) })),
    time: config.backup.time,
  };
}
