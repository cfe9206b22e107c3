/** Alerts on the clocks of incidents that people have opened, before they are over and after. */
import type { Alert } from "./alert";

/** Of each clock the vault knows when it warns and when it is over, as whoever wrote the last entry signed it. */
export const INCIDENT_ALERTS: readonly Alert[] = [
  {
    id: "INCIDENT_CLOCK",
    summary: "A clock of an incident has little time left: {what}; npx phiward incident status says what stops it",
    source: "checks",
    condition: { kind: "olderThan", metric: "phiward_incident_clock_warns_timestamp_seconds", hours: 0 },
    holdsMinutes: 0,
    about: "clock",
    severity: "high",
    runbook: "a-clock-of-an-incident",
    control: "IR-09",
    guides: ["runbook:class", "runbook:notify"],
  },
  {
    id: "INCIDENT_OVERDUE",
    summary: "The time of a clock of an incident is over: {what}",
    source: "checks",
    condition: { kind: "olderThan", metric: "phiward_incident_clock_ends_timestamp_seconds", hours: 0 },
    holdsMinutes: 0,
    about: "clock",
    severity: "critical",
    runbook: "a-clock-of-an-incident",
    control: "IR-09",
    guides: ["runbook:class", "runbook:notify"],
  },
];
