/** The drills, those that keep their host before those that lose it: each of these needs a fresh server. */
import type { DrillBench } from "./bench";
import { breach } from "./breach";
import type { DrillResult } from "./figures";
import { insider } from "./insider";
import { lostHost } from "./lostHost";
import { ransomware } from "./ransomware";
import { stolenKey } from "./stolenKey";

/** A drill: what it is called, what it does, and whether a fresh server takes a host's place in it. */
export interface Scenario {
  readonly name: string;
  readonly run: (bench: DrillBench) => Promise<DrillResult>;
  readonly loses: boolean;
}

export const DRILLS: readonly Scenario[] = [
  { name: "stolen-key", run: stolenKey, loses: false },
  { name: "breach", run: breach, loses: false },
  { name: "insider", run: insider, loses: false },
  { name: "ransomware", run: ransomware, loses: true },
  { name: "lost-host", run: lostHost, loses: true },
];

/** How many fresh servers drills need, one after another. */
export function freshFor(drills: readonly Scenario[]): number {
  return drills.filter(({ loses }) => loses).length;
}
