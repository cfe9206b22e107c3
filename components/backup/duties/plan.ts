import { DUTY_NAMESPACE } from "../../compliance/duties/duty";
import { INCIDENT_NAMESPACE } from "../../compliance/incidents";
import { BACKUP_JOB_HOURS } from "../../config/calendar";
import { textFile } from "../../plan/files";
import { programCommand } from "../../plan/programs";
import { readUnits, stoppedUnits } from "../../plan/systemd";
import { type ConcernPlan, EMPTY_PLAN } from "../../plan/types";
import { daily, type Job, jobChecks, jobUnits } from "../timers";
import type { DutiesSettings } from "./settings";

const WATCH = "phiward-duties";
const CONTROL = "GOV-08";

/** What people attest comes by their own logins (`phiward attest`); the timer notices what nobody did. */
export function dutiesPlan({ duties, people, time }: DutiesSettings): ConcernPlan {
  const jobs = [job(time)];
  const units = jobUnits(jobs);
  const signers = people.flatMap(({ name, keys }) =>
    keys.map((key) => `${name} namespaces="${DUTY_NAMESPACE},${INCIDENT_NAMESPACE}" ${key}\n`),
  );
  return {
    ...EMPTY_PLAN,
    packages: ["openssh-client", "python3"],
    files: [
      textFile("/etc/phiward/duties.json", `${JSON.stringify({ duties }, null, 2)}\n`, "0600"),
      // As ssh-keygen(1) has it, ALLOWED SIGNERS.
      textFile("/etc/phiward/duties-signers", signers.join(""), "0600"),
      ...units.files,
    ],
    steps: [readUnits(units.files), ...units.steps],
    checks: [
      {
        id: "duties-done",
        control: CONTROL,
        argv: programCommand("duties", "done"),
        expect: { kind: "equals", text: "none is overdue" },
        // Whoever deploys cannot have held a training.
        onlyWarns: true,
        outOfReach: true,
      },
      ...jobChecks(jobs),
    ],
  };
}

function job(time: string): Job {
  return {
    name: WATCH,
    description: "Notice duties of people that are overdue",
    commands: [programCommand("duties", "watch").join(" ")],
    // With the vault's other check, so that there is time for a restart.
    calendar: daily(time, BACKUP_JOB_HOURS.vaultCheck),
    delaySeconds: 120,
    writes: ["/var/lib/phiward"],
    capabilities: [],
    cleanUp: null,
  };
}

/** Stops what looks. What people attested stays: it is evidence. */
export const DUTIES_REMOVAL: ConcernPlan = stoppedUnits([`${WATCH}.timer`], CONTROL);
