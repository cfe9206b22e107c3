/** Alerts on known vulnerabilities, and on settings that became weaker. */
import type { Alert } from "./alert";
import type { Thresholds } from "./thresholds";

const SINCE = "phiward_vulnerability_update_since_timestamp_seconds";
// As the tracker of Debian has them; without its data all are unknown.
const GRAVE = { severity: ["high"] };

// What a look saw is a day old when the next one begins, though it was installed since: that one gets two hours to end.
const LOOK_MINUTES = 120;

/** What waits too long to be mended: of the host itself and of its images. Lynis' suggestions raise none. */
export function scanAlerts({ graveDays, otherDays, indexDrop }: Thresholds["vulnerabilities"]): readonly Alert[] {
  return [
    {
      id: "VULNERABILITY_GRAVE",
      summary: `On the host {host} an update that mends a grave vulnerability waits for more than ${days(graveDays)}: {what}`,
      source: "checks",
      condition: { kind: "olderThan", metric: SINCE, labels: GRAVE, hours: graveDays * 24 },
      holdsMinutes: LOOK_MINUTES,
      about: "where",
      severity: "high",
      runbook: "vulnerabilities",
      control: "PKG-10",
      guides: ["runbook:vuln", "runbook:metrics"],
    },
    {
      id: "VULNERABILITY_WAITS",
      summary: `On the host {host} a security update waits for more than ${days(otherDays)}: {what}`,
      source: "checks",
      condition: { kind: "olderThan", metric: SINCE, except: GRAVE, hours: otherDays * 24 },
      holdsMinutes: LOOK_MINUTES,
      about: "where",
      severity: "low",
      runbook: "vulnerabilities",
      control: "PKG-10",
      guides: ["runbook:vuln"],
    },
    {
      id: "SETTINGS_WEAKER",
      summary: `On the host {host} the index of lynis fell by more than ${String(indexDrop)} points within a week`,
      source: "checks",
      condition: { kind: "above", metric: "phiward_lynis_index_dropped", threshold: indexDrop },
      holdsMinutes: 0,
      severity: "low",
      runbook: "lynis",
      control: "PKG-11",
      guides: ["runbook:vuln"],
    },
  ];
}

function days(count: number): string {
  return count === 1 ? "a day" : `${String(count)} days`;
}
