/** What ends with a person's right to it: processes, sessions, jobs. */
import { type PlanFile, textFile } from "../../plan/files";
import { programCommand } from "../../plan/programs";
import { readUnits, serviceSteps, timerText } from "../../plan/systemd";
import type { Check, ExclusiveSet, Probe, Step } from "../../plan/types";
import { databasesOf } from "./readers";
import { REFUSED_PATHS } from "./refused";
import { authorizedKeys, type PeopleSettings } from "./settings";

const RIGHTS = "/etc/phiward/people.json";
/** What the host last ended sessions by; put back with the rest when a change is taken back. */
export const RIGHTS_RECORD = "/var/lib/phiward/people.json";
const TIMER = "phiward-people.timer";
const SPOOL = "/var/spool/cron";

/** Each person's rights, as words: whoever loses one has sessions and processes ended that may have come by it. */
export function rightsFile({ people }: PeopleSettings): PlanFile {
  const rights = people.map((person): [string, readonly string[]] => [
    person.name,
    [
      ...(person.sudo ? ["sudo"] : []),
      ...databasesOf(person).map((database) => `database ${database}`),
      ...authorizedKeys([{ ...person, expires: undefined }])
        .trimEnd()
        .split("\n"),
    ],
  ]);
  return textFile(RIGHTS, `${JSON.stringify(Object.fromEntries(rights), null, 2)}\n`, "0600");
}

/** Nobody but root has jobs that run without a session. */
export const JOB_FILES: readonly PlanFile[] = (["/etc/cron.allow", "/etc/at.allow"] as const).map(
  // crontab(1) and at(1) read it as a group of their own.
  (path) => textFile(path, "root\n"),
);

/** Jobs that are there already, or that somebody left: a copy is kept of each. */
export const JOB_SETS: readonly ExclusiveSet[] = [
  jobs("crontabs", "crontab"),
  jobs("atjobs", "job of at"),
  {
    id: "linger",
    noun: "account whose programs run without a session",
    list: ["find", "/var/lib/systemd", "-path", "/var/lib/systemd/linger/*", "-type", "f", "-printf", "%f\\n"],
    pattern: "^([^/\\s]+)$",
    keep: [],
    remove: [
      ["-loginctl", "disable-linger", "{}"],
      ["rm", "--force", "--", "/var/lib/systemd/linger/{}"],
    ],
  },
];

function jobs(directory: "crontabs" | "atjobs", noun: string): ExclusiveSet {
  const path = `${SPOOL}/${directory}`;
  return {
    id: directory,
    noun,
    list: ["find", "/var/spool", "-path", `${path}/*`, "-type", "f", "!", "-user", "root", "!", "-name", ".SEQ", "-printf", "%f\\n"],
    pattern: "^([^/\\s]+)$",
    keep: [],
    remove: [
      ["install", "-D", "--mode=0600", "--backup=numbered", `${path}/{}`, `/var/lib/phiward/removed/people${path}/{}`],
      ["rm", "--force", "--", `${path}/{}`],
    ],
  };
}

const NOTHING_LEFT: Probe = { argv: programCommand("people", "ended", RIGHTS), expect: { kind: "equals", text: "" } };

// Of a person whose last day is over as well, whom no deploy takes out.
const SERVICE_FILE = textFile(
  "/etc/systemd/system/phiward-people.service",
  `[Unit]
Description=End what is left of people who may no longer log in, and refuse to people what an upgrade admitted

[Service]
Type=oneshot
ExecStart=${programCommand("people", "end", RIGHTS).join(" ")}
ExecStart=systemd-tmpfiles --create ${REFUSED_PATHS}
`,
);
const TIMER_FILE = textFile(
  `/etc/systemd/system/${TIMER}`,
  timerText("End what is left of people who may no longer log in, every hour", "*-*-* *:01", "Persistent=true"),
);
export const LEAVING_UNITS: readonly PlanFile[] = [SERVICE_FILE, TIMER_FILE];

/** After keys, sudo and accounts are closed, so that nothing starts again in between; each apply goes on where one was cut off. */
export const LEAVING_STEPS: readonly Step[] = [
  {
    id: "end-withdrawn",
    argv: programCommand("people", "end", RIGHTS),
    phase: "after",
    when: { kind: "state", unless: NOTHING_LEFT },
    undo: { kind: "none" },
  },
  readUnits(LEAVING_UNITS, "read-people-units"),
  ...serviceSteps(TIMER),
];

export const LEAVING_CHECKS: readonly Check[] = [
  { ...NOTHING_LEFT, id: "people-nothing-left-of-former", control: "SSH-23" },
  {
    id: "people-jobs-of-root-only",
    control: "FS-09",
    argv: [
      ...["find", "/var/spool", "(", "-path", `${SPOOL}/crontabs/*`, "-o", "-path", `${SPOOL}/atjobs/*`, ")"],
      ...["-type", "f", "!", "-user", "root", "!", "-name", ".SEQ"],
    ],
    expect: { kind: "equals", text: "" },
  },
  {
    id: "people-jobs-refused",
    control: "FS-09",
    argv: ["cat", "/etc/cron.allow", "/etc/at.allow"],
    expect: { kind: "equals", text: "root\nroot" },
  },
  {
    id: "people-nobody-lingers",
    control: "FS-09",
    argv: ["find", "/var/lib/systemd", "-path", "/var/lib/systemd/linger/*"],
    expect: { kind: "equals", text: "" },
  },
];
