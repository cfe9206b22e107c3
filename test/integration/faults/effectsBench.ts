/** What a bench's host says of one unit: the checks that fail now, and why the next deploy applies it again. */
import { ask, statusAnswer, verifyAnswer } from "../../../ops/lib/agent";
import { differenceOf } from "../../../ops/lib/stale";
import type { Bench } from "../bench";

interface Failure {
  readonly id: string;
  readonly seen: string;
}

/** The checks of one unit that fail now. */
export async function failures(bench: Bench, unit: string): Promise<readonly Failure[]> {
  const request = { mode: "verify" as const, plans: [bench.plan(unit)], generations: {}, strict: false };
  const { results } = await ask(bench.target(), request, verifyAnswer, bench.patience);
  return results.filter(({ status }) => status === "fail").map(({ id, seen = "" }) => ({ id, seen }));
}

/** What `up` says before it applies the unit again. */
export async function staleness(bench: Bench, unit: string): Promise<string> {
  const plan = bench.plan(unit);
  const { units } = await ask(bench.target(), { mode: "status", plans: [plan], secrets: {} }, statusAnswer, bench.patience);
  const found = units[unit];
  return (found && differenceOf(plan, found)) ?? "nothing differs";
}

/** Runs a script as root inside the host; throws where a command of it fails. */
export function shell(bench: Bench, script: string): Promise<string> {
  return bench.inside("sh", "-ec", script);
}
