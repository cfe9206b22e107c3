/** Units of systemd as a rule looks at them: jobs that a timer starts, and whose failure sends an alert. */

import type { Finding } from "../engine/rule";
import { filesAt } from "./files";
import { iniEntries } from "./ini";
import type { Value } from "./value";

const UNITS = "/etc/systemd/system";

/** A line that a unit must have. */
export interface UnitDemand {
  readonly section: string;
  readonly key: string;
  readonly holds: (value: string) => boolean;
  readonly allowed: string;
}

const TIMER: readonly UnitDemand[] = [
  { section: "Timer", key: "OnCalendar", holds: (value) => value !== "", allowed: "a time" },
  // What was missed while the host was down is made up for.
  { section: "Timer", key: "Persistent", holds: (value) => /^(true|yes|on|1)$/.test(value), allowed: "true" },
  { section: "Install", key: "WantedBy", holds: (value) => value === "timers.target", allowed: "timers.target" },
];
/** That someone hears of a failure. */
export const TOLD: UnitDemand = {
  section: "Unit",
  key: "OnFailure",
  holds: (value) => value.startsWith("phiward-alert@"),
  allowed: "phiward-alert@…",
};

/** Demands the job's timer, and that its service alerts on failure and runs what `runs` says. */
export function demandJob(unit: Value, name: string, runs: RegExp, report: (finding: Finding) => void): void {
  demandTimer(unit, name, report);
  const started: UnitDemand = {
    section: "Service",
    key: "ExecStart",
    holds: (value) => runs.test(value),
    allowed: "the job's own command",
  };
  demandUnit(unit, `${name}.service`, [TOLD, started], report);
}

/** Demands the timer that starts a service of its name, from the start of the host on. */
export function demandTimer(unit: Value, name: string, report: (finding: Finding) => void): void {
  demandUnit(unit, `${name}.timer`, TIMER, report);
}

/** That a line of a unit has this value and no other. */
export function exactly(section: string, key: string, allowed: string): UnitDemand {
  return { section, key, allowed, holds: (value) => value === allowed };
}

/** Demands of a unit file that each line is there, and no other of its key. */
export function demandUnit(unit: Value, name: string, demands: readonly UnitDemand[], report: (finding: Finding) => void): void {
  for (const { at, texts } of filesAt(unit, [`${UNITS}/${name}`], report))
    for (const text of texts)
      for (const { section, key, holds, allowed } of demands) {
        const found = iniEntries(text).filter((entry) => entry.section === section && entry.key === key.toLowerCase());
        if (found.length === 0) report({ at, found: `no ${key}`, allowed: `${key}=${allowed}` });
        else if (!found.every(({ value }) => holds(value))) report({ at, found: `another ${key}`, allowed: `${key}=${allowed}` });
      }
}

/** Seconds between two starts of a timer of systemd's calendar: an hour, a day or a week; undefined if it is rarer or not recognised. */
export function calendarSeconds(calendar: string): number | undefined {
  const DAY = 86_400;
  if (/^hourly$|^(\*-\*-\* )?\*:\d{1,2}(:\d{1,2})?( UTC)?$/.test(calendar)) return 3600;
  if (/^daily$|^(\*-\*-\* )?\d{1,2}:\d{2}(:\d{2})?( UTC)?$/.test(calendar)) return DAY;
  return /^weekly$|^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) (\*-\*-\* )?\d{1,2}:\d{2}(:\d{2})?( UTC)?$/.test(calendar) ? 7 * DAY : undefined;
}

/** Demands that a timer starts at least every so many seconds. */
export function demandEvery(unit: Value, name: string, seconds: number, report: (finding: Finding) => void): void {
  for (const { at, texts } of filesAt(unit, [`${UNITS}/${name}.timer`], report))
    for (const text of texts)
      for (const { value } of iniEntries(text).filter(({ section, key }) => section === "Timer" && key === "oncalendar"))
        if ((calendarSeconds(value) ?? Number.POSITIVE_INFINITY) > seconds)
          report({
            at,
            found: "a time that is too rare, or not recognised",
            allowed: `every ${String(seconds / 3600)} hours at least`,
          });
}
