import { textFile } from "../../plan/files";
import { programCommand } from "../../plan/programs";
import { readUnits, stoppedUnits } from "../../plan/systemd";
import { type ConcernPlan, EMPTY_PLAN } from "../../plan/types";
import { type Job, jobChecks, jobUnits } from "../timers";
import type { RetentionSettings } from "./settings";

const UNIT = "phiward-retention";
const CONTROL = "LOG-05";

/** Rows end by a timer, in batches; a rule that nobody approved counts alone. */
export function retentionPlan({ time, rules, holds }: RetentionSettings): ConcernPlan {
  const jobs = [job(time)];
  const units = jobUnits(jobs);
  return {
    ...EMPTY_PLAN,
    packages: ["docker-cli", "python3"],
    files: [textFile("/etc/phiward/retention.json", `${JSON.stringify({ rules, holds }, null, 1)}\n`, "0600"), ...units.files],
    steps: [readUnits(units.files), ...units.steps],
    checks: [
      {
        id: "retention-in-time",
        control: CONTROL,
        argv: programCommand("retention", "done"),
        expect: { kind: "equals", text: "none is overdue" },
        // Whoever deploys may not be who approves.
        onlyWarns: true,
        outOfReach: true,
      },
      ...jobChecks(jobs),
    ],
  };
}

function job(time: string): Job {
  return {
    name: UNIT,
    description: "End rows of databases whose time is over",
    commands: [programCommand("retention", "run").join(" ")],
    calendar: `*-*-* ${time}:00 UTC`,
    delaySeconds: 60,
    writes: ["/var/lib/phiward"],
    capabilities: [],
    cleanUp: null,
  };
}

/** Stops what ends rows. What is known of approvals stays: it is evidence. */
export const RETENTION_REMOVAL: ConcernPlan = stoppedUnits([`${UNIT}.timer`], CONTROL);
