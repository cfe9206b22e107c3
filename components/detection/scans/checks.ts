import { programCommand } from "../../plan/programs";
import { isActive, ownTimerOff } from "../../plan/systemd";
import type { Check } from "../../plan/types";
import type { ScansSettings } from "./settings";
import { UNITS } from "./units";

const LOOKED = { control: "PKG-10" } as const;
const JUDGED = { control: "PKG-11" } as const;
// What is not done within its time is done again by its timer, and by no step of a deploy.
const IN_TIME = { expect: { kind: "equals", text: "in time" }, outOfReach: true } as const;

/** The timer of lynis' package: it runs lynis each day as root without any confinement. */
export const DEBIANS_TIMER = ownTimerOff("lynis.timer", "stop-own-timer-of-lynis", { ...JUDGED, id: "lynis-runs-confined-alone" });

export function scansChecks({ tracker }: ScansSettings): readonly Check[] {
  return [
    isActive(`${UNITS.look}.timer`, { ...LOOKED, id: "vulnerabilities-looked-for-daily" }),
    { ...LOOKED, ...IN_TIME, id: "vulnerabilities-looked-for", argv: programCommand("scans", "looked") },
    ...(tracker === null ? [] : [isActive(`${UNITS.tracker}.timer`, { ...LOOKED, id: "vulnerabilities-data-brought-daily" })]),
    isActive(`${UNITS.lynis}.timer`, { ...JUDGED, id: "settings-judged-weekly" }),
    { ...JUDGED, ...IN_TIME, id: "settings-judged", argv: programCommand("scans", "judged") },
    DEBIANS_TIMER.check,
  ];
}
