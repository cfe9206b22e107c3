import { textFile } from "../../plan/files";
import { programCommand } from "../../plan/programs";
import { readUnits, serviceSteps } from "../../plan/systemd";
import { type ConcernPlan, EMPTY_PLAN, type Probe } from "../../plan/types";
import { NAMESPACE_DIRECTORY, namespaceFile, PAM_FILES, sessionCheck, UMASK_CHECK } from "./sessions";
import type { StorageSettings } from "./settings";

const SETTINGS = "/etc/phiward/storage.json";
const SERVICE = "phiward-storage.service";

// What is mounted at the directory of homes is the program's to know: a plan names no home.
const SETTLE = programCommand("storage", "settle", SETTINGS);
const SETTLED: Probe = { argv: programCommand("storage", "settled", SETTINGS), expect: { kind: "exit", code: 0 } };

// Not confined, as it mounts for the whole host; a host whose homes cannot be mounted starts all the same, with those beneath.
const UNIT = textFile(
  `/etc/systemd/system/${SERVICE}`,
  [
    "[Unit]",
    "Description=File system of the homes",
    "RequiresMountsFor=/var/lib/phiward",
    "Before=systemd-user-sessions.service",
    "",
    "[Service]",
    "Type=oneshot",
    "RemainAfterExit=yes",
    `ExecStart=${SETTLE.join(" ")}`,
    "",
    "[Install]",
    "WantedBy=multi-user.target",
    "",
  ].join("\n"),
);

/** Limits what people without sudo can write, wherever they can: homes, temporary directories, memory that is a file system. */
export function storagePlan({ homes, unlimited, example }: StorageSettings): ConcernPlan {
  return {
    ...EMPTY_PLAN,
    packages: ["e2fsprogs", "libpam-modules"],
    directories: [NAMESPACE_DIRECTORY],
    files: [textFile(SETTINGS, `${JSON.stringify({ homes })}\n`), UNIT, namespaceFile(unlimited), ...PAM_FILES],
    steps: [
      {
        id: "settle-homes",
        argv: SETTLE,
        phase: "after",
        when: { kind: "state", unless: SETTLED },
        // What homes hold is in the image by then, and only there what has been written since.
        undo: { kind: "none" },
        advice:
          "see in that log whether homes.megabytes is less than homes have or hold, or more than the disk has room for; homes stay as they are until then",
      },
      readUnits([UNIT]),
      ...serviceSteps(SERVICE),
    ],
    checks: [
      { ...SETTLED, id: "people-homes-limited", control: "FS-13" },
      UMASK_CHECK,
      ...(example === null ? [] : [sessionCheck(example)]),
    ],
  };
}
