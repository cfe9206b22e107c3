/** What is shown of a control, or of one place of it, by all that was asked about it. */
import type { Accepted } from "./inputs";

/** What a rule said of one place, or that the record has nothing of it. */
export interface RuleSaid {
  readonly rule: string;
  readonly outcome: "pass" | "fail" | "waived" | "unknown" | "not-applicable" | "not-evaluated";
  /** Whether a fault stops the deploy. */
  readonly mandatory: boolean;
  /** Path of what is at fault, or not known before the deploy. */
  readonly at?: string;
  readonly remedy?: string;
  readonly waiver?: Accepted;
}

/** What a host answered to a check, or that nobody has its answer. */
export interface CheckSaid {
  readonly check: string;
  readonly status: "pass" | "fail" | "skipped" | "waived" | "not-verified";
  /** Why it was skipped, or why there is no answer. */
  readonly reason?: string;
  readonly waiver?: Accepted;
}

/** Whether the record that an answer is from is older than the report allows, or has no date. */
export interface Outdated {
  readonly policy: boolean;
  readonly verify: boolean;
}

/** The states, the most urgent first, as people read them. */
export const STATES = {
  failed: "failed on a host",
  refused: "refused before deploy",
  advised: "advice of a rule not followed",
  "not-verified": "not verified",
  outdated: "shown too long ago",
  waived: "waived",
  unknown: "unknown before deploy",
  skipped: "skipped",
  partly: "verified in part",
  judged: "judged before deploy",
  verified: "verified",
  "not-applicable": "nothing to judge",
  "not-covered": "not covered",
} as const;

/** A state. */
export type State = keyof typeof STATES;

/** Whether nothing is left to be shown of it. */
export function isShown(state: State): boolean {
  return state === "verified" || state === "judged";
}

/** Whether something was found that is not as it must be. */
export function isFault(state: State): boolean {
  return state === "failed" || state === "refused" || state === "advised";
}

/** The state by what rules and checks said; `refrained` where the catalogue itself waives the control. */
export function stateOf(rules: readonly RuleSaid[], checks: readonly CheckSaid[], outdated: Outdated, refrained = false): State {
  const outcome = (wanted: RuleSaid["outcome"]): boolean => rules.some((said) => said.outcome === wanted);
  const status = (wanted: CheckSaid["status"]): boolean => checks.some((said) => said.status === wanted);
  if (status("fail")) return "failed";
  if (rules.some((said) => said.outcome === "fail" && said.mandatory)) return "refused";
  if (outcome("fail")) return "advised";
  if (status("not-verified")) return "not-verified";
  if (outdated.verify && status("pass")) return "outdated";
  if (refrained || status("waived") || outcome("waived")) return "waived";
  if (checks.length > 0) return !status("pass") ? "skipped" : status("skipped") ? "partly" : "verified";
  if (outcome("not-evaluated")) return "not-verified";
  if (outdated.policy && outcome("pass")) return "outdated";
  if (outcome("unknown")) return "unknown";
  if (outcome("pass")) return "judged";
  return rules.length > 0 ? "not-applicable" : "not-covered";
}
