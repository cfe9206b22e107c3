import { textFile } from "../../plan/files";
import { readUnits, serviceSteps, stoppedUnits } from "../../plan/systemd";
import { type ConcernPlan, EMPTY_PLAN, type ExclusiveSet } from "../../plan/types";
import { oneOffRequest } from "../services/oneOff";
import { jobsChecks } from "./checks";
import type { JobsSettings, OneOffSettings } from "./settings";
import { JOBS_TARGET, jobFiles, targetFile, watchFiles } from "./units";

const SETTINGS = "/etc/phiward/jobs.json";
/** Label of a container that a job runs in. */
export const JOB_LABEL = "phiward.job";

/** Services that run by the clock, and the watch over all. They come last but for what retires secrets: by then what they use is there. */
export function jobsPlan(settings: JobsSettings): ConcernPlan {
  const target = targetFile(settings.jobs);
  const units = [target, ...watchFiles(), ...settings.jobs.flatMap(jobFiles)];
  return {
    ...EMPTY_PLAN,
    packages: ["python3", "docker-cli"],
    files: [textFile(SETTINGS, settingsText(settings), "0600"), ...units],
    sets: [formerTimers(settings)],
    steps: [
      readUnits(units),
      ...serviceSteps(JOBS_TARGET),
      {
        // A timer that runs keeps the time that it was started with; those of the target start with it.
        id: "restart-timers",
        argv: ["systemctl", "restart", JOBS_TARGET],
        phase: "after",
        when: { kind: "change", on: units },
        undo: { kind: "again" },
      },
    ],
    checks: jobsChecks(settings),
  };
}

// A timer goes on when its file is gone. What starts them at boot is the target alone: nothing else names one.
function formerTimers({ jobs }: JobsSettings): ExclusiveSet {
  return {
    id: "job-timers",
    noun: "timer of a job",
    list: ["systemctl", "list-units", "--all", "--plain", "--no-legend", "phiward-job-*.timer"],
    pattern: "^(phiward-job-\\S+\\.timer) ",
    keep: jobs.map(({ name }) => `phiward-job-${name}.timer`),
    remove: [["systemctl", "stop", "{}"]],
  };
}

function settingsText({ jobs, atLock, watched }: JobsSettings): string {
  const entry = ({ name, command, timeoutSeconds, container }: OneOffSettings) =>
    [name, { service: container.service, request: oneOffRequest(container, command, JOB_LABEL), seconds: timeoutSeconds }] as const;
  const locks = atLock === undefined ? {} : { atLock: Object.fromEntries(atLock.map(entry)) };
  return `${JSON.stringify({ jobs: Object.fromEntries(jobs.map(entry)), ...locks, watched }, undefined, 1)}\n`;
}

/** Takes jobs and watch down: the timers stop with their target. */
export const JOBS_REMOVAL: ConcernPlan = stoppedUnits([JOBS_TARGET], "BKP-10");
