/**
 * Programs that take another account's rights for whoever starts them (setuid and setgid bits). Here people have no passwords, and
 * become root by sudo alone: all the others would only let somebody try the break-glass account's password, or write records and
 * jobs as root.
 */
import type { AbsolutePath } from "../../plan/files";
import type { Check, Step } from "../../plan/types";

const PLAIN_PROGRAMS: readonly AbsolutePath[] = [
  ...(["su", "newgrp", "gpasswd", "passwd", "chfn", "chsh", "chage", "expiry"] as const).map((name): AbsolutePath => `/usr/bin/${name}`),
  ...(["mount", "umount", "fusermount3", "crontab", "at", "pkexec"] as const).map((name): AbsolutePath => `/usr/bin/${name}`),
  "/usr/lib/polkit-1/polkit-agent-helper-1",
  "/usr/lib/openssh/ssh-keysign",
];

// dpkg keeps the mode when a package is upgraded, or installed later; root uses the programs as before.
export const PLAIN_PROGRAM_STEPS: readonly Step[] = PLAIN_PROGRAMS.map((path) => ({
  id: `plain-mode-of-${path.replace(/^.*\//, "")}`,
  argv: ["dpkg-statoverride", "--force-statoverride-add", "--update", "--add", "root", "root", "0755", path],
  phase: "after",
  when: {
    kind: "state",
    unless: { argv: ["dpkg-statoverride", "--list", path], expect: { kind: "equals", text: `root root 755 ${path}` } },
  },
  undo: { kind: "none" },
}));

/** Asked of the file system, which dpkg's list says nothing of where somebody changed a mode by hand. */
export const PLAIN_PROGRAMS_CHECK: Check = {
  id: "people-become-root-by-sudo-alone",
  control: "FS-08",
  argv: [
    "find",
    "/usr/bin",
    "/usr/lib",
    "-maxdepth",
    "2",
    "(",
    ...PLAIN_PROGRAMS.flatMap((path) => ["-path", path, "-o"]).slice(0, -1),
    ")",
    "-perm",
    "/6000",
  ],
  expect: { kind: "equals", text: "" },
};
