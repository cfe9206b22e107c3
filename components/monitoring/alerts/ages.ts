/** The alert on secrets that should have been rotated. */
import { BACKUP_SECRET } from "../../containers/secrets/files";
import type { Alert } from "./alert";
import type { Condition } from "./condition";
import type { Thresholds } from "./thresholds";

/** One that is overdue for longer than it may be, of any kind that people rotate: certificates are renewed by hosts. */
export function ageAlert({ passwordDays, keyDays, broughtDays, graceDays, fixed = [] }: Thresholds["rotation"]): Alert {
  const secret = [BACKUP_SECRET.id, ...fixed];
  const older = (kind: string, days: number): Condition => ({
    kind: "olderThan",
    metric: "phiward_secret_made_timestamp_seconds",
    labels: { kind: [kind] },
    except: { secret },
    hours: (days + graceDays) * 24,
  });
  return {
    id: "SECRET_OVERDUE",
    summary: `A secret on the host {host} was due for rotation more than ${String(graceDays)} days ago: {what}`,
    source: "checks",
    condition: { kind: "any", of: [older("password", passwordDays), older("key", keyDays), older("brought", broughtDays)] },
    // A deploy that rotates is over by then.
    holdsMinutes: 60,
    about: "secret",
    severity: "medium",
    runbook: "secrets-are-overdue",
    control: "SEC-05",
    guides: ["ops-guide:pwrot", "ops-guide:keyrot"],
  };
}
