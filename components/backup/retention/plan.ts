import { type AbsolutePath, type PlanFile, textFile } from "../../plan/files";
import { programCommand } from "../../plan/programs";
import { readUnits, stoppedUnits } from "../../plan/systemd";
import { type ConcernPlan, EMPTY_PLAN, type Step } from "../../plan/types";
import { type Job, jobChecks, jobUnits } from "../timers";
import { type RetentionSettings, SUBJECTS_REGISTER } from "./settings";

const UNIT = "phiward-retention";
const CONTROL = "LOG-05";

/** Rows end by a timer, in batches; a rule that nobody approved counts alone. */
export function retentionPlan({ time, rules, holds, subjects }: RetentionSettings): ConcernPlan {
  const jobs = [job(time)];
  const units = jobUnits(jobs);
  return {
    ...EMPTY_PLAN,
    packages: [...(subjects === null ? [] : ["age"]), "docker-cli", "python3"],
    files: [
      settingsFile("/etc/phiward/retention.json", { rules, holds }),
      ...(subjects === null ? [] : [settingsFile("/etc/phiward/subjects.json", { ...subjects, holds })]),
      ...units.files,
    ],
    steps: [readUnits(units.files), ...units.steps, ...(subjects === null ? [] : [BEGIN_REGISTER])],
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

// Backups want it there; it is never made again beside one that is.
const BEGIN_REGISTER: Step = {
  id: "begin-register",
  argv: programCommand("subjects", "begin"),
  phase: "after",
  when: { kind: "state", unless: { argv: ["test", "-s", SUBJECTS_REGISTER], expect: { kind: "exit", code: 0 } } },
  undo: { kind: "none" },
};

function settingsFile(path: AbsolutePath, settings: object): PlanFile {
  return textFile(path, `${JSON.stringify(settings, null, 1)}\n`, "0600");
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
