/** The systemd units of jobs and of the watch over services. */
import { CONFINEMENT } from "../../plan/confinement";
import { type PlanFile, textFile } from "../../plan/files";
import { programCommand } from "../../plan/programs";
import type { JobSettings } from "./settings";

/** Starts all timers with the host, and stops them with itself: a job that goes leaves nothing enabled. */
export const JOBS_TARGET = "phiward-jobs.target";
/** Looks at the services, every 20 seconds. */
export const WATCH = "phiward-watch";

const UNITS = "/etc/systemd/system";
// What starting it takes, and what it waits for while an init step changes the data (LOCK_SECONDS of the host's program).
const SPARE_SECONDS = 1200;

/** Name of a job's units. */
export function jobUnit(name: string): string {
  return `phiward-job-${name}`;
}

/** The target, which wants each timer. */
export function targetFile(jobs: readonly JobSettings[]): PlanFile {
  const timers = [WATCH, ...jobs.map(({ name }) => jobUnit(name))].map((unit) => `Wants=${unit}.timer\n`);
  return textFile(
    `${UNITS}/${JOBS_TARGET}`,
    `[Unit]\nDescription=Jobs of services, and the watch over them\n${timers.join("")}\n[Install]\nWantedBy=multi-user.target\n`,
  );
}

/** Service and timer of a job. */
export function jobFiles({ name, calendar, timeoutSeconds }: JobSettings): readonly PlanFile[] {
  const command = (verb: string): string => programCommand("jobs", verb, name).join(" ");
  const unit = jobUnit(name);
  return [
    textFile(
      `${UNITS}/${unit}.service`,
      `${serviceText(`Run the job ${name}`, command("run"), "OnFailure=phiward-alert@%n.service\n")}ExecStopPost=${command("clean-up")}
TimeoutStartSec=${String(timeoutSeconds + SPARE_SECONDS)}s
`,
    ),
    textFile(`${UNITS}/${unit}.timer`, timerText(`Run the job ${name}`, [`OnCalendar=${calendar}`, "Persistent=true"])),
  ];
}

/** Service and timer of the watch. It has no alert of its own: it would be one at each look. */
export function watchFiles(): readonly PlanFile[] {
  const description = "Look whether services are well";
  return [
    textFile(`${UNITS}/${WATCH}.service`, `${serviceText(description, programCommand("watch").join(" "), "")}TimeoutStartSec=10min\n`),
    textFile(`${UNITS}/${WATCH}.timer`, timerText(description, ["OnBootSec=3min", "OnUnitInactiveSec=20s", "AccuracySec=1s"])),
  ];
}

function serviceText(description: string, command: string, more: string): string {
  return `[Unit]
Description=${description}
After=docker.service
${more}
[Service]
Type=oneshot
ExecStart=${command}
${CONFINEMENT}
ReadWritePaths=/var/lib/phiward
RuntimeDirectory=phiward
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes
ProtectHome=yes
CapabilityBoundingSet=
`;
}

function timerText(description: string, starts: readonly string[]): string {
  return `[Unit]\nDescription=${description}\nPartOf=${JOBS_TARGET}\n\n[Timer]\n${starts.join("\n")}\n`;
}
