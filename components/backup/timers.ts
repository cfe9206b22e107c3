/** A job that a timer starts: a confined service whose failure sends an alert. */
import { CONFINEMENT } from "../plan/confinement";
import { type PlanFile, textFile } from "../plan/files";
import { isActive, serviceSteps, timerText } from "../plan/systemd";
import type { Check, ConcernPlan, Step } from "../plan/types";

/** What a job is. */
export interface Job {
  /** Name of its units, e.g. `phiward-backup`. */
  readonly name: string;
  readonly description: string;
  /** Commands, run one after the other until one fails. */
  readonly commands: readonly string[];
  /** When, as systemd.time(7) says it; `null` for a job that only people start. */
  readonly calendar: string | null;
  /** Most seconds by which a start is put off, so that not all hosts come at once. */
  readonly delaySeconds: number;
  /** Where it may write; a leading `-`: where that is there. */
  readonly writes: readonly string[];
  /** What of root's power it keeps. */
  readonly capabilities: readonly string[];
  /** Run when it has ended in whatever way, to remove what a killed one leaves; `null` where nothing is left. */
  readonly cleanUp: string | null;
}

/** The calendar of a daily job: so many hours later than `time`, which is HH:MM in UTC. */
export function daily(time: string, later: number): string {
  return `*-*-* ${String((Number(time.slice(0, 2)) + later) % 24).padStart(2, "0")}${time.slice(2)}:00 UTC`;
}

const UNITS = "/etc/systemd/system";

/** The jobs' unit files, and the steps that start their timers; systemd has to have read the units before. */
export function jobUnits(jobs: readonly Job[]): Pick<ConcernPlan, "files" | "steps"> {
  const units = jobs.map((job) => ({
    service: textFile(`${UNITS}/${job.name}.service`, service(job)),
    timers: job.calendar === null ? [] : [textFile(`${UNITS}/${job.name}.timer`, timer(job, job.calendar))],
    steps: (file: PlanFile): readonly Step[] => timerSteps(`${job.name}.timer`, file),
  }));
  return {
    files: units.flatMap(({ service, timers }) => [service, ...timers]),
    steps: units.flatMap(({ timers, steps }) => timers.flatMap(steps)),
  };
}

/** Checks that the jobs' timers run, and that their failures send an alert. */
export function jobChecks(jobs: readonly Job[]): readonly Check[] {
  const ask = { control: "BKP-10" } as const;
  return jobs.flatMap((job): readonly Check[] => [
    {
      ...ask,
      id: `${job.name.replace("phiward-", "")}-alerts-on-failure`,
      argv: ["systemctl", "show", "--property=OnFailure", "--value", `${job.name}.service`],
      expect: { kind: "equals", text: `phiward-alert@${job.name}.service.service` },
    },
    ...(job.calendar === null ? [] : [isActive(`${job.name}.timer`, { ...ask, id: `${job.name.replace("phiward-", "")}-timer-runs` })]),
  ]);
}

function timerSteps(name: string, file: PlanFile): readonly Step[] {
  return [
    ...serviceSteps(name),
    {
      // A timer that runs keeps the time that it was started with.
      id: `restart-${name}`,
      argv: ["systemctl", "restart", name],
      phase: "after",
      when: { kind: "change", on: [file] },
      undo: { kind: "again" },
    },
  ];
}

function service(job: Job): string {
  return `[Unit]
Description=${job.description}
Wants=network-online.target
After=network-online.target docker.service
RequiresMountsFor=${job.writes.map((path) => path.replace(/^-/, "")).join(" ")}
OnFailure=phiward-alert@%n.service

[Service]
Type=oneshot
${job.commands.map((command) => `ExecStart=${command}\n`).join("")}${job.cleanUp === null ? "" : `ExecStopPost=${job.cleanUp}\n`}TimeoutStartSec=12h
Nice=10
IOSchedulingClass=idle
${CONFINEMENT}
ReadWritePaths=${job.writes.join(" ")}
CacheDirectory=phiward/restic
CacheDirectoryMode=0700
RuntimeDirectory=phiward
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes
ProtectHome=read-only
CapabilityBoundingSet=${job.capabilities.join(" ")}
`;
}

function timer(job: Job, calendar: string): string {
  return timerText(job.description, calendar, `RandomizedDelaySec=${job.delaySeconds}`, "Persistent=true");
}
