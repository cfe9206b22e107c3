/** The drills. Those that lose a host need a fresh server each. */
import type { DrillBench } from "./bench";
import type { DrillResult } from "./figures";
import { lostHost } from "./lostHost";

/** A drill: what it is called, what it does, and whether a fresh server takes a host's place in it. */
export interface Scenario {
  readonly name: string;
  readonly run: (bench: DrillBench) => Promise<DrillResult>;
  readonly loses: boolean;
}

export const DRILLS: readonly Scenario[] = [{ name: "lost-host", run: lostHost, loses: true }];

/** How many fresh servers drills need, one after another. */
export function freshFor(drills: readonly Scenario[]): number {
  return drills.filter(({ loses }) => loses).length;
}
