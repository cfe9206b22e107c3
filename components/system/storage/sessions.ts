/** The temporary directories of a session: its own, in memory and small, so that nobody fills those that the host works with. */
import { type PlanDirectory, type PlanFile, textFile } from "../../plan/files";
import { DEPLOY_USER } from "../../plan/places";
import type { Check } from "../../plan/types";

/** A directory that everybody may write to, and how much of it a session gets. */
export interface TemporaryDirectory {
  readonly path: string;
  readonly megabytes: number;
}

/** All that Debian has. They go with the session; what is to stay belongs into the home. */
export const TEMPORARY_DIRECTORIES: readonly TemporaryDirectory[] = [
  { path: "/tmp", megabytes: 64 },
  { path: "/var/tmp", megabytes: 64 },
  { path: "/dev/shm", megabytes: 64 },
  { path: "/run/lock", megabytes: 1 },
];

// Enough for any work; without a limit, the kernel's memory for names would be filled in place of the directory.
const FILES = 4096;

export const NAMESPACE_DIRECTORY: PlanDirectory = {
  path: "/etc/security/namespace.d",
  owner: "root:root",
  mode: "0755",
  exclusive: { noun: "settings of sessions' directories", keep: [] },
};

/**
 * See namespace.conf(5). The accounts at the end of a line have the host's own directory: for them the module does nothing, so
 * that no fault of it keeps them out. `noinit`, since there is nothing to prepare in a directory that is empty.
 */
export function namespaceFile(unlimited: readonly string[]): PlanFile {
  const lines = TEMPORARY_DIRECTORIES.map(
    ({ path, megabytes }) =>
      `${path} ${path} tmpfs:noinit:mntopts=mode=1777,nodev,nosuid,noexec,size=${megabytes}m,nr_inodes=${FILES} ${unlimited.join(",")}\n`,
  );
  return textFile("/etc/security/namespace.conf", lines.join(""));
}

// As Debian 13 ships them, with the module at the end: by the first people log in, the second runs what outlives a session of theirs.
// The umask holds for a command without a login shell too, and its group may not write what an account may (pam_umask(8)).
const SSHD = `@include common-auth
account required pam_nologin.so
@include common-account
session [success=ok ignore=ignore module_unknown=ignore default=bad] pam_selinux.so close
session required pam_loginuid.so
session optional pam_keyinit.so force revoke
@include common-session
session optional pam_motd.so motd=/run/motd.dynamic
session optional pam_motd.so noupdate
session optional pam_mail.so standard noenv
session required pam_limits.so
session required pam_env.so
session required pam_env.so envfile=/etc/default/locale
session [success=ok ignore=ignore module_unknown=ignore default=bad] pam_selinux.so open
session required pam_namespace.so
session optional pam_umask.so umask=027 nousergroups
@include common-password
`;
const SYSTEMD_USER = `@include common-account
session required pam_selinux.so close
session required pam_selinux.so nottys open
session required pam_loginuid.so
session required pam_limits.so
@include common-session-noninteractive
session optional pam_keyinit.so force revoke
session optional pam_systemd.so
session required pam_namespace.so
`;

/** What PAM does for whoever comes in. */
export const PAM_FILES: readonly PlanFile[] = [textFile("/etc/pam.d/sshd", SSHD), textFile("/etc/pam.d/systemd-user", SYSTEMD_USER)];

/** Asks for the umask in a session as the SSH server opens it. */
export const UMASK_CHECK: Check = {
  id: "session-umask-by-ssh",
  control: "FS-10",
  argv: [
    ...["systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--uid", DEPLOY_USER, "--property=PAMName=sshd"],
    ...["grep", "^Umask:", "/proc/self/status"],
  ],
  expect: { kind: "equals", text: "Umask:\t0027" },
};

/** Opens a session of a person, as the SSH server does, and asks the kernel what is mounted in it. */
export function sessionCheck(person: string): Check {
  return {
    id: "people-temporary-directories-limited",
    control: "FS-13",
    argv: [
      ...["systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--uid", person, "--property=PAMName=sshd"],
      ...["findmnt", "--noheadings", "--raw", "--output=TARGET,FS-OPTIONS,VFS-OPTIONS", "--types=tmpfs"],
    ],
    expect: {
      kind: "lines",
      lines: TEMPORARY_DIRECTORIES.map(
        ({ path, megabytes }) => `${path} rw,size=${megabytes * 1024}k,nr_inodes=${FILES} rw,nosuid,nodev,noexec,relatime`,
      ),
    },
  };
}
