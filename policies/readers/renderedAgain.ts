/** A unit's plan, rendered by the pack's own copy of the code from the settings that its component shows. */
import { hostKeyPlan } from "../../components/cloud/hostKey/plan";
import type { HostPlan } from "../../components/plan/hostPlan";
import { shownPlan } from "../../components/plan/reviewedArguments";
import { renderedPlan } from "../../components/registry";
import type { Value } from "./value";

/** A plan, and what policies are shown of it. */
export interface Rendered extends ReturnType<typeof shownPlan> {
  readonly plan: HostPlan;
}

// Each rule asks anew, and whoever tells what is unknown; hosts that are alike have units that are equal.
const KEPT = 256;
const kept = new Map<string, Rendered | undefined>();

/** The plan of a unit. `from` is its settings as JSON. Undefined where no plan follows from them. */
export function renderedAgain(unit: string, from: string, deadManSeconds: number | null): Rendered | undefined {
  const key = JSON.stringify([unit, deadManSeconds, from]);
  if (!kept.has(key)) {
    if (kept.size >= KEPT) kept.clear();
    kept.set(key, render(unit, from, deadManSeconds));
  }
  return kept.get(key);
}

/** The plan that a component shows the settings of; undefined where they are not known, or none follows from them. */
export function planOf(component: Value): HostPlan | undefined {
  const [unit, from] = [component.at("rendered").at("unit").text(), component.at("rendered").at("from").text()];
  const seconds = component.has("deadManSeconds") ? component.at("deadManSeconds").number() : null;
  return unit === undefined || from === undefined || seconds === undefined ? undefined : renderedAgain(unit, from, seconds)?.plan;
}

function render(unit: string, from: string, deadManSeconds: number | null): Rendered | undefined {
  try {
    // Every settings are a map; what is none, or another concern's, comes to an error or to another plan.
    const settings = JSON.parse(from) as object;
    // A droplet's host key is no concern: its plan comes before there is a host to have one.
    const plan =
      unit === "host-key" ? hostKeyPlan(settings as Parameters<typeof hostKeyPlan>[0]) : renderedPlan(unit, settings, deadManSeconds);
    return { plan, ...shownPlan(plan) };
  } catch {
    return undefined;
  }
}
