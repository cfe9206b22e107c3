/** The one scale of severities, and how both guides' scales are on it. */

/** How grave an alert is. */
export type Severity = "critical" | "high" | "medium" | "low";

/** A severity, with what the guides call it. */
interface Grade {
  /** Minutes in which someone has to acknowledge an alert; then it goes to the next contact. */
  readonly responseMinutes: number;
  /** Minutes in which an incident of it is contained. */
  readonly containMinutes: number;
  /** Level of the runbook. */
  readonly runbook: "P1" | "P2" | "P3" | "P4";
  /** Level of the operations guide. */
  readonly operationsGuide: "CRITICAL" | "HIGH" | "MEDIUM" | "LOW";
}

/**
 * The runbook's times, which are never longer than the operations guide's: that has an hour for HIGH and a day for MEDIUM as well, and none
 * for LOW. Where the guides differ on one alert, as on brute force (CRITICAL, and P2), the graver one is taken. An active breach is
 * contained within the runbook's first 30 minutes; for the others no guide has a time, and theirs is four times the response, or a week.
 */
export const SEVERITIES = {
  critical: { responseMinutes: 15, containMinutes: 30, runbook: "P1", operationsGuide: "CRITICAL" },
  high: { responseMinutes: 60, containMinutes: 240, runbook: "P2", operationsGuide: "HIGH" },
  medium: { responseMinutes: 240, containMinutes: 960, runbook: "P3", operationsGuide: "MEDIUM" },
  low: { responseMinutes: 1440, containMinutes: 10_080, runbook: "P4", operationsGuide: "LOW" },
} as const satisfies Readonly<Record<Severity, Grade>>;

/** All severities, the gravest first. */
export const ALL_SEVERITIES: readonly Severity[] = ["critical", "high", "medium", "low"];
