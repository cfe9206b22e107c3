/** Root shells of people are recorded by sudo, into memory; the concern `sessions` encrypts each and sends it to the vault. */
import { textFile } from "../../plan/files";
import { literal } from "../../plan/patterns";
import { readUnits, serviceSteps } from "../../plan/systemd";
import type { Check, ConcernPlan } from "../../plan/types";

/** Where sudo writes what a session shows, until it is encrypted. */
export const SESSIONS_DIRECTORY = "/run/phiward/sessions";
/** The systemd unit of the file system that is there. */
export const SESSIONS_MOUNT = "run-phiward-sessions.mount";

// Shells of Debian, and what is a shell's work to start: each by sudo gives one as root. Commands by themselves are logged, and not recorded.
const SHELLS = [
  ...["bash", "busybox", "csh", "dash", "fish", "ksh", "ksh93", "mksh", "rbash", "sh", "tcsh", "zsh"],
  ...["chroot", "env", "machinectl", "nsenter", "runuser", "screen", "script", "setpriv", "su", "systemd-run", "tmux", "unshare"],
];
// They are in one directory or the other; a path that is not there matches nothing.
const PATHS = ["chroot", "runuser"].flatMap((name) => [`/usr/sbin/${name}`]).concat(SHELLS.map((name) => `/usr/bin/${name}`));

/**
 * A command in a container, and so a person's statements in a database: psql and redis-cli are started by no other way. By its words, as a
 * regular expression of sudoers(5), wherever Docker's own options stand; other commands of Docker show no more than its state.
 */
export const IN_CONTAINERS = "/usr/bin/docker ^(.* )?(attach|exec|run|start)( .*)?$";

/** The shells and what is as much as one, by one name. */
export const SHELL_ALIAS = `Cmnd_Alias ROOT_SHELLS = ${[...PATHS, IN_CONTAINERS].join(", ")}`;
/**
 * Lines of sudoers(5). What is typed is left out (no log_input): it has passwords. What a person does goes on where the record cannot be
 * written: nobody is locked out by a full one. Each part is written at once, since a session may be killed, and as it is: what is encrypted
 * is compressed as a whole.
 */
export const SUDOERS_LINES = `Defaults iolog_dir=${SESSIONS_DIRECTORY}
Defaults iolog_file="%{user}-%Y%m%dT%H%M%S-XXXXXX"
Defaults iolog_flush
Defaults !compress_io
Defaults ignore_iolog_errors
${SHELL_ALIAS}
`;
/** The end of a person's rule: of several commands that match, the last one's tags count. */
export const SHELL_RULE = ", LOG_OUTPUT: ROOT_SHELLS";

// Never on a disk in the clear, not even in swap or in blocks that are free again; and no session fills the disk of the services.
const MOUNT = textFile(
  `/etc/systemd/system/${SESSIONS_MOUNT}`,
  `[Unit]
Description=Recorded sessions, until they are encrypted

[Mount]
What=tmpfs
Where=${SESSIONS_DIRECTORY}
Type=tmpfs
Options=mode=0700,size=64m,nr_inodes=16k,noswap,nosuid,nodev,noexec
DirectoryMode=0700

[Install]
WantedBy=local-fs.target
`,
);

/** The part of the people's plan by which their root shells are recorded. */
export const RECORDING: Pick<ConcernPlan, "files" | "steps" | "checks"> = {
  files: [MOUNT],
  steps: [readUnits([MOUNT], "read-sessions-mount"), ...serviceSteps(SESSIONS_MOUNT)],
  checks: [
    {
      id: "people-sessions-in-memory",
      control: "SSH-27",
      argv: ["findmnt", "--noheadings", "--output=FSTYPE,OPTIONS", "--mountpoint", SESSIONS_DIRECTORY],
      expect: { kind: "matches", pattern: "^tmpfs +(?:\\S+,)?noswap(?:,|$)" },
    },
  ],
};

/** What takes its place where none is recorded. What is there stays until it is encrypted, or the host restarts. */
export const NOT_RECORDED: typeof RECORDING = {
  files: [],
  steps: [
    {
      id: "forget-sessions-mount",
      argv: ["systemctl", "disable", SESSIONS_MOUNT],
      phase: "before",
      when: {
        kind: "state",
        unless: {
          argv: ["systemctl", "show", "--property=UnitFileState", SESSIONS_MOUNT],
          expect: { kind: "lacks", pattern: "^UnitFileState=enabled$" },
        },
      },
      undo: { kind: "run", commands: [["systemctl", "enable", SESSIONS_MOUNT]] },
    },
  ],
  checks: [],
};

/** Asked of sudo itself, which prints an account's rules as they apply, and where it records. */
export function recordedCheck(account: string): Check {
  return {
    id: `people-sessions-recorded-of-${account}`,
    control: "SSH-27",
    argv: ["sudo", "--list", "--other-user", account],
    expect: {
      kind: "matches",
      pattern: `LOG_OUTPUT: ${literal(PATHS[0] ?? "")}.* ${literal("/usr/bin/bash")}, .*${literal(IN_CONTAINERS)}`,
    },
  };
}
