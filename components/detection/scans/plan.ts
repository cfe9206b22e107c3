import { type PlanDirectory, textFile } from "../../plan/files";
import { isStopped, readUnits, serviceSteps, timerText } from "../../plan/systemd";
import { type ConcernPlan, EMPTY_PLAN, type Step } from "../../plan/types";
import { DEBIANS_TIMER, scansChecks } from "./checks";
import type { ScansSettings } from "./settings";
import { LOOK_TEXT, LYNIS_TEXT, SCANS_DIRECTORY, trackerText, UNITS } from "./units";

const UNIT_FILES = "/etc/systemd/system";
// A host that was off looks when it is back.
const PERSISTENT = "Persistent=true";
const KEPT: PlanDirectory = { path: SCANS_DIRECTORY, owner: "root:root", mode: "0700" };

/** The daily look for known vulnerabilities, what brings its data, and the weekly judgement by lynis. */
export function scansPlan(settings: ScansSettings): ConcernPlan {
  const { times, tracker } = settings;
  const daily = (time: string): string => `*-*-* ${time}:00 UTC`;
  const services = [
    textFile(`${UNIT_FILES}/${UNITS.look}.service`, LOOK_TEXT),
    textFile(`${UNIT_FILES}/${UNITS.lynis}.service`, LYNIS_TEXT),
    ...(tracker === null ? [] : [textFile(`${UNIT_FILES}/${UNITS.tracker}.service`, trackerText(tracker))]),
  ];
  const timers = [
    textFile(`${UNIT_FILES}/${UNITS.look}.timer`, timerText("Look each day for known vulnerabilities", daily(times.look), PERSISTENT)),
    textFile(
      `${UNIT_FILES}/${UNITS.lynis}.timer`,
      timerText("Have the settings judged each Sunday", `Sun ${daily(times.lynis)}`, PERSISTENT),
    ),
    ...(tracker === null
      ? []
      : [
          textFile(
            `${UNIT_FILES}/${UNITS.tracker}.timer`,
            timerText("Bring the tracker's data each day", daily(times.tracker), PERSISTENT),
          ),
        ]),
  ];
  const started = [UNITS.look, UNITS.lynis, ...(tracker === null ? [] : [UNITS.tracker])].map((name) => `${name}.timer`);
  return {
    ...EMPTY_PLAN,
    packages: ["python3", "lynis", "curl", "ca-certificates"],
    directories: [KEPT],
    files: [...services, ...timers],
    steps: [
      DEBIANS_TIMER.step,
      readUnits([...services, ...timers]),
      ...(tracker === null ? [TRACKER_STOPPED] : []),
      ...started.flatMap((timer) => serviceSteps(timer)),
      {
        id: "restart-timers",
        argv: ["systemctl", "restart", ...started],
        phase: "after",
        when: { kind: "change", on: timers },
        undo: { kind: "again" },
      },
      FIRST_LOOK,
    ],
    checks: scansChecks(settings),
  };
}

// Of a stack that brought the tracker's data until now.
const TRACKER_STOPPED: Step = {
  id: "stop-tracker",
  argv: ["systemctl", "disable", "--now", `${UNITS.tracker}.timer`],
  phase: "before",
  when: { kind: "state", unless: isStopped(`${UNITS.tracker}.timer`) },
  undo: { kind: "none" },
};

// What is looked at once is known from the first deploy on; it asks nothing of a network.
const FIRST_LOOK: Step = {
  id: "look-once",
  argv: ["systemctl", "start", `${UNITS.look}.service`],
  phase: "after",
  when: {
    kind: "state",
    unless: { argv: ["test", "-s", `${SCANS_DIRECTORY}/vulnerabilities.json`], expect: { kind: "exit", code: 0 } },
  },
  undo: { kind: "none" },
};
