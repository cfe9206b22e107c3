/** What one person may use of a host, whatever runs: the rest goes on beside it. */
import { type AbsolutePath, type PlanDirectory, textFile } from "../../plan/files";
import { readUnits } from "../../plan/systemd";
import type { Check, ConcernPlan } from "../../plan/types";
import { SSH_GROUP } from "./settings";

// Enough for many sessions side by side, as deploys open them; far from what the kernel has.
const PROCESSES = 1024;
// Of several files in each, the last by name counts.
const SLICE_DIRECTORY = exclusive("/etc/systemd/system/user-.slice.d", "limits of people");
const LOGIN_DIRECTORY = exclusive("/etc/systemd/logind.conf.d", "settings of sessions");

const SLICE = textFile(
  `${SLICE_DIRECTORY.path}/zz-phiward.conf`,
  // Services have a weight of 100. What a person writes to a memory file system, /tmp among them, counts as memory.
  `[Slice]\nTasksMax=${PROCESSES}\nMemoryHigh=25%\nMemoryMax=30%\nMemorySwapMax=10%\nCPUWeight=50\nIOWeight=50\n`,
);
// Counted by user id, so also of what was started past logind.
const PAM = textFile("/etc/security/limits.d/zz-phiward-people.conf", `@${SSH_GROUP} hard nproc ${PROCESSES}\n`);
// What is left running goes with its session; longer work belongs into a unit of the system (systemd-run).
const LOGIN = textFile(
  `${LOGIN_DIRECTORY.path}/zz-phiward.conf`,
  "[Login]\nKillUserProcesses=yes\nRemoveIPC=yes\nRuntimeDirectorySize=64M\nRuntimeDirectoryInodesMax=16384\n",
);

function exclusive(path: AbsolutePath, noun: string): PlanDirectory {
  return { path, owner: "root:root", mode: "0755", exclusive: { noun, keep: [] } };
}

/** The part of the people's plan that limits each of them. */
export const LIMITS: Pick<ConcernPlan, "directories" | "files" | "steps"> = {
  directories: [SLICE_DIRECTORY, LOGIN_DIRECTORY],
  files: [SLICE, PAM, LOGIN],
  steps: [
    readUnits([SLICE], "read-user-slice"),
    {
      id: "restart-logind",
      // Sessions stay.
      argv: ["systemctl", "restart", "systemd-logind.service"],
      phase: "after",
      when: { kind: "change", on: [LOGIN] },
      undo: { kind: "again" },
    },
  ],
};

/** Asked of systemd and PAM, of a person's own account. */
export function limitChecks(person: string): readonly Check[] {
  return [
    {
      id: "people-processes-limited",
      control: "SSH-35",
      argv: ["runuser", "--login", person, "--command", "ulimit -Hu"],
      expect: { kind: "equals", text: `${PROCESSES}` },
    },
    {
      id: "people-slices-limited",
      control: "SSH-35",
      argv: ["systemd-analyze", "cat-config", "systemd/system/user-.slice.d"],
      expect: { kind: "assigned", lines: [`TasksMax=${PROCESSES}`, "MemoryMax=30%", "CPUWeight=50"] },
    },
    {
      id: "people-sessions-end-whole",
      control: "SSH-35",
      argv: [
        "busctl",
        "get-property",
        "org.freedesktop.login1",
        "/org/freedesktop/login1",
        "org.freedesktop.login1.Manager",
        "KillUserProcesses",
      ],
      expect: { kind: "equals", text: "b true" },
    },
  ];
}
