/** Checks whose failure somebody accepts. */
import type { HostPlan } from "./hostPlan";

/** A unit with its checks, of which those with an id in `accepted` stop no deploy, and have no unit applied again. */
export function acceptedIn(
  { unit, checks }: Pick<HostPlan, "unit" | "checks">,
  accepted: ReadonlySet<string>,
): Pick<HostPlan, "unit" | "checks"> {
  return { unit, checks: checks.map((check) => (accepted.has(check.id) ? { ...check, onlyWarns: true } : check)) };
}
