/** What makes `phiward policy` fail: what stops the deploy, and what else the caller does not accept. */
import { type Result, stopsDeploy } from "./record";

const SEVERITIES = ["low", "medium", "high", "critical"] as const;

/** Values of `--fail-on`. */
export const FAIL_ON = [...SEVERITIES, "unknown"] as const;

/** The least severity of an advisory that fails too; `unknown`: every advisory, and every value that is not known before the deploy. */
export type FailOn = (typeof FAIL_ON)[number];

/** Whether a result makes the command fail. What stops the deploy always does, and what is waived never. */
export function failsOn(least: FailOn | undefined): (result: Result) => boolean {
  return (result) => {
    if (stopsDeploy(result)) return true;
    if (least === undefined) return false;
    if (least === "unknown") return result.outcome === "fail" || result.outcome === "unknown";
    return result.outcome === "fail" && SEVERITIES.indexOf(result.rule.severity) >= SEVERITIES.indexOf(least);
  };
}
